"""An open database, and the two ways to touch it: a transaction, and one behind the fence.

The fence lets one writer to a run, whatever locks may fail, and numbers every commit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, Row, func, select, update

from pi_tui.checkpoints.lock import writer_of
from pi_tui.checkpoints.models import CHECKPOINTS, MOST, RUNS, BadRow, utc_now, whole
from pi_tui.checkpoints.opening import open_database
from pi_tui.checkpoints.process import my_mark
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.silence import IsLeaving, NoAnswerError
from pi_tui.checkpoints.trouble import FAILURES, damaged, in_our_words
from pi_tui.errors import AlreadyOpenError, DamagedError, StorageError
from pi_tui.location import Location, parse_location
from pi_tui.machine import Kind

Commit = tuple[Connection, Row[Any], dict[str, Any]]
"""The transaction, the run's row as it was, and what is to change in it, which may be added to."""


class Database:
    """An open database, for machines of one kind. To be used by one thread at a time.

    Errors come out as ours (`pi_tui.errors`), each one line for the user.
    """

    def __init__(self, where: Location, kind: Kind, write: bool, is_leaving: IsLeaving) -> None:
        self._where, self._kind = where, kind
        self._needed: Callable[[], int] = lambda: 0
        """Counts the bytes this transaction is to write: what a full disk is said to lack."""
        with self._failures_in_our_words():
            self._engine, self._locks = open_database(where, write, is_leaving)
        self._file: tuple[int, int] | None = None
        self._look_at_the_file()

    @classmethod
    def open(
        cls,
        location: str,
        kind: Kind,
        *,
        write: bool = True,
        is_leaving: IsLeaving = lambda: False,
    ) -> Self:
        """The database at `location`, a path or a URL: checked, locked, with its tables.

        With `write=False` it takes no lock, makes no file and works while another process writes.
        While `is_leaving()`, somebody waits for us: a server that is silent gets little time.
        Raises UsageError, NotOursError, AlreadyOpenError, DamagedError or StorageError; a file
        that is refused is as it was.
        """
        return cls(parse_location(location), kind, write, is_leaving)

    def close(self) -> None:
        """Close the connection and free the locks. Idempotent."""
        self._engine.dispose()
        if self._locks is not None:
            self._locks.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def writer(self, run: Run | None) -> str:
        """Return who computes the run, as far as can be told without a lock; "" if nobody does."""
        if run is None:
            return ""
        with self._failures_in_our_words():
            return writer_of(self._where, self._engine, run.id, run.owner_mark)

    @property
    def lock_note(self) -> str:
        """Return what the user must know where no lock can be had; "" where locks work."""
        return self._locks.note if self._locks else ""

    @property
    def last_beat(self) -> datetime | None:
        """Return the last sign of life of the run's writer before us; None if there is none."""
        return self._locks.last_beat if self._locks else None

    def beat(self) -> None:
        """Give a sign of life: after a kill, the next writer knows its time. Never raises."""
        if self._locks is not None:
            self._locks.beat()

    def _claim(self, row: Row[Any]) -> None:
        """Take the lock of a run. Raises AlreadyOpenError if another process computes it."""
        if self._locks is not None:
            what = f"the run of {whole(row.goal, 1, MOST, 'goal'):,} {self._kind.unit}"
            self._locks.claim(row.id, what, str(row.owner))

    def _take_over(self, connection: Connection, row: Row[Any]) -> Row[Any]:
        """Claim the run, and make this process its writer; return its new row."""
        self._claim(row)
        return take_over(connection, row.id, self._locks.mark if self._locks else my_mark())

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """All or nothing."""
        try:
            with self._failures_in_our_words(), self._engine.begin() as connection:
                yield connection
        finally:
            self._needed = lambda: 0  # it may hold a whole state

    @contextmanager
    def _failures_in_our_words(self) -> Iterator[None]:
        try:
            yield
        except BadRow as error:
            raise damaged(self._where, str(error)) from error
        except FAILURES as error:
            raise in_our_words(error, self._where, self._needed) from error

    @contextmanager
    def _fenced(self, run_id: int, epoch: int) -> Iterator[Commit]:
        """A transaction that begins with the fence, and ends with what changed in the run's row.

        If it fails, its outcome is unknown: the commit may be in although its answer is lost.
        Then we look whether its number is there; only if it is not does the error come out. A
        server that does not answer is not asked: the next save goes by what it finds.
        """
        seq = 0
        try:
            self._look_at_the_file()
            with self._transaction() as connection:
                row = fence(connection, run_id, epoch)
                seq = _next_seq(connection, row)
                change: dict[str, Any] = {"last_seq": seq, "updated_utc": utc_now()}
                yield connection, row, change
                connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(change))
        except (StorageError, DamagedError) as error:
            self._engine.dispose()  # after a failing disk, nothing of the old one counts
            if isinstance(error, NoAnswerError) or not self._landed(run_id, epoch, seq):
                raise

    def _look_at_the_file(self) -> None:
        """SQLite would go on writing to a file that has lost its name, and all would be lost."""
        if self._where.path is None:
            return
        try:
            found = os.stat(self._where.path)
        except OSError as error:
            raise StorageError(
                f"{self._where.display} was moved or deleted; put it back to go on saving"
            ) from error
        if (file := (found.st_dev, found.st_ino)) != self._file:
            self._engine.dispose()
            self._file = file

    def _landed(self, run_id: int, epoch: int, seq: int) -> bool:
        """True if the commit `seq` is there after all; one more commit has then put it on disk."""
        with suppress(StorageError, DamagedError, *FAILURES):  # unknown still: the next save looks
            if self._locks is not None:
                self._locks.renew()
            if seq:  # else it did not get past the fence
                with self._transaction() as connection:
                    return bool(fence(connection, run_id, epoch).last_seq == seq)
        return False


def fence(connection: Connection, run_id: int, epoch: int) -> Row[Any]:
    """The row of the run, ours until this transaction ends: the first step of every commit.

    Raises AlreadyOpenError if the run was opened by another since it got this `epoch`.
    """
    mine = update(RUNS).where(RUNS.c.id == run_id, RUNS.c.epoch == epoch)
    if connection.execute(mine.values(epoch=epoch)).rowcount != 1:
        raise AlreadyOpenError(
            "another process took over this run; what was saved is in its hands: quit here"
        )
    return connection.execute(select(RUNS).where(RUNS.c.id == run_id)).one()


def take_over(connection: Connection, run_id: int, mark: str) -> Row[Any]:
    """Make the process with this mark the writer of the run; return the run's new row."""
    latest = connection.scalar(select(func.max(RUNS.c.touched)).where(RUNS.c.touched < MOST)) or 0
    ours = {"epoch": RUNS.c.epoch + 1, "touched": latest + 1, "owner": mark}
    if not connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(ours)).rowcount:
        raise StorageError("the run was deleted by another process; start again")
    return connection.execute(select(RUNS).where(RUNS.c.id == run_id)).one()


def _next_seq(connection: Connection, row: Row[Any]) -> int:
    """A number above that of every commit of the run."""
    its = (CHECKPOINTS.c.run_id == row.id, CHECKPOINTS.c.seq < MOST)
    newest = connection.scalar(select(func.max(CHECKPOINTS.c.seq)).where(*its))
    last = max(whole(row.last_seq, 0, MOST, "last_seq"), newest or 0)
    return int(last) + 1  # a hostile file may hold 7.5
