"""CheckpointStore: save machines to a database and load them, one transaction per checkpoint.

A committed checkpoint is on disk and survives a kill or a power cut. Data that fails its checks is
never returned. Read `save` and `load` first; the rest handles failures.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pi_tui.checkpoints import checked
from pi_tui.checkpoints.admission import checkpoint_of, refuse_too_much
from pi_tui.checkpoints.catalogue import RunCatalogue
from pi_tui.checkpoints.connection.answer_timeout import IsLeaving
from pi_tui.checkpoints.database import record
from pi_tui.checkpoints.loading import Loading, Trust
from pi_tui.checkpoints.locking.server_lock import MAKING
from pi_tui.checkpoints.other_runs import note_on, renew_identities
from pi_tui.checkpoints.reading_back import PieceReader
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Loaded, Run
from pi_tui.checkpoints.rows import output_rows, state_rows
from pi_tui.checkpoints.rows.models import (
    KIND_NAME,
    META,
    OUTPUT,
    RUNS,
    digest_of,
    milliseconds,
    tuning_key,
    unit_key,
    value_of,
)
from pi_tui.errors import DamagedError, MachineError, PiTuiError, StorageError, UsageError
from pi_tui.files.location import Location
from pi_tui.machine import BadState, Kind, Machine, State, Task, Work


class CheckpointStore(RunCatalogue):
    """The saved runs of one kind in a database, and their states."""

    def __init__(self, where: Location, kind: Kind, write: bool, is_leaving: IsLeaving) -> None:
        self._trusted = defaultdict[int, Trust](Trust)
        self._reader = PieceReader(where, is_leaving)
        super().__init__(where, kind, write, is_leaving)

    def close(self) -> None:
        """Close the connections and free the locks. Idempotent."""
        self._reader.close()
        super().close()

    def open_run(self, task: Task) -> Run:
        """Find or create the run of `task`, and claim it for writing.

        An existing run keeps its own tuning. Later commits by any other process that had it open
        are refused. A complete run is returned without a claim. Of the result, `owner` is the
        process that had the run open before, "" after a clean end, and `notes` tells how a new run
        differs from others of its goal. Raises UsageError if the kind refuses the task, or has a
        name too long for a server; AlreadyOpenError if another process computes the run;
        NotOursError if a newer version of the kind saved it; and DamagedError if its row, or
        another that may be its row, is damaged.
        """
        opened = None
        with self._writing() as connection:
            row = self._find(connection, task)
            if self._can_rely_on(connection, row, task):
                opened = self._open(connection, row, task)
            else:
                self._renew_identities(connection)
        if opened is None:
            return self.open_run(task)  # in another transaction: it may have to wait for the run
        run, trust = opened
        if trust is not None:
            self._trusted[run.id] = trust
        return run

    def _open(
        self, connection: Connection, row: Row[Any] | None, task: Task
    ) -> tuple[Run, Trust | None]:
        """Claim the run in `row`, or begin that of `task` if `row` is None; see `open_run`.

        Returns the run and, if it is claimed, what the store can rely on.
        """
        notes = tuple[str, ...]()
        if row is None:
            self._refuse_impossible(task)
            notes = self._notes(connection, task)
            row = self._begin(connection, task)
        before = self.to_run(row)
        if before.status == COMPLETE:
            return before, None
        self._keep_unit(connection)
        checked.limits(self._kind, before.task)  # may raise Refused, before anything is changed
        row = self._take_over(connection, row)
        run = replace(self.to_run(row), owner=before.owner, notes=notes)
        return run, Trust(row.epoch, run.last_seq, left=before.owner)

    def _keep_unit(self, connection: Connection) -> None:
        """Save the unit of the kind's output, for programs that lack the code of the kind."""
        key, unit = unit_key(self._kind.name), self._kind.unit
        if unit != (connection.scalar(value_of(key)) or Kind.unit):
            _keep(connection, key, unit[:200])

    def _can_rely_on(self, connection: Connection, row: Row[Any] | None, task: Task) -> bool:
        """Return True unless identities of runs are to be renewed before that of `task` is opened.

        `row` is what was found for the task. A run that is found by its identity needs no renewal.
        """
        if row is not None and row.identity == self._identity_of(task):
            return True
        return self._has_present_identities(connection)

    def _renew_identities(self, connection: Connection) -> None:
        """Recompute the identities of the kind's runs, without the parameters in `Kind.tuning` now.

        Store a digest of these parameters' names too, so that a change of them is noticed.
        """
        last_used_first = self._mine().order_by(RUNS.c.touched.desc())
        rows = connection.execute(last_used_first).all()
        renew_identities(connection, rows, self._kind.tuning)
        _keep(connection, tuning_key(self._kind.name), digest_of(self._kind.tuning))

    def _notes(self, connection: Connection, task: Task) -> tuple[str, ...]:
        """Return the note on other runs with the goal of `task`; () if there are none."""
        others = self._of_goal(task.goal)
        last = connection.execute(others.limit(1)).first()
        if last is None:
            return ()
        count = connection.scalar(select(func.count()).select_from(others.subquery()))
        return (note_on(last, count or 1, task, self._kind.tuning),)

    def _refuse_impossible(self, task: Task) -> None:
        """Raise UsageError if the task is impossible, or the kind's name too long for a server.

        Raises Refused if the kind cannot compute the task now.
        """
        if self._where.path is None and (long := len(self._kind.name)) > KIND_NAME:
            raise UsageError(
                f"on a server the name of a kind has at most {KIND_NAME} characters, not {long}"
            )
        try:
            checked.limits(self._kind, task)
        except BadState as problem:
            raise UsageError(f"an impossible task: {problem}") from problem

    def _begin(self, connection: Connection, task: Task) -> Row[Any]:
        """Insert a new run, unless another process has just done so; return the row of the run."""
        if connection.dialect.name == "postgresql":
            making = connection.begin_nested()
            connection.execute(MAKING)
            if (row := self._find(connection, task)) is not None:
                making.rollback()  # frees MAKING: others need not wait while we wait for the lock
                return row
        values = {"kind": self._kind.name, "version": self._kind.version, "goal": task.goal}
        identity = self._identity_of(task)
        values |= {"parameters": task.text, "identity": identity}
        connection.execute(insert(RUNS), values)
        new = self._mine().where(RUNS.c.goal == task.goal, RUNS.c.identity == identity)
        return connection.execute(new).one()

    def load(self, run: Run, before: int | None = None) -> Loaded:
        """Load the output and the newest good checkpoint of `run`; make the machine to go on with.

        What is loaded is checked first. A complete, undamaged run gets no machine. Damage is
        reported in `notes` and skipped; without a good checkpoint the machine is a new one. Output
        saved after that of the machine is later compared with what the machine makes again. If the
        kind is not repeatable, that output is discarded instead. With `before`, checkpoints from
        that number on are skipped too, because the caller distrusts them.

        Raises DamagedError if the row of the run is damaged, or the output of a complete run that
        is not repeatable; StorageError if the run was deleted; and NotOursError if a newer version
        of the kind saved the run or a checkpoint. Raises UsageError if the kind refuses the task,
        or takes none of its checkpoints though one is whole. Before a UsageError, a claim of this
        store is undone: the run gets its former owner back, or is deleted if nothing of it is
        saved.
        """
        try:
            with self._failures_in_our_words():
                try:
                    return self._load(run, before)
                except DamagedError:
                    # A failed read may look like damage: retry once, on a new connection.
                    self._engine.dispose()
                    return self._load(run, before)
        except UsageError:
            self._give_back(run)
            raise

    def _give_back(self, run: Run) -> None:
        """Restore the owner of a run that its kind refused; delete a run of which nothing is saved.

        The lock of the run is kept until the store is closed. Do nothing if this store has not
        claimed the run, or if the database fails.
        """
        if not (trust := self._trusted[run.id]).epoch:
            return
        mine = (RUNS.c.id == run.id, RUNS.c.epoch == trust.epoch)
        with suppress(PiTuiError), self._writing() as connection:
            connection.execute(delete(RUNS).where(*mine, RUNS.c.last_seq == 0))
            connection.execute(update(RUNS).where(*mine).values(owner=trust.left))

    def _load(self, run: Run, before: int | None) -> Loaded:
        trusted = self._trusted[run.id]
        while (found := Loading(self, self._kind, run, trusted, self._reader).load(before)) is None:
            pass  # the writer pruned what was to be read
        loaded, self._trusted[run.id] = found
        return loaded

    def save(
        self, run: Run, machine: Machine, elapsed: float, work: Work | None = None
    ) -> Checkpoint:
        """Check the machine, then commit its state and new output to disk.

        Deletes all other checkpoints, except the last one that is known to be good. `elapsed` is
        the seconds computed so far. `work` is the work done; if it is None, the machine is asked.

        Raises WrongState if the machine fails its check, StorageError if nothing could be written,
        and AlreadyOpenError if another process claimed the run. Raises MachineError if the machine
        exceeds the limits of its kind, if the kind does not accept its output, or if the function
        of a piece raises. Raises WrongResultError if saved output that is compared now differs from
        the machine's, and DamagedError if saved rows needed for this are missing or damaged.
        """
        machine.check()
        return self._commit(run, machine, elapsed, ACTIVE, work=work)

    def complete(self, run: Run, machine: Machine, elapsed: float, *, verified: bool) -> Checkpoint:
        """Commit all output and mark the run complete; delete its state, no longer needed.

        Unlike `save`, does not check the machine. `verified` says whether an independent method has
        checked the output. Raises MachineError if the output is too short or too long, or differs
        from the part that is saved. For other errors see `save`.
        """
        output, length = machine.output, checked.length(self._kind, run.task)
        if length not in (None, len(output)):
            raise MachineError(
                f"{len(output):,} {self._kind.unit} do not complete a run of {length:,}"
            )
        return self._commit(run, machine, elapsed, COMPLETE, verified, Work(1.0, 1.0))

    def _commit(
        self,
        run: Run,
        machine: Machine,
        elapsed: float,
        status: str,
        verified: bool = False,
        work: Work | None = None,
    ) -> Checkpoint:
        """Write output, state and checkpoint in one transaction, and prune what they replace."""
        begun, trust, output = time.monotonic(), self._claimed(run), machine.output
        refuse_too_much(self._kind, run.task, machine, trust.agreed)
        state = checked.to_state(machine) if status == ACTIVE else State({})

        def needed() -> int:
            there = max(run.committed, trust.agreed)
            return max(len(output) - there, 0) + state_rows.missing(state, trust.pieces)

        with (
            self._reader.one_at_a_time,
            self._fenced(run, trust.epoch, needed) as (connection, row, seq),
            self._reader.reading_by(connection),
        ):
            known = trust.after(row.last_seq, self._reader.damaged)
            saved = _write_output(connection, row, output, known)
            if status == COMPLETE and not output_rows.are(connection, run.id, output):
                raise MachineError(
                    "the output differs from what was saved of it: a step may only append to it; "
                    "what was saved is kept"
                )
            stored = state_rows.stored(connection, run.id)
            entries, lost = state_rows.write(connection, run.id, state, known.pieces, stored)
            size = sum(entry.known.size for entry in entries)
            new = checkpoint_of(self._kind, run.task, machine, seq, elapsed, size, work)
            state_rows.write_checkpoint(connection, run.id, new, entries)
            pieces = frozenset(entry.known.sha256 for entry in entries)
            # Of a run that goes on, the good checkpoint before is kept too, with its pieces.
            good, its_pieces = (trust.good, trust.pieces) if status == ACTIVE else (seq, pieces)
            state_rows.keep_rows(connection, run.id, {seq, good})
            state_rows.forget(connection, run.id, stored - pieces - its_pieces)
            change = {"status": status, "verified": int(verified), "version": self._kind.version}
            change |= {"committed": max(saved, len(output)), "elapsed_ms": milliseconds(elapsed)}
            record(connection, run.id, seq, change | ({"owner": ""} if status == COMPLETE else {}))
        pieces -= lost  # the next save looks at these again
        self._trusted[run.id] = Trust(trust.epoch, seq, seq, pieces, agreed=len(output))
        self._reader.damaged -= pieces
        for piece in state.pieces.values():
            if piece.lasting and piece.known:
                piece.saved = self._reader.of(run.id, piece.known)
        return replace(new, duration=time.monotonic() - begun)

    def has_last_save(self, run: Run) -> bool:
        """Return False if the SQLite file is gone, or does not hold our last save any more.

        Returns True for a server, and if the same file is there but cannot be read now: the save is
        not known lost. Returns False if another file is there that cannot be read.
        """
        try:
            self.look_at_the_file()
        except StorageError:
            return False
        if self._where.path is None:
            return True
        with suppress(StorageError, DamagedError), self.transaction() as connection:
            found = connection.scalar(select(RUNS.c.last_seq).where(RUNS.c.id == run.id))
            return isinstance(found, int) and found >= self._trusted[run.id].last_seq
        return True

    def cut(self, run: Run, good: int) -> None:
        """Truncate the saved output to `good` bytes; delete checkpoints saved with more output.

        For output that was found wrong: the good part stays, the rest is computed again. So the
        run is complete no longer. Checkpoints whose rows are unreadable are deleted too. Raises
        AlreadyOpenError if another process computes the run, and DamagedError, with nothing
        changed, if a row of the part to keep is damaged.
        """
        with self._fenced(run, self._claimed(run).epoch) as (connection, row, seq):
            committed = min(good, row.committed)
            output_rows.cut(connection, run.id, committed)
            keep = [old.seq for old in self._readable(connection, run) if old.length <= good]
            state_rows.keep(connection, run.id, keep)
            change = {"status": ACTIVE, "verified": 0, "committed": committed}
            record(connection, run.id, seq, change)

    def leave(self, run: Run) -> None:
        """Mark the run as closed cleanly, so that its next start reports no crash.

        Do nothing if this store has not claimed it, or another process has taken it over.
        """
        if epoch := self._trusted[run.id].epoch:
            mine = (RUNS.c.id == run.id, RUNS.c.epoch == epoch)
            with self._writing() as connection:
                connection.execute(update(RUNS).where(*mine).values(owner=""))

    def restart(self, run: Run, task: Task) -> Run:
        """Claim and empty the run, so that it begins again with this task's tuning; return it.

        Raises AlreadyOpenError if another process computes it, StorageError if it was deleted, and
        UsageError if the kind refuses the task. After any error no saved data is deleted. If the
        kind refuses or fails, an earlier claim of this store is undone.
        """
        try:
            with self._failures_in_our_words():
                self._refuse_impossible(task)
                checked.new(self._kind, task).close()
        except Exception:
            self._give_back(run)
            raise
        with self._writing() as connection:
            epoch = self._take_over(connection, self.row(connection, run)).epoch
            state_rows.keep(connection, run.id, ())
            connection.execute(delete(OUTPUT).where(OUTPUT.c.run_id == run.id))
            change = {"status": ACTIVE, "verified": 0, "committed": 0, "elapsed_ms": 0}
            change |= {"parameters": task.text, "identity": self._identity_of(task)}
            change |= {"version": self._kind.version}
            connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(change))
            fresh = replace(self.to_run(self.row(connection, run)), owner="")
        self._trusted[run.id] = Trust(epoch, fresh.last_seq)
        return fresh

    def _claimed(self, run: Run) -> Trust:
        """Claim the run if this store has not yet; return its `Trust`, what the store remembers.

        A run is unclaimed if `open_run` found it complete, or was not called for it. It is claimed
        here before anything of it is changed.
        """
        if not self._trusted[run.id].epoch:
            with self._writing() as connection:
                row = self._take_over(connection, self.row(connection, run))
            self._trusted[run.id] = replace(self._trusted[run.id], epoch=row.epoch)
        return self._trusted[run.id]


def _keep(connection: Connection, key: str, value: str) -> None:
    """Write a value into META, in place of the one with that key."""
    if connection.dialect.name == "postgresql":
        connection.execute(MAKING)  # else two that begin at once would both insert it
    connection.execute(delete(META).where(META.c.key == key))
    connection.execute(insert(META).values(key=key, value=value))


def _write_output(
    connection: Connection, row: Row[Any], output: bytes | bytearray, known: Trust
) -> int:
    """Append the output that is not saved yet; return how many bytes were saved before.

    If the load found damage in the saved output, or discarded its end, the output is truncated
    there first, and only the bytes before that count.
    """
    saved: int = row.committed if known.proven is None else known.proven
    if known.proven is not None:
        output_rows.cut(connection, row.id, saved)
    output_rows.append(connection, row.id, saved, output, known.agreed)
    return saved
