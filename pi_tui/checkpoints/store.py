"""CheckpointStore: a state machine's way to a database and back, one transaction per checkpoint.

A digit in a committed checkpoint is on disk and survives a kill or a power cut; what does not
pass its checks is never handed out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pi_tui.checkpoints import codec, digit_rows, integrity, state_rows
from pi_tui.checkpoints.backup import back_up
from pi_tui.checkpoints.database import Database
from pi_tui.checkpoints.location import parse_location
from pi_tui.checkpoints.models import CheckpointRow, DigitsRow, RunRow
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Loaded, Run
from pi_tui.checkpoints.rows import (
    BadRow,
    milliseconds,
    new_run,
    take_over,
    to_checkpoint,
    to_run,
)
from pi_tui.errors import DamagedError, NotOursError, StorageError
from pi_tui.spigot.spigot import SpigotState


@dataclass(slots=True)
class _Grip:
    """What we know of a run that we write."""

    epoch: int
    """The fence: every commit names it."""
    good: int = 0
    """Newest checkpoint known to be good; it is kept until two newer ones are."""
    agreed: int = 0
    """Saved digits known to be those of our state; the others are compared before saving."""
    proven: int | None = None
    """If saved digits are damaged: how many before them are good. The next save repairs."""


class CheckpointStore:
    """The saved runs of one database. To be used by one thread at a time.

    Every method is one transaction; errors are ours (`pi_tui.errors`), each one line for the user.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._grips: dict[int, _Grip] = {}

    @classmethod
    def open(cls, location: str, *, write: bool = True) -> CheckpointStore:
        """The store at `location`, a path or a URL, ready: checked, locked, with its tables.

        With `write=False` it takes no lock, makes no file and works while another pi-tui runs.
        Raises UsageError, NotOursError, AlreadyOpenError, DamagedError or StorageError; a file
        that is refused is as it was.
        """
        return cls(Database(parse_location(location), write))

    def close(self) -> None:
        """The connection is closed and the lock free. Idempotent."""
        self._database.close()

    # -- what is there ------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """All runs, the one last worked on first."""
        with self._database.transaction() as session:
            rows = session.scalars(select(RunRow).order_by(RunRow.touched.desc())).all()
            states = select(CheckpointRow.run_id, func.sum(CheckpointRow.size))
            sizes = {
                run: int(size)
                for run, size in session.execute(states.group_by(CheckpointRow.run_id))
            }
            return [replace(to_run(row), size=row.committed + sizes.get(row.id, 0)) for row in rows]

    def find_run(self, digits: int) -> Run | None:
        """The run of that many digits."""
        with self._database.transaction() as session:
            row = self._find(session, digits)
            return to_run(row) if row else None

    def latest_run(self) -> Run | None:
        """The unfinished run last worked on; else the finished one."""
        order = (RunRow.status == COMPLETE, RunRow.touched.desc())
        with self._database.transaction() as session:
            row = session.scalars(select(RunRow).order_by(*order).limit(1)).first()
            return to_run(row) if row else None

    def digits(self, run: Run, start: int, stop: int) -> bytes:
        """The saved digits at offsets `start` to `stop - 1` (0 is the 1 of 3.1), checked."""
        with self._database.transaction() as session:
            stop = min(stop, self._row(session, run).committed)
            return digit_rows.read(session, run.id, max(start, 0), stop)

    def load(self, run: Run, before: int | None = None) -> Loaded:
        """What is saved of `run`, every byte checked; damage is told in `notes` and passed over.

        With `before`, checkpoints from that number on are passed over too: the caller has reason
        to distrust them. Raises DamagedError only if nothing can be trusted.
        """
        try:
            return self._load(run, before)
        except DamagedError:
            # A read that failed may look like damage: look once more, on a new connection.
            self._database.engine.dispose()
            return self._load(run, before)

    def _load(self, run: Run, before: int | None) -> Loaded:
        with self._database.transaction() as session:
            row = self._row(session, run)
            digits, problem = digit_rows.prove(session, row)
            notes = [problem] if problem else []
            complete = row.status == COMPLETE and len(digits) == row.digits
            rows = state_rows.newest_first(session, row.id)
            if before is not None:
                rows = [known for known in rows if known.seq < before]
            run = replace(
                to_run(row),
                committed=len(digits),
                status=COMPLETE if complete else ACTIVE,
                verified=complete and row.verified == 1,
            )
            state, good = (None, 0) if complete else self._newest(session, run, rows, digits, notes)
            checkpoints = tuple(_readable(rows))
        if grip := self._grips.get(run.id):
            grip.good, grip.agreed = good, state.count if state else 0
            grip.proven = len(digits) if problem else None
        return Loaded(run, digits, state, checkpoints, tuple(notes))

    def _newest(
        self,
        session: Session,
        run: Run,
        rows: list[CheckpointRow],
        digits: bytes,
        notes: list[str],
    ) -> tuple[SpigotState | None, int]:
        """The newest good state and its number; a note for each damaged one passed over."""
        for row in rows:
            try:
                return state_rows.read(session, run, row, digits), row.seq
            except (BadRow, codec.BadState) as problem:
                notes.append(f"checkpoint {row.seq} is damaged ({problem}); the one before is used")
            except codec.NewerFormat as newer:
                raise NotOursError(
                    f"a checkpoint at {self._database.where.display} is from a newer pi-tui "
                    f"({newer}); upgrade pi-tui"
                ) from newer
        if rows or digits:
            notes.append(
                "no checkpoint is good: computing again from the start, "
                f"and comparing with the {len(digits)} saved digits"
            )
        return None, 0

    # -- writing ------------------------------------------------------------------------------

    def open_run(self, digits: int, digits_per_step: int, boxes_per_block: int) -> Run:
        """The run of that many digits, made if need be, is ours to write.

        A run that is there keeps its own numbers per step and block. From now on, commits of
        any other process that had it open are refused.
        """
        with self._database.transaction() as session:
            row = self._find(session, digits)
            if row is None:
                row = new_run(digits, digits_per_step, boxes_per_block)
                session.add(row)
                session.flush()
            grip = _Grip(take_over(session, row))
            run = to_run(row)
        self._grips[run.id] = grip
        return run

    def save(self, run: Run, state: SpigotState, elapsed: float) -> Checkpoint:
        """The state and its new digits are committed and on disk; the newest two are kept.

        Raises StorageError if they are not, AlreadyOpenError if another process took over, and
        WrongDigitsError if digits computed again after damage differ from the saved ones.
        """
        begun = time.monotonic()
        grip = self._grips[run.id]
        with self._commit(run, codec.size(state)) as (session, row):
            self._append(session, row, state.result)
            checkpoint = state_rows.write(session, row.id, row.last_seq, state, elapsed)
            state_rows.prune(session, row.id, keep={checkpoint.seq, grip.good})
            row.status, row.verified, row.elapsed_ms = ACTIVE, 0, milliseconds(elapsed)
        grip.good, grip.agreed, grip.proven = checkpoint.seq, len(state.result), None
        return replace(checkpoint, duration=time.monotonic() - begun)

    def complete(self, run: Run, result: bytes, elapsed: float, iteration: int) -> Checkpoint:
        """All digits are committed and the run is complete; it needs no state any more."""
        begun = time.monotonic()
        if len(result) != run.digits:
            raise ValueError(f"{len(result)} digits do not complete a run of {run.digits}")
        with self._commit(run, len(result)) as (session, row):
            self._append(session, row, result)
            checkpoint = state_rows.write_last(
                session, row.id, row.last_seq, iteration, len(result), elapsed
            )
            state_rows.prune(session, row.id, keep={checkpoint.seq})
            row.status, row.verified, row.elapsed_ms = COMPLETE, 0, milliseconds(elapsed)
        grip = self._grips[run.id]
        grip.good, grip.agreed, grip.proven = checkpoint.seq, len(result), None
        return replace(checkpoint, duration=time.monotonic() - begun)

    def mark_verified(self, run: Run) -> None:
        """The complete run counts as compared with an independent pi."""
        with self._database.transaction() as session:
            row = self._row(session, run)
            row.verified = int(row.status == COMPLETE)

    def restart(self, run: Run) -> Run:
        """The run is ours and empty; it takes the digits per step and boxes per block of `run`."""
        with self._database.transaction() as session:
            row = self._row(session, run)
            grip = _Grip(take_over(session, row))
            state_rows.prune(session, row.id, keep=set())
            session.execute(delete(DigitsRow).where(DigitsRow.run_id == row.id))
            row.status, row.verified, row.committed, row.elapsed_ms = ACTIVE, 0, 0, 0
            row.digits_per_step, row.boxes_per_block = run.digits_per_step, run.boxes_per_block
            fresh = to_run(row)
        self._grips[run.id] = grip
        return fresh

    def delete(self, digits: int) -> None:
        """There is no run of that many digits."""
        with self._database.transaction() as session:
            session.execute(delete(RunRow).where(RunRow.digits == digits))

    # -- care ---------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """What is wrong in the database, structure and every byte; [] if nothing is."""
        try:
            with self._database.transaction() as session:
                return list(integrity.problems(session, self._database.where))
        except DamagedError as error:
            return [str(error)]

    def backup(self, path: str) -> None:
        """All that is saved is in the new SQLite file `path`, consistent even if another writes."""
        back_up(self._database.engine, self._database.where, path)

    def _commit(self, run: Run, needed: int = 0) -> AbstractContextManager[tuple[Session, RunRow]]:
        return self._database.commit(run.id, self._grips[run.id].epoch, needed)

    def _append(self, session: Session, row: RunRow, result: bytes) -> None:
        grip = self._grips[row.id]
        if grip.proven is not None:
            digit_rows.cut(session, row, grip.proven)
        digit_rows.append(session, row, result, grip.agreed)

    def _find(self, session: Session, digits: int) -> RunRow | None:
        row = session.scalars(select(RunRow).where(RunRow.digits == digits)).first()
        if row is not None and row.digits != digits:  # SQLite believes its index
            raise BadRow("an index and its table differ")
        return row

    def _row(self, session: Session, run: Run) -> RunRow:
        row = session.get(RunRow, run.id)
        if row is None or row.digits != run.digits:
            raise StorageError(f"there is no run of {run.digits} digits any more")
        to_run(row)
        return row


def _readable(rows: list[CheckpointRow]) -> Iterator[Checkpoint]:
    for row in rows:
        try:
            yield to_checkpoint(row)
        except BadRow:
            continue  # told in the notes, where its state was read
