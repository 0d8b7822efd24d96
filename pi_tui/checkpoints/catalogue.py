"""RunCatalogue: the runs in a database, without their states: list, read, delete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update

from pi_tui.checkpoints.backup import back_up
from pi_tui.checkpoints.connection.engine import shrink
from pi_tui.checkpoints.connection.trouble import FAILURES
from pi_tui.checkpoints.database import Database
from pi_tui.checkpoints.other_runs import is_explained
from pi_tui.checkpoints.records import COMPLETE, Checkpoint, Run, share_of
from pi_tui.checkpoints.rows import output_rows, state_rows
from pi_tui.checkpoints.rows.models import (
    RUNS,
    UNITS,
    BadRow,
    digest_of,
    limits_of,
    to_run,
    to_task,
    tuning_key,
    unit_key,
    value_of,
)
from pi_tui.checkpoints.stored_kind import Kinds, StoredKind
from pi_tui.errors import DamagedError, NotOursError, StorageError
from pi_tui.machine import Kind, Task
from pi_tui.words import LINE_UNITS, one_line

FEW = 100
"""As many runs of a goal are always compared with a task: an identity may be damaged (4 ms)."""


class RunCatalogue(Database):
    """The runs in an open database. Every list of runs is read in one transaction.

    Methods that return runs raise NotOursError if a newer version of the kind saved one of them,
    and DamagedError if the row of one is damaged; `complete_runs` leaves out such runs.
    """

    def runs(self) -> list[Run]:
        """Return all runs of this catalogue's kind, the most recently used first."""
        with self.transaction() as connection:
            rows = connection.execute(self._mine().order_by(RUNS.c.touched.desc())).all()
            return [self._measured(connection, self.to_run(row)) for row in rows]

    def all_runs(self, kinds: Kinds) -> list[Run]:
        """Return the runs of every kind, the most recently used first."""
        with self.transaction() as connection:
            rows = connection.execute(select(RUNS).order_by(RUNS.c.touched.desc())).all()
            units = {key: one_line(unit, 40) for key, unit in connection.execute(UNITS)}
            found = [kinds.find(name := str(row.kind), units.get(unit_key(name))) for row in rows]
            views = [(self.of_kind(kind), row) for kind, row in zip(found, rows, strict=True)]
            return [view._measured(connection, view.to_run(row)) for view, row in views]

    def title(self, run: Run) -> str:
        """Return the name of a run of this catalogue's kind, as messages show it."""
        return self._kind.title(run.task)

    def _measured(self, connection: Connection, run: Run) -> Run:
        size = run.committed + state_rows.size(connection, run.id)
        share = share_of(run, self._readable(connection, run), self._kind)
        unit = self._kind.unit
        lines = output_rows.line_breaks(connection, run.id) if unit in LINE_UNITS else None
        return replace(run, size=size, share=share, unit=unit, lines=lines)

    def find_run(self, task: Task) -> Run | None:
        """Return the run of `task`, whatever its tuning parameters; None if there is none."""
        with self.transaction() as connection:
            row = self._find(connection, task)
            return self.to_run(row) if row else None

    def complete_runs(self, tasks: Iterable[Task]) -> list[tuple[Task, Run]]:
        """Return each of the tasks whose run is complete, with that run.

        Of tasks that differ only in tuning, which are one run, returns the last.
        Leaves out a run whose identity was stored under other `tuning` names, as by a migration;
        `find_run` finds such a run. Also leaves out a run whose row is damaged, or that a newer
        version of the kind saved; `find_run` raises DamagedError or NotOursError for it.
        """
        named = {(task.goal, self._identity_of(task)): task for task in tasks}
        with self.transaction() as connection:
            rows = connection.execute(self._mine().where(RUNS.c.status == COMPLETE)).all()
            found = []
            for row in rows:
                if (task := named.get((row.goal, row.identity))) is not None:
                    with suppress(BadRow, NotOursError):
                        found.append((task, self.to_run(row)))
            return found

    def latest_run(self) -> Run | None:
        """Return the unfinished run used last, else the complete run used last, else None.

        Only runs of this catalogue's kind count.
        """
        order = (RUNS.c.status == COMPLETE, RUNS.c.touched.desc())
        with self.transaction() as connection:
            row = connection.execute(self._mine().order_by(*order).limit(1)).first()
            return self.to_run(row) if row else None

    def checkpoints(self, run: Run) -> tuple[Checkpoint, ...]:
        """Return the checkpoints of the run, newest first, without those whose rows are damaged."""
        with self.transaction() as connection:
            return self._readable(connection, run)

    def _readable(self, connection: Connection, run: Run) -> tuple[Checkpoint, ...]:
        known = state_rows.known(connection, run.id, limits_of(self._kind, run.task))
        return tuple(filter(None, known.values()))

    def output(self, run: Run, start: int, stop: int) -> bytes:
        """Return the output at offsets `start` to `stop - 1`, as far as it is saved, checked.

        Raises DamagedError if some of it is damaged, StorageError if the run was deleted.
        """
        with self.transaction() as connection:
            stop = min(stop, self.row(connection, run).committed)
            return output_rows.read(connection, run.id, max(start, 0), stop)

    def mark_verified(self, run: Run) -> None:
        """Mark the run as verified by an independent method, or as unverified if incomplete.

        Raises StorageError if the run was deleted.
        """
        with self._writing() as connection:
            verified = int(self.row(connection, run).status == COMPLETE)
            connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(verified=verified))

    def delete(self, task: Task) -> None:
        """Delete the run of `task`, if any. Raises AlreadyOpenError while it is computed."""
        with self._writing() as connection:
            row = self._find(connection, task)
            if row is None:
                return
            self._claim(row)
            connection.execute(delete(RUNS).where(RUNS.c.id == row.id))
        self.locks.let_go(row.id)
        self.shrink()

    def shrink(self) -> None:
        """Return free pages of an SQLite file to the disk, if quick and worth it. Never raises."""
        if self._where.path is not None:
            with suppress(*FAILURES):  # harmless if it fails: another process may use the file
                shrink(self._engine)

    def check(self) -> list[str]:
        """Check all saved data, and the structure of an SQLite file; return problems as texts."""
        try:
            with self.transaction() as connection:
                return [*self._problems_of_file(connection), *self._problems_of_runs(connection)]
        except DamagedError as error:
            return [str(error)]

    def backup(self, path: str) -> list[Path]:
        """Copy the database to the new SQLite file `path`, even while another process writes.

        Returns the unfinished copies beside it, of other backups, which may still be running.
        Raises UsageError if `path` exists or cannot be the name of a backup, DamagedError if the
        database turns out to be damaged, StorageError if the copy cannot be written.
        """
        return back_up(self._engine, self._where, path)

    def _problems_of_file(self, connection: Connection) -> Iterator[str]:
        if self._where.path is not None:
            for (found,) in connection.exec_driver_sql("PRAGMA integrity_check(20)").all():
                if found != "ok":
                    yield f"the file's structure: {one_line(found)}"
            for found in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                yield f"a row of {one_line(found[0], 40)} refers to no run"

    def _problems_of_runs(self, connection: Connection) -> Iterator[str]:
        """Check the saved data of all runs, and yield each problem as a text.

        Hashes and saved lengths are checked for every run. What only the kind knows, as the length
        of the whole output, is checked only for this catalogue's kind: the code of others is not
        here.
        """
        for row in connection.execute(select(RUNS).order_by(RUNS.c.kind, RUNS.c.goal)).all():
            mine = row.kind == self._kind.name
            of = "" if mine else f" of {one_line(row.kind, 40)}"
            kind = self._kind if mine else StoredKind(str(row.kind))
            for problem in _problems(connection, row, kind):
                yield f"run {one_line(row.goal, 20)}{of}: {problem}"

    def _mine(self) -> Select[Any]:
        return select(RUNS).where(RUNS.c.kind == self._kind.name)

    def _find(self, connection: Connection, task: Task) -> Row[Any] | None:
        """Return the row of the task's run, or None.

        Raises BadRow if that row is damaged, or if another of the same goal is too damaged to tell
        whether it is the one.
        """
        wanted = self._identity_of(task)
        of_it = self._mine().where(RUNS.c.goal == task.goal, RUNS.c.identity == wanted)
        row = connection.execute(of_it).first()
        if row is not None:
            if row.goal != task.goal:  # SQLite trusts a damaged index
                raise BadRow("an index and its table differ")
            if self._identity_of(to_task(row)) == wanted:
                return row
            if not is_explained(row):
                raise BadRow("the parameters of a run and their digest differ")
            self.to_run(row)  # raises if the kind refuses its parameters: a name is damaged
        # Saved by an earlier version, or under other names of tuning parameters; or damaged.
        rows = connection.execute(self._of_goal(task.goal).limit(FEW + 1)).all()
        if len(rows) > FEW:
            if row is None and self._has_present_identities(connection):
                return None
            rows = connection.execute(self._of_goal(task.goal)).all()
        return next((row for row in rows if self._identity_of(to_task(row)) == wanted), None)

    def _has_present_identities(self, connection: Connection) -> bool:
        """Return True if the identities of all runs of the kind were made with its `tuning` of now.

        Without this, each new one of many tasks would hash the parameters of all runs of its goal:
        20 to 60 ms at 1,500 runs.
        """
        kept = connection.scalar(value_of(tuning_key(self._kind.name)))
        return bool(kept == digest_of(self._kind.tuning))

    def _of_goal(self, goal: int) -> Select[Any]:
        """Return a query for this kind's runs with that goal, the most recently used first."""
        return self._mine().where(RUNS.c.goal == goal).order_by(RUNS.c.touched.desc())

    def _identity_of(self, task: Task) -> str:
        return task.identity(self._kind.tuning)

    def row(self, connection: Connection, run: Run) -> Row[Any]:
        """Return the row of a run in the table of runs.

        Raises StorageError if the run was deleted, and errors as `to_run` does.
        """
        row = connection.execute(select(RUNS).where(RUNS.c.id == run.id)).first()
        if row is None or not self._is_of(row, run):
            raise StorageError(f"there is no run of {run.goal:,} any more")
        self.to_run(row)
        return row

    def to_run(self, row: Row[Any]) -> Run:
        """Return the run of a row.

        Raises NotOursError if a newer version of the kind saved it, BadRow for impossible values.
        """
        self.refuse_newer(row.version)
        return to_run(row, self._kind)

    def refuse_newer(self, version: object) -> None:
        """Raise NotOursError for a version of the kind that is newer than ours."""
        known = self._kind.version
        if isinstance(version, int) and version > known:
            raise NotOursError(
                f"a run at {self._where.display} was saved by a newer version of this program "
                f"({self._kind.name} {version}, this one knows {known}); upgrade it"
            )


def _problems(connection: Connection, row: Row[Any], kind: Kind) -> Iterator[str]:
    try:
        run = to_run(row, kind)
    except BadRow as problem:
        yield f"its row holds {problem}"
        return
    limits = limits_of(kind, run.task)
    length = kind.length(run.task)
    output, problem_of_output = output_rows.prove(connection, row, limits.output, kind.accepts)
    if problem_of_output:
        yield problem_of_output
    if run.status == COMPLETE and length not in (None, len(output)):
        yield f"complete, but {len(output):,} of {length:,} are there"
    for checkpoint in state_rows.newest_first(connection, run.id):
        try:
            # Lasting pieces are checked in parts: together they may not fit into memory.
            if lost := state_rows.read(connection, checkpoint, limits, lambda _: bytes).lost:
                raise BadRow(f"{len(lost)} of its lasting pieces are missing or damaged")
        except BadRow as problem:
            yield f"checkpoint {one_line(checkpoint.seq, 20)}: {problem}"
