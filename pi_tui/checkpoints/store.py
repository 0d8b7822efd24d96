"""CheckpointStore: a machine's way to a database and back, one transaction per checkpoint.

Output in a committed checkpoint is on disk and survives a kill or a power cut; what does not pass
its checks is never handed out. Read `save` and `load`: the others are care.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, update

from pi_tui.checkpoints import output_rows, piece_rows
from pi_tui.checkpoints.catalogue import RunCatalogue
from pi_tui.checkpoints.lock import MAKING
from pi_tui.checkpoints.models import (
    OUTPUT,
    RUNS,
    BadRow,
    milliseconds,
    parameters_text,
    to_checkpoint,
)
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Loaded, Run
from pi_tui.checkpoints.silence import IsLeaving
from pi_tui.errors import DamagedError
from pi_tui.location import Location
from pi_tui.machine import BadState, Kind, Limits, Machine, State, Task, WrongState
from pi_tui.words import one_line


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


class CheckpointStore(RunCatalogue):
    """The saved runs of one kind in a database, and their states."""

    def __init__(self, where: Location, kind: Kind, write: bool, is_leaving: IsLeaving) -> None:
        super().__init__(where, kind, write, is_leaving)
        self._grips = defaultdict[int, _Grip](_Grip)

    def open_run(self, task: Task) -> Run:
        """The run with that goal, made if need be, is ours to write.

        A run that is there keeps its own parameters. From now on, commits of any other process
        that had it open are refused. Looking at a complete run changes nothing.
        """
        with self._transaction() as connection:
            row = self._find(connection, task.goal) or self._begin(connection, task)
            before = self._to_run(row)
            if before.status == COMPLETE:
                return before
            row = self._take_over(connection, row)
            run = replace(self._to_run(row), owner=before.owner)
        self._grips[run.id] = _Grip(row.epoch)
        return run

    def _begin(self, connection: Connection, task: Task) -> Row[Any]:
        """Insert a new run, or find the one that another process has just inserted."""
        if connection.dialect.name == "postgresql":
            connection.execute(MAKING)
            if (row := self._find(connection, task.goal)) is not None:
                return row
        values = {"kind": self._kind.name, "version": self._kind.version, "goal": task.goal}
        connection.execute(insert(RUNS), {**values, "parameters": parameters_text(task)})
        return connection.execute(self._mine().where(RUNS.c.goal == task.goal)).one()

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
            self._engine.dispose()
            return self._load(run, before)

    def _load(self, run: Run, before: int | None) -> Loaded:
        run, output, problem, known = self._prove(run)
        notes = [problem]
        there = tuple(checkpoint for checkpoint in known.values() if checkpoint)
        grip = _Grip(self._grips[run.id].epoch, proven=len(output) if problem else None)
        self._grips[run.id] = grip
        if run.status == COMPLETE:
            return Loaded(run, output, None, None, there, tuple(filter(None, notes)))
        numbers = list(known)
        if before is not None:
            numbers = [seq for seq in numbers if isinstance(seq, int) and seq < before]
        machine, source = None, None
        for seq in numbers:
            machine, note = self._try(run, seq, output, grip.broken)
            notes.append(note)
            if machine is not None:
                source = known[seq]
                grip.good, grip.agreed = seq, len(machine.output)
                break
        if machine is None:
            if numbers and not any(notes):
                return self._load(run, before)  # we only look, and whoever writes saved meanwhile
            if any(notes) or output:
                notes.append(
                    "no checkpoint is good: computing again from the start, and comparing with "
                    f"the {len(output):,} {self._kind.unit} that are saved"
                )
            machine = self._kind.new(run.task)
        notes += machine.notes
        return Loaded(run, output, machine, source, there, tuple(filter(None, notes)))

    def _prove(self, run: Run) -> tuple[Run, bytes, str, dict[int, Checkpoint | None]]:
        """The run as far as its output can be proven, that output, and what is wrong after it.

        And the checkpoints of the same moment.
        """
        with self._transaction() as connection:
            row = self._row(connection, run)
            limits, length = self._kind.limits(run.task), self._kind.length(run.task)
            most = limits.output if length is None else length
            output, problem = output_rows.prove(connection, row, most, self._kind.accepts)
            complete = row.status == COMPLETE and not problem and length in (None, len(output))
            run = replace(
                self._to_run(row),
                committed=len(output),
                status=COMPLETE if complete else ACTIVE,
                verified=complete and row.verified == 1,
            )
            known = self._known(connection, run)
        return run, output, problem, known

    def _try(
        self, run: Run, seq: int, output: bytes, broken: set[bytes]
    ) -> tuple[Machine | None, str]:
        """The machine of a checkpoint, and what is wrong with that; neither if it was pruned."""
        limits = self._kind.limits(run.task)
        try:
            with self._transaction() as connection:
                row = piece_rows.find(connection, run.id, seq)
                if row is None:
                    return None, ""
                try:
                    checkpoint, state, lost = piece_rows.read(connection, row, limits, broken)
                except BadRow as problem:
                    raise BadState(str(problem)) from problem
            if checkpoint.length > len(output):
                raise BadState("it needs output that is not there")
            machine = self._kind.from_state(run.task, state, output[: checkpoint.length])
            if (machine.steps, len(machine.output)) != (checkpoint.steps, checkpoint.length):
                raise BadState("its row and its state differ")
            machine.check()
        except (BadState, WrongState) as problem:
            number = one_line(seq, 20)
            return None, f"checkpoint {number} is damaged ({problem}); the one before is used"
        return machine, f"checkpoint {seq}: lost or damaged: {', '.join(lost)}" if lost else ""

    def save(self, run: Run, machine: Machine, elapsed: float) -> Checkpoint:
        """The machine's state and its new output are committed and on disk, and proven before.

        The newest two checkpoints are kept. Raises WrongState if the machine fails its check,
        StorageError if nothing could be written, AlreadyOpenError if another process took over,
        and WrongResultError if what was computed again after damage differs from what is saved.
        """
        machine.check()
        return self._commit(run, machine, elapsed, ACTIVE)

    def complete(self, run: Run, machine: Machine, elapsed: float, *, verified: bool) -> Checkpoint:
        """All output is committed and the run is complete; it needs no state any more."""
        output, length = machine.output, self._kind.length(run.task)
        if length not in (None, len(output)):
            raise ValueError(f"{len(output)} {self._kind.unit} do not complete a run of {length}")
        return self._commit(run, machine, elapsed, COMPLETE, verified)

    def _commit(
        self, run: Run, machine: Machine, elapsed: float, status: str, verified: bool = False
    ) -> Checkpoint:
        """Output, state and checkpoint in one transaction, with the end of what they replace."""
        begun, grip, output = time.monotonic(), self._grip(run), machine.output
        with self._fenced(run.id, grip.epoch) as (connection, row, change):
            saved, seq = row.committed, change["last_seq"]
            if grip.proven is not None:
                saved = grip.proven
                output_rows.cut(connection, run.id, saved)
            piece_rows.forget(connection, run.id, grip.broken)
            if status == ACTIVE:
                state, keep = machine.to_state(), {seq, grip.good}
            else:
                state, keep, change["owner"] = State({}), {seq}, ""
            stored = piece_rows.stored(connection, run.id, grip.good)
            new_output = max(len(output) - saved, 0)
            self._needed = lambda: new_output + piece_rows.missing(state, stored)
            output_rows.append(connection, run.id, saved, output, grip.agreed)
            change |= {"status": status, "verified": int(verified)}
            change |= {"committed": saved + new_output, "elapsed_ms": milliseconds(elapsed)}
            new = {"run_id": run.id, "seq": seq, "steps": machine.steps, "length": len(output)}
            new |= {"elapsed_ms": change["elapsed_ms"]}
            piece_rows.write(connection, new, state, stored)
            piece_rows.prune(connection, run.id, keep)
            checkpoint = to_checkpoint(piece_rows.newest_first(connection, run.id)[0], Limits())
        self._grips[run.id] = _Grip(grip.epoch, good=checkpoint.seq, agreed=len(output))
        return replace(checkpoint, duration=time.monotonic() - begun)

    def cut(self, run: Run, good: int) -> None:
        """Only the first `good` bytes of output are left, and no checkpoint that goes beyond.

        For output that was found wrong: the rest can be computed again, and what is right stays.
        """
        with self._fenced(run.id, self._grip(run).epoch) as (connection, row, change):
            committed = min(good, row.committed)
            output_rows.cut(connection, run.id, committed)
            known = self._known(connection, run)
            keep = [seq for seq, old in known.items() if old and old.length <= good]
            piece_rows.prune(connection, run.id, keep)
            change |= {"status": ACTIVE, "verified": 0, "committed": committed}

    def leave(self, run: Run) -> None:
        """The run counts as left in good order: its next start has nothing to tell of a crash."""
        if (grip := self._grips[run.id]).epoch:
            mine = (RUNS.c.id == run.id, RUNS.c.epoch == grip.epoch)
            with self._transaction() as connection:
                connection.execute(update(RUNS).where(*mine).values(owner=""))

    def restart(self, run: Run, task: Task) -> Run:
        """The run is ours and empty, and begins again with this task of the same goal."""
        with self._transaction() as connection:
            grip = _Grip(self._take_over(connection, self._row(connection, run)).epoch)
            piece_rows.prune(connection, run.id, keep=())
            connection.execute(delete(OUTPUT).where(OUTPUT.c.run_id == run.id))
            change = {"status": ACTIVE, "verified": 0, "committed": 0, "elapsed_ms": 0}
            change |= {"parameters": parameters_text(task), "version": self._kind.version}
            connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(change))
            fresh = replace(self._to_run(self._row(connection, run)), owner="")
        self._grips[run.id] = grip
        return fresh

    def _grip(self, run: Run) -> _Grip:
        """What we know of the run; a complete one that is to be mended is taken over only now."""
        grip = self._grips[run.id]
        if not grip.epoch:
            with self._transaction() as connection:
                grip.epoch = self._take_over(connection, self._row(connection, run)).epoch
        return grip
