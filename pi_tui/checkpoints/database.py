"""An open database, with plain transactions and fenced ones.

The fence is a check of the run's `epoch` (a fencing token) at the start of every commit. It admits
one writer to a run even if locks fail. A fenced commit also gets a number.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any, Self

from sqlalchemy import Connection, Row, func, select, update

from pi_tui.blame import frames_of_machine
from pi_tui.checkpoints.connection.answer_timeout import IsLeaving, NoAnswerError
from pi_tui.checkpoints.connection.trouble import (
    FAILURES,
    damaged,
    gone,
    in_our_words,
    request_to_leave,
)
from pi_tui.checkpoints.locking.lock import WriterLocks, writer_of
from pi_tui.checkpoints.locking.process import my_mark
from pi_tui.checkpoints.opening import open_database
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.rows.models import (
    CHECKPOINTS,
    IDENTITY,
    MOST,
    RUNS,
    BadRow,
    to_task,
    utc_now,
    whole,
)
from pi_tui.errors import AlreadyOpenError, DamagedError, GoneError, Hint, StorageError, UsageError
from pi_tui.files.location import Location, parse_location
from pi_tui.machine import Kind, Refused


class Database:
    """An open database, for machines of one kind. Use it from one thread at a time.

    Failures of the database are raised as errors of `pi_tui.errors`, each one line for the user.
    Exceptions of the kind's code are not translated, except Refused, which becomes UsageError, and
    MemoryError, which becomes StorageError.
    """

    def __init__(self, where: Location, kind: Kind, write: bool, is_leaving: IsLeaving) -> None:
        self._where, self._kind, self._locks_in_doubt = where, kind, False
        with self._failures_in_our_words():
            self._engine, self._locks = open_database(where, write, is_leaving)
        try:
            self._file = self._find_file()
            with self.transaction() as connection:
                self._identity = connection.scalar(IDENTITY)
            if not isinstance(self._identity, str):
                raise damaged(where, "it has no identity")
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(
        cls,
        location: str,
        kind: Kind,
        *,
        write: bool = True,
        is_leaving: IsLeaving = lambda: False,
    ) -> Self:
        """Open the database at `location`, a path or a URL: check it, lock it, make its tables.

        Older tables are migrated. With `write=False`, take no lock, create no file, and work while
        another process writes; a missing database then raises NothingSavedError, and older tables
        raise OlderError.

        While `is_leaving()` is true, the time-out for a server that does not answer is short.
        Raises UsageError, NotOursError, AlreadyOpenError, DamagedError or StorageError; a refused
        file is not changed.
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

    def of_kind(self, kind: Kind) -> Self:
        """Return the same open database for runs of another kind; closing either closes both."""
        other = copy(self)
        other._kind = kind
        return other

    def writer(self, run: Run | None) -> str:
        """Return the name of the process that computes the run, "" if none does; keep no lock."""
        if run is None:
            return ""
        with self._failures_in_our_words():
            return writer_of(self._where, self._engine, run.id, run.owner_mark)

    @property
    def locks(self) -> WriterLocks:
        """Return the locks that keep other writers out; call this only if opened to write."""
        assert self._locks is not None
        return self._locks

    def _claim(self, row: Row[Any]) -> None:
        """Take the lock of a run; do nothing if the database was opened only to read.

        Raises AlreadyOpenError if another process computes the run.
        """
        if self._locks is not None:  # else the database refuses the writing that follows
            what = f"the run of {self._kind.title(to_task(row))}"
            self._locks.claim(row.id, what, str(row.owner))

    def _take_over(self, connection: Connection, row: Row[Any]) -> Row[Any]:
        """Claim the run, raise its epoch, and make this process its writer; return its new row.

        Raises AlreadyOpenError if another process computes it, StorageError if it was deleted.
        """
        self._claim(row)
        known = select(func.max(RUNS.c.touched)).where(RUNS.c.touched < MOST)
        touched = (connection.scalar(known) or 0) + 1
        owner = my_mark(unlocked=bool(self._locks and self._locks.note))
        ours = {"epoch": RUNS.c.epoch + 1, "touched": touched, "owner": owner}
        its = RUNS.c.id == row.id
        if not connection.execute(update(RUNS).where(its).values(ours)).rowcount:
            raise StorageError("the run was deleted by another process; start again")
        return connection.execute(select(RUNS).where(its)).one()

    @contextmanager
    def transaction(self, needed: Callable[[], int] = lambda: 0) -> Iterator[Connection]:
        """Open a transaction: if the `with` body raises, nothing of it is saved, else everything.

        `needed` is a function that returns how many bytes will be written. It is called only if the
        disk may be full, for the message about that.
        """
        with self._failures_in_our_words(needed), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction; raise StorageError if our database is gone or was replaced."""
        self.look_at_the_file()
        with self.transaction() as connection:
            if connection.scalar(IDENTITY) != self._identity:
                raise _replaced(self._where)
            yield connection

    @contextmanager
    def _failures_in_our_words(self, needed: Callable[[], int] = lambda: 0) -> Iterator[None]:
        before = sys.exc_info()[1]
        try:
            yield
        except BadRow as error:
            raise damaged(self._where, str(error)) from error
        except Refused as error:
            raise UsageError(str(error)) from error
        except FAILURES as error:
            if (request := request_to_leave(error, before)) is not None:
                raise request from None
            if frames_of_machine(error) and not isinstance(error, MemoryError):
                raise  # an input of the user's machine is missing or broken, not the database
            raise in_our_words(error, self._where, needed) from error

    @contextmanager
    def _fenced(
        self, run: Run, epoch: int, needed: Callable[[], int] = lambda: 0
    ) -> Iterator[tuple[Connection, Row[Any], int]]:
        """Open a transaction that first checks that no other process took over the run.

        This check is the fence; raises AlreadyOpenError if one did. Yields the connection, the
        run's row as it was before, and the number of this commit within the run. The `with` body
        must end with `record`, which saves that number. `needed` is a function that returns how
        many bytes will be written, for a message about a full disk.

        If the commit fails, its outcome is unknown: it may have landed although the answer was
        lost. So look for its number in the database, and raise the error only if it is missing. If
        a server stopped answering, raise without looking: the next save finds out.
        """
        seq = 0
        try:
            self.look_at_the_file()
            file = self._file
            with self.transaction(needed) as connection:
                row = self._fence(connection, run, epoch)
                seq = max(whole(row.last_seq, 0, MOST, "last_seq"), int(row.newest or 0)) + 1
                yield connection, row, seq
            self.look_at_the_file()  # a commit to a file that was unlinked meanwhile is lost
            if self._file != file:
                raise StorageError(f"{self._where.display} was replaced by a copy during a save")
        except (StorageError, DamagedError) as error:
            self._engine.dispose()  # after a disk failure, trust no cache of the old connection
            self._locks_in_doubt = True
            if isinstance(error, NoAnswerError) or not self._landed(run, epoch, seq):
                raise
        if self._locks_in_doubt:  # a server frees them when their connection is lost
            with suppress(StorageError), self._failures_in_our_words():  # the next save tries again
                self.locks.renew()
                self._locks_in_doubt = False

    def _fence(self, connection: Connection, run: Run, epoch: int) -> Row[Any]:
        """Lock the row of the run until the transaction ends, and return it.

        A process that opens a run to write raises the run's `epoch` by 1. So if the row has another
        epoch than the one given, another process took the run over: raises AlreadyOpenError, also
        if the row is gone or is now the row of another task. Raises StorageError if this is another
        database, which the row cannot show, because most have a run with id 1 and epoch 1.
        """
        numbers = (CHECKPOINTS.c.run_id == run.id, CHECKPOINTS.c.seq.between(1, MOST - 1))
        newest = select(func.max(CHECKPOINTS.c.seq)).where(*numbers).scalar_subquery()
        query = select(RUNS, IDENTITY.scalar_subquery().label("database"), newest.label("newest"))
        row = connection.execute(query.where(RUNS.c.id == run.id).with_for_update(of=RUNS)).first()
        found = connection.scalar(IDENTITY) if row is None else row.database
        if found != self._identity:
            raise _replaced(self._where)
        if row is None or row.epoch != epoch or not self._is_of(row, run):
            raise AlreadyOpenError(
                "another process took over this run and goes on from the last save; quit here"
            )
        return row

    def _is_of(self, row: Row[Any], run: Run) -> bool:
        """Return True if the row, which has the id of the run, is a row of the same task.

        It may be that of another task, because SQLite reuses the ids of deleted rows.
        """
        if (row.kind, row.goal) != (self._kind.name, run.goal):
            return False
        tuning = self._kind.tuning
        return to_task(row).identity(tuning) == run.task.identity(tuning)

    def _find_file(self) -> tuple[int, int]:
        """Return the numbers of device and inode of the SQLite file, to notice when it is replaced.

        Returns (0, 0) for a database on a server. Raises StorageError if the file is gone.
        """
        if self._where.path is None:
            return 0, 0
        try:
            found = os.stat(self._where.path)
        except OSError as error:
            raise gone(self._where) from error
        return found.st_dev, found.st_ino

    def look_at_the_file(self) -> None:
        """Raise StorageError if the database file is gone, or was replaced by another database.

        SQLite would keep writing to the unlinked file, and all of that would be lost. If the file
        was replaced by a copy of the same database, use the copy from now on.
        """
        if (file := self._find_file()) == self._file:
            return
        self._engine.dispose()
        try:
            with self.transaction() as connection:
                found = connection.scalar(IDENTITY)
        except DamagedError:
            found = None
        if found != self._identity:
            raise _replaced(self._where)
        self._file = file

    def _landed(self, run: Run, epoch: int, seq: int) -> bool:
        """Return whether the failed commit `seq` is in the database after all; False if unknown.

        If it is there, commit once more, which syncs it to disk. Raises AlreadyOpenError if another
        process took over the run.
        """
        with suppress(StorageError, DamagedError, *FAILURES):  # unknown: the next save finds out
            if seq:  # else the fence failed, and nothing was written
                self.look_at_the_file()
                with self.transaction() as connection:
                    if self._fence(connection, run, epoch).last_seq != seq:
                        return False
                    record(connection, run.id, seq, {})
                return True
        return False


def record(connection: Connection, run_id: int, seq: int, change: dict[str, Any]) -> None:
    """Write the number and the time of a commit, and other changes, into the run's row."""
    values = {**change, "last_seq": seq, "updated_utc": utc_now()}
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(values))


def _replaced(where: Location) -> GoneError:
    return GoneError(
        f"{where.display} was replaced while it was open; the new file was left as it is: "
        f"put the old file back to go on saving, or {Hint.OTHER_FILE}"
    )
