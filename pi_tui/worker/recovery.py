"""Go back to good data if saved output, state and machine contradict each other.

Damage that is found while a run is loaded is handled in checkpoints/loading.py.
"""

from __future__ import annotations

from pi_tui.checkpoints import checked
from pi_tui.checkpoints.records import Checkpoint, Loaded, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import Hint, WrongResultError
from pi_tui.machine import Poll, WrongOutput, WrongState
from pi_tui.words import unit_of_bytes
from pi_tui.worker.board import Board


class Recovery:
    """Compares recomputed output with saved output; if they differ, goes back to good data."""

    def __init__(self, board: Board, store: CheckpointStore) -> None:
        self._board, self._store = board, store
        self.known = b""
        """Output saved earlier that the machine will make again, or the overture, to compare."""
        self.distrusted: int | None = None
        """The oldest checkpoint that a machine failed from; load one before it."""
        self.in_doubt = False
        """True while output differs from saved output, and it is not known which of them is wrong.

        Nothing is saved then: a save would find the same difference, and end the run.
        """
        self._loaded_from: Checkpoint | None = None
        """The checkpoint the machine was loaded from; None after its first save."""
        self._fell_back = False

    def loaded(self, loaded: Loaded) -> None:
        """Record the checkpoint and output just loaded, at a start or to go back to good data."""
        machine, self._loaded_from, self.in_doubt = loaded.machine, loaded.checkpoint, False
        is_all_made = machine is not None and len(machine.output) >= len(loaded.output)
        self.known = b"" if is_all_made else loaded.output  # it may be a gigabyte

    def saved(self) -> None:
        """Record that the state of the machine passed the check that comes with a save.

        So if the machine fails later, the checkpoint it was loaded from is not to blame.
        """
        self._loaded_from = self.distrusted = None

    def compare(self, run: Run, output: bytes | bytearray, start: int, poll: Poll) -> None:
        """Compare the output after offset `start` with `known`: output saved before or an overture.

        If the two differ, sets `in_doubt`. If they differ in saved output, `Kind.verify` checks
        what was saved: raises WrongOutput if that is wrong, WrongState if it is right, and
        WrongResultError if the kind cannot verify output. If they differ only in an overture,
        raises WrongState.
        """
        end = min(len(output), len(self.known))
        if output[start:end] == self.known[start:end]:
            return
        kind = self._board.job.kind
        differ = f"{unit_of_bytes(kind.unit)} after {start:,} differ"
        saved = self.known[: self._board.snapshot.saved]  # an overture is known, and not saved
        self.in_doubt = True  # `verify` polls, and the poll may want to save
        if start < len(saved) and not checked.verify(kind, run.task, saved, poll):
            raise WrongResultError(
                f"{differ} from the saved ones when computed again; nothing was changed: check the "
                f"database, or {Hint.FRESH}"
            )
        raise WrongState(f"{differ} between two methods")

    def fall_back(self, run: Run, error: WrongState | WrongOutput) -> None:
        """Make ready to load good data again, after `error`: the state or the output was wrong.

        If the machine was loaded from a checkpoint, and its state is wrong before the first save,
        the checkpoint is bad: the next load uses the one before. Any other error is forgiven once
        in a session: the next load uses the last good checkpoint, and wrong output is deleted from
        its first wrong byte on. For the second such error, raises WrongResultError. Raises what
        `store.cut` raises if wrong output cannot be deleted.
        """
        if self._loaded_from is not None and isinstance(error, WrongState):
            self.distrusted = self._loaded_from.seq
            self._board.note(f"checkpoint {self.distrusted}: {error}; the one before is used")
            return
        if self._fell_back:
            raise WrongResultError(
                f"{error}, again after a restart from good data: this computer makes errors, or "
                "this program has a bug; what was saved before is safe"
            ) from error
        self._fell_back = True
        if isinstance(error, WrongOutput):
            self._store.cut(run, error.good)
            self._board.note(f"{error}; what comes before is kept, the rest is computed again")
        else:
            self._board.note(f"{error}; went back to the last good checkpoint")
