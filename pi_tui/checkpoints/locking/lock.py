"""One writer per run: locks that the operating system, or the server, frees with the process.

A run has a lock of its own, so several processes compute different runs of one database. The
database has one too. All writers share it; only one that changes the tables takes it alone, and so
did every writer of version 1.1, which therefore never writes beside us.

A lock makes the second writer stop with a clear message. What keeps the data right if a lock fails,
or if there are none, is the fence in every commit (database.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from pi_tui.checkpoints.locking.file_lock import FileLock, NoLocksError, is_locked, mark_in
from pi_tui.checkpoints.locking.process import (
    is_alive,
    is_me,
    is_stopped,
    is_unlocked,
    me,
    my_mark,
    pid_in,
    words_of,
)
from pi_tui.errors import AlreadyOpenError
from pi_tui.files.location import Location
from pi_tui.words import one_line

_KEY = 0x70692D747569
"""Our advisory lock on a whole PostgreSQL database; its upper half is that of no run."""
_SPACE = 0x70692D74
"""First key of the advisory locks of runs; the second is the id of the run."""
_NO_RUN = 0
"""Second key while tables or runs are made: no run has this id."""
_MOMENT = 2.0
"""Seconds in which a server notices that the client that held the lock was killed."""
_HERE = "l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
_HOLDER = (
    "SELECT coalesce(nullif(a.application_name, ''), 'another session') "
    "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    f"WHERE l.locktype = 'advisory' AND l.granted AND {_HERE} "
)
_HOLDER_OF_RUN = text(
    f"{_HOLDER} AND l.objsubid = 2 AND l.classid = {_SPACE} AND l.objid::bigint = :run"
)
_HOLDER_OF_DATABASE = text(
    f"{_HOLDER} AND l.objsubid = 1 AND (l.classid::bigint << 32) + l.objid::bigint = {_KEY} "
    "AND a.pid != pg_backend_pid()"
)
_TAKE_RUN = text(f"SELECT pg_try_advisory_lock({_SPACE}, :run)")
_LET_GO_OF_RUN = text(f"SELECT pg_advisory_unlock({_SPACE}, :run)")
_SHARE = text(f"SELECT pg_try_advisory_lock_shared({_KEY})")
_TAKE_ALONE = text(f"SELECT pg_try_advisory_lock({_KEY})")
_LET_GO_ALONE = text(f"SELECT pg_advisory_unlock({_KEY})")
_LET_GO_SHARED = text(f"SELECT pg_advisory_unlock_shared({_KEY})")
MAKING = text(f"SELECT pg_advisory_xact_lock({_SPACE}, {_NO_RUN})")
"""Ends other transactions that make tables or runs before this one goes on."""
_WITHOUT = (
    "a start of this run elsewhere is not refused: the run then goes on there, "
    "and stops here with its last checkpoint safe"
)


def already_open(what: str, mark: str) -> AlreadyOpenError:
    """Return the error for a run or database that a process with this mark has open."""
    who, first = words_of(mark), "quit that one first"
    if who == me() and not is_me(mark):
        who += ", in a container of its own"
    if is_stopped(mark):
        who += ", which is stopped"
        first = f"`fg` where it was stopped or `kill -CONT {pid_in(mark)}` wakes it, then quit it"
    inside = f" ({who})" if who else ""
    return AlreadyOpenError(f"{what} is already open in another process{inside}; {first}")


def writer_of(where: Location, engine: Engine, run_id: int, owner: str) -> str:
    """Return who computes a run, in words; "" if nobody does. Takes no lock.

    Whether the lock is held decides; the owner in the run's row only gives the name, and speaks
    for a process that could take no lock.
    """
    if where.path is None:
        with engine.connect() as connection:
            holder = _holder(connection, run_id)
    else:
        file = _file_of_run(where, run_id)
        holder = (words_of(mark_in(file)) or "another process") if is_locked(file) else ""
    return holder or (words_of(owner) if _computes_unlocked(owner) else "")


def _computes_unlocked(owner: str) -> bool:
    return is_unlocked(owner) and is_alive(owner) is not False


def _holder(connection: Connection, run_id: int) -> str:
    return one_line(connection.scalar(_HOLDER_OF_RUN, {"run": run_id}) or "", 80)


def _refuse_living(what: str, owner: str) -> None:
    """Raise AlreadyOpenError if the owner can be seen to run: for where no lock tells it."""
    if is_alive(owner) and not is_me(owner):
        raise already_open(what, owner)


def _file_of_database(where: Location) -> Path:
    return Path(f"{where.path}.lock")


def _file_of_run(where: Location, run_id: int) -> Path:
    return Path(f"{where.path}.run-{run_id}.lock")


class FileLocks:
    """The locks of a file: `flock` on files beside it.

    That of the database is never removed, as version 1.1 expects; that of a run goes with a clean
    end. Where the file system has no locks, `note` says what that means.
    """

    def __init__(self, where: Location) -> None:
        self._where, self.note = where, ""
        self.last_beat: datetime | None = None
        """The last sign of life of the writer before us, of the run claimed last."""
        self._runs: dict[int, FileLock] = {}
        self._database = FileLock(_file_of_database(where))
        try:
            if not self._database.take(shared=True):
                mark = mark_in(_file_of_database(where))
                self._database.release()
                raise already_open(where.display, mark)
        except NoLocksError:
            self.note = f"there are no file locks at {where.display}; {_WITHOUT}"
        self._database.write("")  # an earlier version may have left a name, and have been killed

    def take_alone(self) -> bool:
        """Exclude all other writers of the database; False, with no lock, while there are some."""
        return bool(self.note) or self._database.take()

    def share(self) -> bool:
        """Let other writers in again; False if one of them has taken the lock alone."""
        return bool(self.note) or self._database.take(shared=True)

    def claim(self, run_id: int, what: str, owner: str) -> None:
        """Take the lock of a run. Raises AlreadyOpenError if another process computes it."""
        if run_id in self._runs:
            return
        lock = FileLock(file := _file_of_run(self._where, run_id))
        self.last_beat = lock.last_beat()
        try:
            if not self.note and not lock.take_soon():
                raise already_open(what, mark_in(file))
            if self.note or is_unlocked(owner):
                _refuse_living(what, owner)
        except BaseException:
            lock.release()
            raise
        lock.write(self.mark)
        self._runs[run_id] = lock

    @property
    def mark(self) -> str:
        """This process, as it is named in the lock and the row of a run."""
        return my_mark(unlocked=bool(self.note))

    def let_go(self, run_id: int) -> None:
        """Free the lock of a run; its file goes with it."""
        if lock := self._runs.pop(run_id, None):
            lock.release(remove=True)

    def beat(self) -> None:
        """Give a sign of life."""
        for lock in self._runs.values():
            lock.beat()

    def renew(self) -> None:
        """Do nothing: the system frees file locks only with the process."""

    def release(self) -> None:
        """Free all locks."""
        for run_id in tuple(self._runs):
            self.let_go(run_id)
        self._database.release()


class ServerLocks:
    """Advisory locks on a connection of their own; the server frees them with that connection.

    Behind a pooler every statement may go to another session of the server, so a lock would be held
    by nobody, or for ever: then none is taken, and `note` says what that means.
    """

    last_beat: datetime | None = None

    def __init__(self, where: Location, engine: Engine) -> None:
        self._where, self._engine, self.note = where, engine, ""
        self._connection: Connection | None = None
        self._runs: dict[int, str] = {}
        """What is said of the runs that are claimed."""
        self.renew()

    @property
    def mark(self) -> str:
        """This process, as it is named in the row of a run."""
        return my_mark(unlocked=bool(self.note))

    def take_alone(self) -> bool:
        """Exclude all other writers of the database; False, with no lock, while there are some."""
        return self._exchange(_LET_GO_SHARED, _TAKE_ALONE)

    def share(self) -> bool:
        """Let other writers in again; False if one of them has taken the lock alone."""
        return self._exchange(_LET_GO_ALONE, _SHARE)

    def _exchange(self, old: TextClause, new: TextClause) -> bool:
        if self._connection is None:
            return True
        self._connection.execute(old)
        return bool(self._connection.scalar(new))

    def claim(self, run_id: int, what: str, owner: str) -> None:
        """Take the lock of a run. Raises AlreadyOpenError if another process computes it."""
        if run_id in self._runs:
            return
        if self._connection is not None:
            self._take(self._connection, run_id, what, owner)
        else:
            with self._engine.connect() as connection:
                holder = _holder(connection, run_id)
            self._engine.dispose()
            if holder:
                raise already_open(what, _mark_of(holder, owner))
        if self._connection is None or is_unlocked(owner):
            _refuse_living(what, owner)
        self._runs[run_id] = what

    def _take(self, connection: Connection, run_id: int, what: str, owner: str = "") -> None:
        if not _soon(lambda: bool(connection.scalar(_TAKE_RUN, {"run": run_id}))):
            raise already_open(what, _mark_of(_holder(connection, run_id), owner))

    def let_go(self, run_id: int) -> None:
        """Free the lock of a run."""
        if self._runs.pop(run_id, None) is not None and self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.execute(_LET_GO_OF_RUN, {"run": run_id})

    def beat(self) -> None:
        """Do nothing: a server has no place for it that costs no commit."""

    def renew(self) -> None:
        """Hold all locks, on a new connection if the old one is gone, or raise AlreadyOpenError."""
        with suppress(SQLAlchemyError):
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return
        self._disconnect()
        connection = self._engine.connect()
        if _is_pooled(connection):
            connection.close()
            self._engine.dispose()
            self.note = f"{self._where.display} is behind a connection pooler; {_WITHOUT}"
            return
        self._connection = connection
        try:
            if not _soon(lambda: bool(connection.scalar(_SHARE))):
                holder = one_line(connection.scalar(_HOLDER_OF_DATABASE) or "", 80)
                raise already_open(self._where.display, holder)
            for run_id, what in self._runs.items():
                self._take(connection, run_id, what)
        except BaseException:
            self._disconnect()
            raise

    def release(self) -> None:
        """Free all locks and close their connection."""
        self._runs.clear()
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # a connection in a pool would go on holding the locks
            connection.close()
        self._engine.dispose()


def _soon(take: Callable[[], bool]) -> bool:
    """Try to take a lock until a server would have noticed that its holder was killed."""
    until = time.monotonic() + _MOMENT
    while not take():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _mark_of(holder: str, owner: str) -> str:
    """Return the mark of the holder of a lock, whom the server knows by words only."""
    return owner if words_of(owner) == holder else holder


def _is_pooled(connection: Connection) -> bool:
    """Return True if something between us and the server answers in its place.

    A pooler gives each client a number of its own for cancelling, so it is not the server's.
    """
    session = cast(Any, connection.connection.driver_connection).info.backend_pid
    return bool(connection.scalar(text("SELECT pg_backend_pid()")) != session)


WriterLocks = FileLocks | ServerLocks
"""Held: no writer of another version opens the database, and no one else the runs claimed."""
