"""CheckpointStore: a machine's way to a database and back, one transaction per checkpoint.

Output in a committed checkpoint is on disk and survives a kill or a power cut; what does not pass
its checks is never handed out. Read `save` and `load`: the others are care.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, update

from pi_tui.checkpoints import output_rows, piece_rows
from pi_tui.checkpoints.admission import checkpoint_of, refuse_too_much
from pi_tui.checkpoints.catalogue import RunCatalogue
from pi_tui.checkpoints.database import record
from pi_tui.checkpoints.locking.server_lock import MAKING
from pi_tui.checkpoints.models import OUTPUT, RUNS, BadRow, limits_of, milliseconds
from pi_tui.checkpoints.other_runs import notes_of, renew_identities
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Loaded, Run
from pi_tui.checkpoints.silence import IsLeaving
from pi_tui.errors import DamagedError, PiTuiError, UsageError
from pi_tui.files.location import Location
from pi_tui.machine import BadState, Kind, Machine, State, Task, WrongState
from pi_tui.words import amount, one_line


@dataclass(frozen=True, slots=True)
class _Grip:
    """What we know of a run that we write: the one place for what is trusted without a look."""

    epoch: int = 0
    """The fence: every commit names it. 0 until the run is taken over."""
    last_seq: int = 0
    """Number of the last commit we know of. If the file says another, nothing is trusted."""
    good: int = 0
    """Newest checkpoint known to be good; it is kept until two newer ones are."""
    pieces: frozenset[bytes] = frozenset()
    """Pieces of that checkpoint, which were read or written by us, and need not be written."""
    agreed: int = 0
    """Saved output known to be that of our machine; the rest is compared before saving."""
    proven: int | None = None
    """If saved output is damaged: how much before it is good. The next save repairs."""

    left: str = ""
    """Who had it open before us and never closed it, as long as we have saved nothing."""

    def after(self, last_seq: int) -> _Grip:
        """Return what is trusted of a file whose run says that this was its last commit."""
        return self if last_seq == self.last_seq else replace(self, pieces=frozenset(), agreed=0)


class CheckpointStore(RunCatalogue):
    """The saved runs of one kind in a database, and their states."""

    def __init__(self, where: Location, kind: Kind, write: bool, is_leaving: IsLeaving) -> None:
        super().__init__(where, kind, write, is_leaving)
        self._grips = defaultdict[int, _Grip](_Grip)

    def open_run(self, task: Task) -> Run:
        """Return the run of that task, made if need be; from now on it is ours to write.

        A run that is there keeps its own tuning. From now on, commits of any other process that had
        it open are refused. Looking at a complete run changes nothing. Raises UsageError if the
        kind refuses the task.
        """
        with self._writing() as connection:
            row, others = self._find(connection, task), list[Row[Any]]()
            if row is None or row.identity != self._identity_of(task):
                others = [*self._of_goal(connection, task.goal)]
                renew_identities(connection, others, self._kind.tuning)
            if row is None:
                self._refuse_impossible(task)
                row, notes = (
                    self._begin(connection, task),
                    notes_of(others, task, self._kind.tuning),
                )
            else:
                notes = ()
            before = self._to_run(row)
            if before.status == COMPLETE:
                return before
            self._kind.limits(before.task)  # it may refuse: then nothing is changed
            row = self._take_over(connection, row)
            run = replace(self._to_run(row), owner=before.owner, notes=notes)
        self._grips[run.id] = _Grip(row.epoch, run.last_seq, left=before.owner)
        return run

    def _refuse_impossible(self, task: Task) -> None:
        try:
            self._kind.limits(task)
        except BadState as problem:
            raise UsageError(f"an impossible task: {problem}") from problem

    def _begin(self, connection: Connection, task: Task) -> Row[Any]:
        """Insert a new run, or find the one that another process has just inserted."""
        if connection.dialect.name == "postgresql":
            connection.execute(MAKING)
            if (row := self._find(connection, task)) is not None:
                return row
        values = {"kind": self._kind.name, "version": self._kind.version, "goal": task.goal}
        identity = self._identity_of(task)
        values |= {"parameters": task.text, "identity": identity}
        connection.execute(insert(RUNS), values)
        new = self._mine().where(RUNS.c.goal == task.goal, RUNS.c.identity == identity)
        return connection.execute(new).one()

    def load(self, run: Run, before: int | None = None) -> Loaded:
        """What is saved of `run`, every byte checked, and the machine that goes on from it.

        Damage is told in `notes` and passed over: the newest checkpoint that is good is used, or a
        new machine, whose output is compared with the saved one. With `before`, checkpoints from
        that number on are passed over too: the caller has reason to distrust them. Raises
        DamagedError only if nothing can be trusted, and UsageError if the kind refuses.
        """
        try:
            with self._failures_in_our_words():
                return self._load_twice(run, before)
        except UsageError:
            self._give_back(run)
            raise

    def _load_twice(self, run: Run, before: int | None) -> Loaded:
        try:
            return self._load(run, before)
        except DamagedError:
            # A read that failed may look like damage: look once more, on a new connection.
            self._engine.dispose()
            return self._load(run, before)

    def _give_back(self, run: Run) -> None:
        """Leave a run that its machine refused as if it had not been opened."""
        if not (grip := self._grips[run.id]).epoch:
            return
        mine = (RUNS.c.id == run.id, RUNS.c.epoch == grip.epoch)
        with suppress(PiTuiError), self._writing() as connection:
            if run.last_seq:
                connection.execute(update(RUNS).where(*mine).values(owner=grip.left))
            else:
                connection.execute(delete(RUNS).where(*mine, RUNS.c.last_seq == 0))

    def _load(self, run: Run, before: int | None) -> Loaded:
        run, output, problem, known = self._prove(run)
        notes = [problem]
        there = tuple(checkpoint for checkpoint in known.values() if checkpoint)
        proven = len(output) if problem else None
        held = self._grips[run.id]
        grip = _Grip(held.epoch, run.last_seq, proven=proven, left=held.left)
        self._grips[run.id] = grip
        if run.status == COMPLETE:
            return Loaded(run, output, None, None, there, tuple(filter(None, notes)))
        numbers = list(known)
        if before is not None:
            numbers = [seq for seq in numbers if isinstance(seq, int) and seq < before]
        machine, source = None, None
        for seq in numbers:
            machine, note, sound = self._try(run, seq, output)
            notes.append(note)
            if machine is not None:
                source = known[seq]
                grip = replace(grip, good=seq, pieces=sound, agreed=len(machine.output))
                break
        if machine is None:
            if numbers and not any(notes):
                return self._load(run, before)  # we only look, and whoever writes saved meanwhile
            machine = self._kind.new(run.task)
            if self._kind.repeatable and (any(notes) or output):
                notes.append(
                    "no checkpoint is good: computing again from the start, and comparing with "
                    f"the {amount(len(output), None, self._kind.unit)} that are saved"
                )
        if len(machine.output) < len(output) and not self._kind.repeatable:
            output = output[: len(machine.output)]
            notes.append(
                "this output cannot be computed again: the run goes on after "
                f"{amount(len(output), None, self._kind.unit)}; "
                f"{run.committed - len(output):,} after them are given up"
            )
            grip, run = replace(grip, proven=len(output)), replace(run, committed=len(output))
        self._grips[run.id] = grip
        notes += machine.notes
        return Loaded(run, output, machine, source, there, tuple(filter(None, notes)))

    def _prove(self, run: Run) -> tuple[Run, bytes, str, dict[int, Checkpoint | None]]:
        """The run as far as its output can be proven, that output, and what is wrong after it.

        And the checkpoints of the same moment.
        """
        with self._transaction() as connection:
            row = self._row(connection, run)
            limits, length = limits_of(self._kind, run.task), self._kind.length(run.task)
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
        self, run: Run, seq: int, output: bytes
    ) -> tuple[Machine | None, str, frozenset[bytes]]:
        """Return the machine of a checkpoint, what is wrong with that, and the pieces it used.

        Neither machine nor word for one that was pruned.
        """
        limits = limits_of(self._kind, run.task)
        try:
            with self._transaction() as connection:
                row = piece_rows.find(connection, run.id, seq)
                if row is None:
                    return None, "", frozenset()
                try:
                    found = piece_rows.read(connection, row, limits)
                except BadRow as problem:
                    raise BadState(str(problem)) from problem
            checkpoint = found.checkpoint
            self._refuse_newer(checkpoint.version)
            if checkpoint.length > len(output):
                raise BadState("it needs output that is not there")
            machine = self._kind.from_state(run.task, found.state, output[: checkpoint.length])
            if (machine.steps, len(machine.output)) != (checkpoint.steps, checkpoint.length):
                raise BadState("its row and its state differ")
            machine.check()
        except (BadState, WrongState) as problem:
            number = one_line(seq, 20)
            note = f"checkpoint {number} is damaged ({problem}); the one before is used"
            return None, note, frozenset()
        lost = ", ".join(found.lost)
        return machine, f"checkpoint {seq}: lost or damaged: {lost}" if lost else "", found.sound

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
            raise PiTuiError(
                f"{self._kind.name}: {len(output):,} {self._kind.unit} do not complete a run of "
                f"{length:,}"
            )
        return self._commit(run, machine, elapsed, COMPLETE, verified)

    def _commit(
        self, run: Run, machine: Machine, elapsed: float, status: str, verified: bool = False
    ) -> Checkpoint:
        """Output, state and checkpoint in one transaction, with the end of what they replace."""
        begun, grip, output = time.monotonic(), self._grip(run), machine.output
        refuse_too_much(self._kind, run.task, machine, grip.agreed)
        state = machine.to_state() if status == ACTIVE else State({})

        def needed() -> int:
            known = max(run.committed, grip.agreed)
            return max(len(output) - known, 0) + piece_rows.missing(state, grip.pieces)

        with self._fenced(run, grip.epoch, needed) as (connection, row, seq):
            sure, saved = grip.after(row.last_seq), row.committed
            if sure.proven is not None:
                saved = sure.proven
                output_rows.cut(connection, run.id, saved)
            output_rows.append(connection, run.id, saved, output, sure.agreed)
            there = piece_rows.stored(connection, run.id)
            entries = piece_rows.write(connection, run.id, state, sure.pieces, there)
            pieces = frozenset(entry.known.sha256 for entry in entries)
            size = sum(entry.known.size for entry in entries)
            new = checkpoint_of(self._kind, run.task, machine, seq, elapsed, size)
            piece_rows.vouch(connection, run.id, new, entries)
            keep, gone = {seq}, there - pieces
            if status == ACTIVE:
                keep, gone = {seq, sure.good}, gone - sure.pieces
            piece_rows.prune(connection, run.id, keep, gone)
            change = {"status": status, "verified": int(verified), "version": self._kind.version}
            change |= {"committed": max(saved, len(output)), "elapsed_ms": milliseconds(elapsed)}
            record(connection, run.id, seq, change | ({"owner": ""} if status == COMPLETE else {}))
        self._grips[run.id] = _Grip(grip.epoch, seq, seq, pieces, agreed=len(output))
        return replace(new, duration=time.monotonic() - begun)

    def cut(self, run: Run, good: int) -> None:
        """Only the first `good` bytes of output are left, and no checkpoint that goes beyond.

        For output that was found wrong: the rest can be computed again, and what is right stays.
        """
        with self._fenced(run, self._grip(run).epoch) as (connection, row, seq):
            committed = min(good, row.committed)
            output_rows.cut(connection, run.id, committed)
            known = self._known(connection, run)
            keep = [seq for seq, old in known.items() if old and old.length <= good]
            piece_rows.keep(connection, run.id, keep)
            change = {"status": ACTIVE, "verified": 0, "committed": committed}
            record(connection, run.id, seq, change)

    def leave(self, run: Run) -> None:
        """Note that the run was left in good order: its next start tells of no crash."""
        if epoch := self._grips[run.id].epoch:
            mine = (RUNS.c.id == run.id, RUNS.c.epoch == epoch)
            with self._writing() as connection:
                connection.execute(update(RUNS).where(*mine).values(owner=""))

    def restart(self, run: Run, task: Task) -> Run:
        """Empty the run, take it over, and let it begin again with this task: other tuning."""
        self._refuse_impossible(task)
        with self._writing() as connection:
            epoch = self._take_over(connection, self._row(connection, run)).epoch
            piece_rows.keep(connection, run.id, ())
            connection.execute(delete(OUTPUT).where(OUTPUT.c.run_id == run.id))
            change = {"status": ACTIVE, "verified": 0, "committed": 0, "elapsed_ms": 0}
            change |= {"parameters": task.text, "identity": self._identity_of(task)}
            change |= {"version": self._kind.version}
            connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(change))
            fresh = replace(self._to_run(self._row(connection, run)), owner="")
        self._grips[run.id] = _Grip(epoch, fresh.last_seq)
        return fresh

    def _grip(self, run: Run) -> _Grip:
        """Return what we know of the run; a complete one to be mended is taken over only now."""
        if not self._grips[run.id].epoch:
            with self._writing() as connection:
                row = self._take_over(connection, self._row(connection, run))
            self._grips[run.id] = replace(self._grips[run.id], epoch=row.epoch)
        return self._grips[run.id]
