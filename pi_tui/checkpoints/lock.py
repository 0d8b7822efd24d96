"""One writer per database: a lock that the operating system, or the server, frees with the process.

It makes the second writer stop with a clear message. What keeps the data right if a lock ever
fails is the fence in every commit (database.py).
"""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pi_tui.errors import AlreadyOpenError, StorageError
from pi_tui.location import Location, no_room
from pi_tui.words import one_line

_KEY = 0x70692D747569
"""Our advisory lock in a PostgreSQL database."""
_MOMENT = 2.0
"""Seconds in which a server notices that the client that held the lock was killed."""
_LONGEST_NAME = 200
"""Bytes at most in a lock of ours: a pid and the name of a machine."""
_HOST = one_line(socket.gethostname(), 30)
_STRANGE = {stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link"}
_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_HOLDER = text(
    "SELECT coalesce(nullif(a.application_name, ''), 'another session') "
    "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
    "AND (l.classid::bigint << 32) + l.objid::bigint = :key"
)


def me() -> str:
    """This process, as another one should name it."""
    return f"pid {os.getpid()} on {_HOST}"


def writer_of(where: Location, engine: Engine) -> str:
    """Who holds the lock, as far as can be told without trying to take it; "" if nobody does."""
    if where.path is None:
        with engine.connect() as connection:
            return _holder(connection)
    holder = _named_in(_file_beside(where))
    return "" if _is_gone(_pid_here(holder)) else holder


def _holder(connection: Connection) -> str:
    return one_line(connection.scalar(_HOLDER, {"key": _KEY}) or "", 80)


def already_open(holder: str) -> AlreadyOpenError:
    """The error for a database that `holder` is writing to."""
    who, first = f"({holder})" if holder else "elsewhere", "quit that one first"
    pid = _pid_here(holder)
    if _state_of(pid) in ("T", "t"):
        who = f"({holder}, which is stopped)"
        first = f"`fg` where it was stopped or `kill -CONT {pid}` wakes it, then quit it"
    return AlreadyOpenError(f"already open {who}; {first}, or choose another file")


def _pid_here(holder: str) -> int:
    """The pid of a holder on this machine, or 0."""
    found = re.fullmatch("pid ([0-9]+) on (.*)", holder)
    return int(found[1]) if found and found[2] == _HOST else 0


def _state_of(pid: int) -> str:
    """The letter of the process's state: T is stopped, Z has ended; "" if nobody tells."""
    with suppress(OSError, IndexError, ValueError):  # only Linux tells
        told = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
        return told.rpartition(")")[2].split()[0]
    return ""


def _is_gone(pid: int) -> bool:
    """True if there is no such process any more; its lock is free then."""
    if not pid or sys.platform == "win32":  # where signal 0 would end it
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return _state_of(pid) in ("Z", "X")


def _file_beside(where: Location) -> Path:
    return Path(f"{where.path}.lock")


def _named_in(file: Path) -> str:
    with suppress(OSError), file.open("rb") as opened:
        return one_line(opened.read(100).decode("utf-8", "replace"), 80)
    return ""


class FileWriterLock:
    """The lock of a file: `flock` on a file beside it, which is never removed.

    Removing it would let two processes hold two files of one name.
    """

    def __init__(self, where: Location) -> None:
        self._file = _file_beside(where)
        _look_at_lock(self._file)
        self._lock = FileLock(self._file, timeout=0, mode=0o600, thread_local=False)
        self.last_beat: datetime | None = None
        with suppress(OSError):  # before it is locked: some versions of filelock then empty it
            if _named_in(self._file):
                self.last_beat = datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
        try:
            self._lock.acquire()
        except Timeout:
            if not os.path.lexists(
                self._file
            ):  # filelock takes /proc, say, for a lock that is held
                raise StorageError(
                    f"no file can be made in {one_line(self._file.parent)}; "
                    "use another file with --db"
                ) from None
            raise already_open(_named_in(self._file)) from None
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or "no file locks"
            if getattr(error, "errno", 0) == errno.ENOSPC:
                reason = no_room(self._file.parent) or reason
            what = self._file if os.path.lexists(self._file) else self._file.parent
            raise StorageError(
                f"{one_line(what)} cannot be written to ({one_line(reason)}); "
                "make it writable, or choose another file"
            ) from error
        with suppress(OSError):  # only words in messages hang on it
            self._file.write_text(me(), "utf-8")

    def beat(self) -> None:
        """The time of the file is now."""
        with suppress(OSError):
            os.utime(self._file)

    def renew(self) -> None:
        """Held as before: the system frees it only with the process."""

    def release(self) -> None:
        """The lock is free; its file stays, and names nobody."""
        if self._lock.is_locked:
            with suppress(OSError):
                os.truncate(self._file, 0)
        self._lock.release()


def _look_at_lock(file: Path) -> None:
    """StorageError if something else has the lock's name: it would be written over, or hang us."""
    try:
        found = os.lstat(file)
    except OSError:
        return
    what = _STRANGE.get(stat.S_IFMT(found.st_mode), "no regular file")
    if stat.S_ISREG(found.st_mode):
        if found.st_size <= _LONGEST_NAME:
            return
        what = "a file of something else"
    raise StorageError(
        f"{one_line(file)}, by which one process knows of another, is {what}; "
        "move it away, or choose another file"
    )


class ServerWriterLock:
    """An advisory lock on a connection of its own; the server frees it with that connection."""

    last_beat: datetime | None = None

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self.renew()

    def beat(self) -> None:
        """Nothing to do: there is no place for it that costs no commit."""

    def renew(self) -> None:
        """The lock is held, on a new connection if the old one is gone, or AlreadyOpenError."""
        with suppress(SQLAlchemyError):
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return
        self.release()
        self._connection = self._engine.connect()
        try:
            until = time.monotonic() + _MOMENT
            while not self._connection.scalar(_TAKE, {"key": _KEY}):
                if time.monotonic() > until:
                    raise already_open(_holder(self._connection))
                time.sleep(0.05)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """The lock is free and its connection closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # a connection in a pool would go on holding the lock
            connection.close()
        self._engine.dispose()


WriterLock = FileWriterLock | ServerWriterLock
"""Held: nobody else opens the database for writing. To release it twice does no harm."""
