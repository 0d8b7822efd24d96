"""The two ways to touch a database: a transaction, and a commit behind the fence.

The fence lets one writer to a run, whatever locks may fail, and numbers every commit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from pi_tui.checkpoints.location import Location
from pi_tui.checkpoints.lock import me, writer_of
from pi_tui.checkpoints.models import CHECKPOINTS, MOST, RUNS, BadRow, utc_now, whole
from pi_tui.checkpoints.opening import open_database
from pi_tui.checkpoints.silence import IsLeaving, NoAnswerError
from pi_tui.checkpoints.trouble import FAILURES, damaged, in_our_words
from pi_tui.errors import AlreadyOpenError, DamagedError, StorageError

Commit = tuple[Connection, Row[Any], dict[str, Any]]
"""The transaction, the run's row as it was, and what is to change in it, which may be added to."""


class Database:
    """An open database; its errors come out as ours."""

    def __init__(self, where: Location, write: bool, is_leaving: IsLeaving) -> None:
        try:
            self.engine, self.lock = open_database(where, write, is_leaving)
        except BadRow as error:
            raise damaged(where, str(error)) from error
        except FAILURES as error:
            raise in_our_words(error, where) from error
        self.where = where
        self._file = self._identity()
        self.needed: Callable[[], int] = lambda: 0
        """Counts the bytes this transaction is to write: what a full disk is said to lack."""

    def close(self) -> None:
        """The connection is closed and the lock free. Idempotent."""
        self.engine.dispose()
        if self.lock is not None:
            self.lock.release()

    def writer(self) -> str:
        """Who has it open for writing, as far as can be told without a lock; "" if nobody does."""
        try:
            return writer_of(self.where, self.engine)
        except FAILURES as error:
            raise in_our_words(error, self.where) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except BadRow as error:
            raise damaged(self.where, str(error)) from error
        except FAILURES as error:
            raise in_our_words(error, self.where, self.needed) from error
        finally:
            self.needed = lambda: 0  # it may hold a whole state

    @contextmanager
    def commit(self, run_id: int, epoch: int) -> Iterator[Commit]:
        """A transaction that begins with the fence, and ends with what changed in the run's row.

        If it fails, its outcome is unknown: the commit may be in although its answer is lost.
        Then we look whether its number is there; only if it is not does the error come out. A
        server that does not answer is not asked: the next save goes by what it finds.
        """
        seq = 0
        try:
            self._look_at_the_file()
            with self.transaction() as connection:
                row = fence(connection, run_id, epoch)
                seq = _next_seq(connection, row)
                change: dict[str, Any] = {"last_seq": seq, "updated_utc": utc_now()}
                yield connection, row, change
                connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(change))
        except NoAnswerError:
            self.engine.dispose()
            raise
        except (StorageError, DamagedError):
            self.engine.dispose()  # after a failing disk, nothing of the old one counts
            if not self._landed(run_id, epoch, seq):
                raise

    def _identity(self) -> tuple[int, int] | None:
        if self.where.path is None:
            return None
        try:
            found = os.stat(self.where.path)
        except OSError as error:
            raise StorageError(
                f"{self.where.display} was moved or deleted; put it back to go on saving"
            ) from error
        return found.st_dev, found.st_ino

    def _look_at_the_file(self) -> None:
        """SQLite would go on writing to a file that has lost its name, and all would be lost."""
        if (now := self._identity()) != self._file:
            self.engine.dispose()
            self._file = now

    def _landed(self, run_id: int, epoch: int, seq: int) -> bool:
        """True if the commit `seq` is there after all; one more commit has then put it on disk.

        A commit that did not get past the fence has no number: it is not there.
        """
        try:
            if self.lock is not None:
                self.lock.renew()
            if seq == 0:
                return False
            with self.transaction() as connection:
                return bool(fence(connection, run_id, epoch).last_seq == seq)
        except (StorageError, DamagedError, *FAILURES):
            return False  # still unknown; the next save goes by what it finds


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


def take_over(connection: Connection, run_id: int) -> Row[Any]:
    """This process is the writer of the run, and it is the one last worked on; its new row."""
    latest = connection.scalar(select(func.max(RUNS.c.touched)).where(RUNS.c.touched < MOST)) or 0
    ours = {"epoch": RUNS.c.epoch + 1, "touched": latest + 1, "owner": me()}
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(ours))
    return connection.execute(select(RUNS).where(RUNS.c.id == run_id)).one()


def _next_seq(connection: Connection, row: Row[Any]) -> int:
    """A number above that of every commit of the run."""
    its = (CHECKPOINTS.c.run_id == row.id, CHECKPOINTS.c.seq < MOST)
    newest = connection.scalar(select(func.max(CHECKPOINTS.c.seq)).where(*its))
    last = max(whole(row.last_seq, 0, MOST, "last_seq"), newest or 0)
    return int(last) + 1  # a hostile file may hold 7.5
