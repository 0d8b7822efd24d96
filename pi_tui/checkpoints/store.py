"""CheckpointStore: a machine's way to a database and back, one transaction per checkpoint.

Output in a committed checkpoint is on disk and survives a kill or a power cut; what does not pass
its checks is never handed out. Read `save` and `load`: the others are care.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pi_tui.checkpoints import output_rows, piece_rows
from pi_tui.checkpoints.catalogue import RunCatalogue
from pi_tui.checkpoints.conversion import (
    BadRow,
    milliseconds,
    parameters_text,
    to_checkpoint,
    utc_now,
)
from pi_tui.checkpoints.database import NEEDED, Database
from pi_tui.checkpoints.fence import take_over
from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.models import CheckpointRow, OutputRow, RunRow
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Loaded, Run
from pi_tui.errors import DamagedError
from pi_tui.machine import BadState, Kind, Machine, Task, WrongState


@dataclass(slots=True)
class _Grip:
    """What we know of a run that we write."""

    epoch: int = 0
    """The fence: every commit names it. 0 until the run is taken over."""
    good: int = 0
    """Newest checkpoint known to be good; it is kept until two newer ones are."""
    agreed: int = 0
    """Saved output known to be that of our machine; the rest is compared before saving."""
    proven: int | None = None
    """If saved output is damaged: how much before it is good. The next save repairs."""
    broken: set[bytes] = field(default_factory=set)
    """Pieces found damaged: not to be taken for stored."""


class Tried(NamedTuple):
    """A checkpoint, and what came of going on from it."""

    checkpoint: Checkpoint | None
    """None if its own row cannot be read."""
    machine: Machine | None
    notes: tuple[str, ...]
    """What is wrong with it."""


class CheckpointStore(RunCatalogue):
    """The saved runs of one kind in a database, and their states."""

    def __init__(self, database: Database, kind: Kind) -> None:
        super().__init__(database, kind)
        self._grips: dict[int, _Grip] = {}

    def load(self, run: Run, before: int | None = None) -> Loaded:
        """What is saved of `run`, every byte checked, and the machine that goes on from it.

        Damage is told in `notes` and passed over: the newest checkpoint that is good is used, or a
        new machine, whose output is compared with the saved one. With `before`, checkpoints from
        that number on are passed over too: the caller has reason to distrust them. Raises
        DamagedError only if nothing can be trusted.
        """
        try:
            return self._load(run, before)
        except DamagedError:
            # A read that failed may look like damage: look once more, on a new connection.
            self._database.engine.dispose()
            return self._load(run, before)

    def _load(self, run: Run, before: int | None) -> Loaded:
        run, output, problem, numbers = self._prove(run)
        notes = [problem] if problem else []
        grip = self._grips.setdefault(run.id, _Grip())
        grip.proven, grip.good, grip.agreed = len(output) if problem else None, 0, 0
        grip.broken.clear()
        if run.status == COMPLETE:
            return Loaded(run, output, None, None, self.checkpoints(run), tuple(notes))
        if before is not None:
            numbers = [seq for seq in numbers if isinstance(seq, int) and seq < before]
        machine, source = None, None
        for attempt in self._walk(run, output, numbers, grip.broken):
            notes += attempt.notes
            if attempt.machine is not None and attempt.checkpoint is not None:
                machine, source = attempt.machine, attempt.checkpoint
                grip.good, grip.agreed = source.seq, source.length
                break
        if machine is None:
            if numbers and not notes:
                return self._load(run, before)  # we only look, and whoever writes saved meanwhile
            if notes or output:
                notes.append(
                    "no checkpoint is good: computing again from the start, and comparing with "
                    f"the {len(output):,} {self._kind.unit} that are saved"
                )
            machine = self._kind.new(run.task)
        notes += machine.notes
        return Loaded(run, output, machine, source, self.checkpoints(run), tuple(notes))

    def _prove(self, run: Run) -> tuple[Run, bytes, str, list[int]]:
        """The run as far as its output can be proven, that output, and what is wrong after it.

        And the numbers of the checkpoints of the same moment, newest first.
        """
        with self._database.transaction() as session:
            row = self._row(session, run)
            limits, length = self._kind.limits(run.task), self._kind.length(run.task)
            most = limits.output if length is None else length
            output, problem = output_rows.prove(session, row, most, self._kind.accepts)
            complete = row.status == COMPLETE and not problem and length in (None, len(output))
            run = replace(
                self._to_run(row),
                committed=len(output),
                status=COMPLETE if complete else ACTIVE,
                verified=complete and row.verified == 1,
            )
            numbers = [known.seq for known in piece_rows.newest_first(session, run.id)]
            return run, output, problem, numbers

    def _walk(
        self, run: Run, output: bytes, numbers: list[int], broken: set[bytes]
    ) -> Iterator[Tried]:
        """Each of these checkpoints is tried: the one way to fall back to an older one.

        One that another process has pruned since is passed over.
        """
        for seq in numbers:
            if (tried := self._try(run, seq, output, broken)) is not None:
                yield tried

    def _try(self, run: Run, seq: int, output: bytes, broken: set[bytes]) -> Tried | None:
        limits, checkpoint = self._kind.limits(run.task), None
        try:
            with self._database.transaction() as session:
                row = session.get(CheckpointRow, (run.id, seq))
                if row is None:
                    return None
                try:
                    checkpoint = to_checkpoint(row, limits)
                    found = piece_rows.read(session, row, limits, broken)
                except BadRow as problem:
                    raise BadState(str(problem)) from problem
            if checkpoint.length > len(output):
                raise BadState("it needs output that is not there")
            machine = self._kind.from_state(run.task, found.state, output[: checkpoint.length])
            if (machine.steps, len(machine.output)) != (checkpoint.steps, checkpoint.length):
                raise BadState("its row and its state differ")
            machine.check()
        except (BadState, WrongState) as problem:
            text = f"checkpoint {one_line(seq, 20)} is damaged ({problem}); the one before is used"
            return Tried(checkpoint, None, (text,))
        lost = (f"checkpoint {seq}: lost or damaged: {', '.join(found.lost)}",) * bool(found.lost)
        return Tried(checkpoint, machine, lost)

    def checkpoints(self, run: Run) -> tuple[Checkpoint, ...]:
        """Those that are there, newest first; what cannot be read is left out."""
        known = []
        with self._database.transaction() as session:
            for row in piece_rows.newest_first(session, run.id):
                with suppress(BadRow):  # told in the notes, where its state was read
                    known.append(to_checkpoint(row, self._kind.limits(run.task)))
        return tuple(known)

    # -- writing ------------------------------------------------------------------------------

    def open_run(self, task: Task) -> Run:
        """The run with that goal, made if need be, is ours to write.

        A run that is there keeps its own parameters. From now on, commits of any other process
        that had it open are refused. Looking at a complete run changes nothing.
        """
        with self._database.transaction() as session:
            row = self._find(session, task.goal)
            if row is None:
                row = self._new(task)
                session.add(row)
                session.flush()
            before = self._to_run(row)
            if before.status == COMPLETE:
                return before
            grip = _Grip(take_over(session, row))
            run = replace(self._to_run(row), owner=before.owner)
        self._grips[run.id] = grip
        return run

    def save(self, run: Run, machine: Machine, elapsed: float) -> Checkpoint:
        """The machine's state and its new output are committed and on disk, and proven before.

        The newest two checkpoints are kept. Raises WrongState if the machine fails its check,
        StorageError if nothing could be written, AlreadyOpenError if another process took over,
        and WrongResultError if what was computed again after damage differs from what is saved.
        """
        machine.check()
        begun = time.monotonic()
        grip, output = self._grip(run), machine.output
        with self._database.commit(run.id, grip.epoch) as (session, row):
            piece_rows.forget(session, row.id, grip.broken)
            checkpoint = self._write(session, row, machine, elapsed)
            piece_rows.prune(session, row.id, {checkpoint.seq, grip.good})
            row.status, row.verified, row.elapsed_ms = ACTIVE, 0, milliseconds(elapsed)
        grip.good, grip.agreed, grip.proven = checkpoint.seq, len(output), None
        grip.broken.clear()
        return replace(checkpoint, duration=time.monotonic() - begun)

    def complete(self, run: Run, machine: Machine, elapsed: float, *, verified: bool) -> Checkpoint:
        """All output is committed and the run is complete; it needs no state any more."""
        begun = time.monotonic()
        output, length = machine.output, self._kind.length(run.task)
        if length not in (None, len(output)):
            raise ValueError(f"{len(output)} {self._kind.unit} do not complete a run of {length}")
        grip = self._grip(run)
        with self._database.commit(run.id, grip.epoch) as (session, row):
            checkpoint = self._write(session, row, machine, elapsed, state=False)
            piece_rows.prune(session, row.id, {checkpoint.seq})
            row.status, row.verified, row.owner = COMPLETE, int(verified), ""
            row.elapsed_ms = milliseconds(elapsed)
        grip.good, grip.agreed, grip.proven = checkpoint.seq, len(output), None
        return replace(checkpoint, duration=time.monotonic() - begun)

    def _write(
        self, session: Session, row: RunRow, machine: Machine, elapsed: float, state: bool = True
    ) -> Checkpoint:
        grip = self._grips[row.id]
        if grip.proven is not None:
            output_rows.cut(session, row, grip.proven)
        needed = output_rows.append(session, row, machine.output, grip.agreed)
        session.info[NEEDED] = needed
        checkpoint = CheckpointRow(
            run_id=row.id, seq=row.last_seq, steps=machine.steps, length=len(machine.output)
        )
        checkpoint.size, checkpoint.manifest = 0, ""
        if state:
            session.info[NEEDED] += piece_rows.write(
                session, checkpoint, machine.to_state(), grip.good
            )
        return piece_rows.add(session, checkpoint, elapsed)

    def cut(self, run: Run, good: int) -> None:
        """Only the first `good` bytes of output are left, and no checkpoint that goes beyond.

        For output that was found wrong: the rest can be computed again, and what is right stays.
        """
        with self._database.commit(run.id, self._grip(run).epoch) as (session, row):
            output_rows.cut(session, row, min(good, row.committed))
            rows = piece_rows.newest_first(session, run.id)
            piece_rows.prune(session, run.id, [old.seq for old in rows if old.length <= good])
            row.status, row.verified = ACTIVE, 0

    def leave(self, run: Run) -> None:
        """The run counts as left in good order: its next start has nothing to tell of a crash."""
        grip = self._grips.get(run.id)
        if grip is None or not grip.epoch:
            return
        with self._database.transaction() as session:
            row = session.get(RunRow, run.id)
            if row is not None and row.epoch == grip.epoch:
                row.owner = ""

    def restart(self, run: Run, task: Task) -> Run:
        """The run is ours and empty, and begins again with this task of the same goal."""
        with self._database.transaction() as session:
            row = self._row(session, run)
            grip = _Grip(take_over(session, row))
            piece_rows.prune(session, row.id, keep=())
            session.execute(delete(OutputRow).where(OutputRow.run_id == row.id))
            row.status, row.verified, row.committed, row.elapsed_ms = ACTIVE, 0, 0, 0
            row.parameters, row.version = parameters_text(task), self._kind.version
            fresh = replace(self._to_run(row), owner="")
        self._grips[run.id] = grip
        return fresh

    # -- care ---------------------------------------------------------------------------------

    def try_all(self, run: Run) -> Iterator[Tried]:
        """Every checkpoint of an unfinished run, newest first, and what came of trying it."""
        run, output, _, numbers = self._prove(run)
        if run.status != COMPLETE:
            yield from self._walk(run, output, numbers, set())

    # -- rows ---------------------------------------------------------------------------------

    def _new(self, task: Task) -> RunRow:
        return RunRow(
            kind=self._kind.name,
            version=self._kind.version,
            goal=task.goal,
            parameters=parameters_text(task),
            status=ACTIVE,
            verified=0,
            epoch=0,
            touched=0,
            last_seq=0,
            committed=0,
            elapsed_ms=0,
            owner="",
            created_utc=utc_now(),
            updated_utc=utc_now(),
        )

    def _grip(self, run: Run) -> _Grip:
        """What we know of the run; a complete one that is to be mended is taken over only now."""
        grip = self._grips.setdefault(run.id, _Grip())
        if not grip.epoch:
            with self._database.transaction() as session:
                grip.epoch = take_over(session, self._row(session, run))
        return grip
