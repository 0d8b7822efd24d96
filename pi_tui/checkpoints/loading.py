"""Load a run: check its output and newest good checkpoint; make the machine to go on with.

Nothing is written here. What a load learns goes into `Trust`, which the next save relies on.

*Proven* output has the hashes it was saved with and fits its kind. A *sound* piece has the hash it
was saved with. A *good* checkpoint made a machine that passed its check. *Agreed* output is proven,
and equal to that of the machine.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from functools import partial

from pi_tui.checkpoints import checked
from pi_tui.checkpoints.catalogue import RunCatalogue
from pi_tui.checkpoints.reading_back import PieceReader
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Loaded, Run
from pi_tui.checkpoints.rows import output_rows, state_rows
from pi_tui.checkpoints.rows.models import BadRow, limits_of
from pi_tui.errors import DamagedError, Hint
from pi_tui.machine import BadState, Kind, Machine, Refused, Work, WrongState
from pi_tui.words import amount, one_line


@dataclass(frozen=True, slots=True)
class Trust:
    """Facts about a run that a store remembers, and so need not read again from the database."""

    epoch: int = 0
    """Fencing token that every commit names. 0 until the run is claimed."""
    last_seq: int = 0
    """Number of the last commit we know of. If the file has another, trust nothing."""
    good: int = 0
    """Newest checkpoint known to be good; kept beside the next one saved."""
    pieces: frozenset[bytes] = frozenset()
    """SHA-256 of the pieces of checkpoint `good` that we read or wrote; a save skips them."""
    agreed: int = 0
    """Bytes of saved output known to equal our machine's; the rest is compared before saving."""
    proven: int | None = None
    """If saved output is damaged, the bytes before the damage. The next save truncates to them."""
    left: str = ""
    """The process that opened the run before us and never closed it; "" after our first save."""

    def after(self, last_seq: int, damaged: Set[bytes]) -> Trust:
        """Return the Trust for the next save, after a look at what the database holds now.

        `last_seq` is the number of the last commit there. If this store does not know that commit,
        the save relies on nothing in the database: it compares all output, and writes all pieces
        again except lasting ones that it reads and finds intact. It treats the pieces in `damaged`
        in the same way.
        """
        if last_seq != self.last_seq:
            return replace(self, pieces=frozenset(), agreed=0)
        return replace(self, pieces=self.pieces - damaged)


class _NotTakenError(BadState):
    """The code does not take a state whose bytes are all as they were saved."""


class Loading:
    """One attempt to load a run. The constructor reads and checks the saved output."""

    def __init__(
        self, saved: RunCatalogue, kind: Kind, run: Run, trusted: Trust, reader: PieceReader
    ) -> None:
        """Read and check the output and the checkpoint rows of `run`.

        `trusted` is what the store trusted before. Only its `epoch` and `left` are kept. Raises the
        errors that `_prove` raises.
        """
        self._saved, self._kind, self._reader = saved, kind, reader
        self._notes: list[str] = []
        self._limits = limits_of(kind, run.task)
        self._run, self._output, self._checkpoints = self._prove(run)
        proven = len(self._output) if self._notes else None
        self._trust = Trust(trusted.epoch, self._run.last_seq, proven=proven, left=trusted.left)

    def load(self, before: int | None) -> tuple[Loaded, Trust] | None:
        """Return the loaded content of the run, and what the next save may trust.

        With `before`, use only checkpoints with a lower number. Return None if the writer has
        deleted all of them meanwhile: then make a new `Loading` and call `load` again. Raises
        Refused if the kind refuses the task, or takes no checkpoint though one is whole. Raises
        NotOursError if a newer version of the kind saved one.
        """
        if self._run.status == COMPLETE:
            return self._loaded(None, None), self._trust
        numbers = list(self._checkpoints)
        if before is not None:  # a damaged row may hold a number that is none
            numbers = [seq for seq in numbers if isinstance(seq, int) and seq < before]
        found = self._newest_good(numbers)
        if found is None and any(map(self._checkpoints.get, numbers)) and not self._notes:
            return None  # nothing was damaged, so all were pruned
        machine, checkpoint = found or (self._begin_again(), None)
        if len(machine.output) < len(self._output) and not self._kind.repeatable:
            self._discard_after(len(machine.output))
        self._notes += checked.notes(machine)
        return self._loaded(machine, checkpoint), self._trust

    def _loaded(self, machine: Machine | None, checkpoint: Checkpoint | None) -> Loaded:
        there = tuple(one for one in self._checkpoints.values() if one)
        return Loaded(self._run, self._output, machine, checkpoint, there, tuple(self._notes))

    def _prove(self, run: Run) -> tuple[Run, bytes, dict[int, Checkpoint | None]]:
        """Read the run, its output and its checkpoint rows in one transaction; return all three.

        If output is damaged, it and the length in the run end before the damage, and a note for the
        user tells of it. A complete run whose output is damaged or too short is returned as active.
        The checkpoints are a dict by number; an unreadable row has the value None.

        Raises DamagedError if the output of a complete run is damaged and cannot be computed again:
        it has no state to go on from, and the next save would delete what is left of it. Raises
        other errors as `RunCatalogue.row` does.
        """
        with self._saved.transaction() as connection:
            row = self._saved.row(connection, run)
            length = checked.length(self._kind, run.task)
            most = self._limits.output if length is None else length
            output, problem = output_rows.prove(connection, row, most, self._kind.accepts)
            if problem and row.status == COMPLETE and not self._kind.repeatable:
                raise DamagedError(
                    f"{self._saved.title(run)}: {problem}; this output cannot be computed again, "
                    f"so it was left untouched: restore a backup, or {Hint.FRESH}"
                )
            complete = row.status == COMPLETE and not problem and length in (None, len(output))
            run = replace(
                self._saved.to_run(row),
                committed=len(output),
                status=COMPLETE if complete else ACTIVE,
                verified=complete and row.verified == 1,
            )
            self._notes += [problem] if problem else []
            return run, output, state_rows.known(connection, run.id, self._limits)

    def _newest_good(self, numbers: list[int]) -> tuple[Machine, Checkpoint] | None:
        """Restore a machine from the newest good checkpoint; return the machine and the checkpoint.

        `numbers` are the numbers of the checkpoints, newest first. Each that is there but cannot be
        used gets a note for the user. Returns None if all are damaged or deleted. Raises Refused if
        none is good, but one is as it was saved, and only the machine's code does not take it:
        saves of a run begun again would replace it.
        """
        not_taken = ""
        for seq in numbers:
            number, instead = one_line(seq, 20), "; the one before is used"
            try:
                if (found := self._try(seq)) is not None:
                    return found
            except (BadState, WrongState) as problem:
                is_whole = isinstance(problem, _NotTakenError)
                fault = "cannot be read by this program" if is_whole else "is damaged"
                note = f"checkpoint {number} {fault} ({problem})"
                not_taken = not_taken or note * is_whole
                self._notes.append(note + instead * (seq != numbers[-1]))
        if not_taken:
            raise Refused(f"{not_taken}; start the program that saved it, or {Hint.FRESH}")
        return None

    def _try(self, seq: int) -> tuple[Machine, Checkpoint] | None:
        """Restore the machine of checkpoint `seq`; return it with the checkpoint, None if deleted.

        If the machine is restored, the next save relies on this checkpoint and its pieces. Raises
        BadState if the checkpoint is damaged, or needs output that is missing. Raises
        _NotTakenError, a BadState, if its bytes are as they were saved, but the kind does not take
        them. Raises WrongState if state and output contradict each other, as the machine's check
        or the kind says. Raises NotOursError if a newer version of the kind saved it.
        """
        reader_of = partial(self._reader.of, self._run.id)
        with self._saved.transaction() as connection:
            if (row := state_rows.find(connection, self._run.id, seq)) is None:
                return None
            try:
                found = state_rows.read(connection, row, self._limits, reader_of)
            except BadRow as problem:
                raise BadState(str(problem)) from problem
        checkpoint = found.checkpoint
        self._saved.refuse_newer(checkpoint.version)
        if checkpoint.length > len(self._output):
            raise BadState("it needs output that is missing")
        output = self._output[: checkpoint.length]
        try:
            machine = checked.from_state(self._kind, self._run.task, found.state, output)
            if (machine.steps, len(machine.output)) != (checkpoint.steps, checkpoint.length):
                raise BadState("its row and its state differ")
        except BadState as problem:
            # The last checkpoint of a complete run has no state; it is read if the run's row is
            # damaged.
            is_of_the_end = not found.state.pieces and checkpoint.work == Work(1.0, 1.0)
            if found.lost or is_of_the_end:
                raise
            raise _NotTakenError(str(problem)) from problem
        machine.check()
        if found.lost:
            self._notes.append(f"checkpoint {seq}: lost or damaged: {', '.join(found.lost)}")
        self._trust = replace(
            self._trust, good=checkpoint.seq, pieces=found.sound, agreed=len(machine.output)
        )
        return machine, checkpoint

    def _begin_again(self) -> Machine:
        """Return a new machine, because there is no good checkpoint.

        Add a note for the user if something was saved and is computed again.
        """
        machine = checked.new(self._kind, self._run.task)
        if self._kind.repeatable and (self._notes or self._output):
            saved = amount(len(self._output), None, self._kind.unit)
            self._notes.append(
                "no checkpoint is good: computing again from the start, and comparing with "
                f"the {saved} that are saved"
            )
        return machine

    def _discard_after(self, length: int) -> None:
        """Discard the loaded output after `length` bytes, and note that for the user.

        A kind that is not repeatable would compute other bytes, so they could not be compared.
        """
        discarded = len(self._output) - length
        self._output = self._output[:length]
        self._notes.append(
            "this output cannot be computed again: the run goes on after "
            f"{amount(length, None, self._kind.unit)}; {discarded:,} after them are discarded"
        )
        self._trust = replace(self._trust, proven=length)
        self._run = replace(self._run, committed=length)
