"""RunCatalogue: the runs of one kind in a database, without their states: list, read, delete."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Self

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from pi_tui.checkpoints import integrity, output_rows
from pi_tui.checkpoints.backup import back_up
from pi_tui.checkpoints.conversion import BadRow, to_run
from pi_tui.checkpoints.database import Database
from pi_tui.checkpoints.location import parse_location
from pi_tui.checkpoints.models import PieceRow, RunRow
from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.silence import IsLeaving
from pi_tui.errors import DamagedError, NotOursError, StorageError
from pi_tui.machine import Kind


class RunCatalogue:
    """An open database, as far as runs go. To be used by one thread at a time.

    Every method is one transaction; errors are ours (`pi_tui.errors`), each one line for the user.
    """

    def __init__(self, database: Database, kind: Kind) -> None:
        self._database, self._kind = database, kind

    @classmethod
    def open(
        cls,
        location: str,
        kind: Kind,
        *,
        write: bool = True,
        is_leaving: IsLeaving = lambda: False,
    ) -> Self:
        """The store at `location`, a path or a URL, ready: checked, locked, with its tables.

        With `write=False` it takes no lock, makes no file and works while another process writes.
        While `is_leaving()`, somebody waits for us: a server that is silent gets little time.
        Raises UsageError, NotOursError, AlreadyOpenError, DamagedError or StorageError; a file
        that is refused is as it was.
        """
        return cls(Database(parse_location(location), write, is_leaving), kind)

    def close(self) -> None:
        """The connection is closed and the lock free. Idempotent."""
        self._database.close()

    def __enter__(self) -> Self:
        """An open store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closed."""
        self.close()

    def runs(self) -> list[Run]:
        """All runs of the kind, the one last worked on first."""
        with self._database.transaction() as session:
            rows = session.scalars(self._mine().order_by(RunRow.touched.desc())).all()
            pieces = select(PieceRow.run_id, func.sum(func.length(PieceRow.data)))
            counted = session.execute(pieces.group_by(PieceRow.run_id)).all()
            sizes = {run_id: size for run_id, size in counted}  # noqa: C416 - they are Rows
            return [
                replace(run, size=run.committed + _count(sizes.get(run.id)))
                for run in map(self._to_run, rows)
            ]

    def find_run(self, goal: int) -> Run | None:
        """The run with that goal."""
        with self._database.transaction() as session:
            row = self._find(session, goal)
            return self._to_run(row) if row else None

    def latest_run(self) -> Run | None:
        """The unfinished run last worked on; else the finished one."""
        order = (RunRow.status == COMPLETE, RunRow.touched.desc())
        with self._database.transaction() as session:
            row = session.scalars(self._mine().order_by(*order).limit(1)).first()
            return self._to_run(row) if row else None

    def output(self, run: Run, start: int, stop: int) -> bytes:
        """The saved output at offsets `start` to `stop - 1`, checked."""
        with self._database.transaction() as session:
            stop = min(stop, self._row(session, run).committed)
            return output_rows.read(session, run.id, max(start, 0), stop)

    def mark_verified(self, run: Run) -> None:
        """The complete run counts as compared with an independent way."""
        with self._database.transaction() as session:
            row = self._row(session, run)
            row.verified = int(row.status == COMPLETE)

    def delete(self, goal: int) -> None:
        """There is no run of that goal."""
        with self._database.transaction() as session:
            session.execute(
                delete(RunRow).where(RunRow.kind == self._kind.name, RunRow.goal == goal)
            )

    def check(self) -> list[str]:
        """What is wrong in the database, structure and every byte; [] if nothing is."""
        try:
            with self._database.transaction() as session:
                return list(integrity.problems(session, self._database.where, self._kind))
        except DamagedError as error:
            return [str(error)]

    def backup(self, path: str) -> None:
        """All that is saved is in the new SQLite file `path`, consistent even if another writes."""
        back_up(self._database.engine, self._database.where, path)

    def _mine(self) -> Select[RunRow]:
        return select(RunRow).where(RunRow.kind == self._kind.name)

    def _find(self, session: Session, goal: int) -> RunRow | None:
        row = session.scalars(self._mine().where(RunRow.goal == goal)).first()
        if row is not None and row.goal != goal:  # SQLite believes its index
            raise BadRow("an index and its table differ")
        return row

    def _row(self, session: Session, run: Run) -> RunRow:
        row = session.get(RunRow, run.id)
        if row is None or (row.kind, row.goal) != (self._kind.name, run.goal):
            raise StorageError(f"there is no run of {run.goal:,} any more")
        self._to_run(row)
        return row

    def _to_run(self, row: RunRow) -> Run:
        if isinstance(row.version, int) and row.version > self._kind.version:
            raise NotOursError(
                f"a run at {self._database.where.display} was made by a newer version of this "
                "program; upgrade it"
            )
        return to_run(row, self._kind)


def _count(value: object) -> int:
    """A sum that a database made: hostile rows may have made it a text, or infinite."""
    return int(value) if isinstance(value, int | Decimal) else 0
