"""One writer per database: a lock that the operating system, or the server, frees with the process.

It makes the second writer stop with a clear message. What keeps the data right if a lock ever
fails is the fence in every commit (fence.py).
"""

from __future__ import annotations

import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.location import Location
from pi_tui.errors import AlreadyOpenError, StorageError

_KEY = 0x70692D747569
"""Our advisory lock in a PostgreSQL database."""
_MOMENT = 2.0
"""Seconds in which a server notices that the client that held the lock was killed."""
_LONGEST_NAME = 200
"""Bytes at most in a lock of ours: a pid and the name of a machine."""
_STRANGE = {stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link"}
_HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
    "AND (l.classid::bigint << 32) + l.objid::bigint = :key"
)


class WriterLock(Protocol):
    """Held: nobody else opens the database for writing."""

    def renew(self) -> None:
        """The lock is held again, if it was lost with a connection. Raises AlreadyOpenError."""

    def release(self) -> None:
        """The lock is free. Idempotent."""


def me() -> str:
    """This process, as another one should name it."""
    return f"pid {os.getpid()} on {_host()}"


def _host() -> str:
    return one_line(socket.gethostname(), 30)


def already_open(holder: str) -> AlreadyOpenError:
    """The error for a database that `holder` is writing to."""
    who = f" ({holder})" if holder else ""
    first = "quit that one first"
    if pid := _stopped(holder):
        who = f" ({holder}, which is stopped)"
        first = f"`fg` where it was stopped or `kill -CONT {pid}` wakes it, then quit it"
    return AlreadyOpenError(
        f"already open{who or ' elsewhere'}; {first}, or use another file with --db"
    )


def _stopped(holder: str) -> int:
    """The pid of the holder if it is a stopped process of this machine, or 0."""
    words = holder.split()
    if len(words) != 4 or holder != f"pid {words[1]} on {_host()}" or not words[1].isdecimal():
        return 0
    with suppress(OSError, IndexError, ValueError):  # only Linux tells
        told = Path(f"/proc/{int(words[1])}/stat").read_text("ascii", "replace")
        if told.rpartition(")")[2].split()[0] in ("T", "t"):
            return int(words[1])
    return 0


class FileWriterLock:
    """The lock of a file: `flock` on a file beside it, which is never removed.

    Removing it would let two processes hold two files of one name.
    """

    def __init__(self, where: Location) -> None:
        self._file = Path(f"{where.path}.lock")
        _look_at_lock(self._file)
        self._lock = FileLock(self._file, timeout=0, mode=0o600, thread_local=False)
        try:
            self._lock.acquire()
        except Timeout:
            raise already_open(self._holder()) from None
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or "no file locks"
            what = self._file if os.path.lexists(self._file) else self._file.parent
            raise StorageError(
                f"{one_line(what)} cannot be written to ({one_line(reason)}); "
                "make it writable, or use another file with --db"
            ) from error
        with suppress(OSError):  # only the name in another's message hangs on it
            self._file.write_text(me(), "utf-8")

    def renew(self) -> None:
        """Nothing to do: the system frees it only with the process."""

    def release(self) -> None:
        """The lock is free, its file stays."""
        self._lock.release()

    def _holder(self) -> str:
        with suppress(OSError), self._file.open("rb") as file:
            return one_line(file.read(100).decode("utf-8", "replace"), 80)
        return ""


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
        f"{one_line(file)}, by which one pi-tui knows of another, is {what}; "
        "move it away, or use another file with --db"
    )


class ServerWriterLock:
    """An advisory lock on a connection of its own; the server frees it with that connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self.renew()

    def renew(self) -> None:
        """The lock is held, on a new connection if the old one is gone."""
        if self._connection is not None and self._alive(self._connection):
            return
        self.release()
        connection = self._engine.connect()
        try:
            if not _acquired(connection):
                raise already_open(one_line(connection.scalar(_HOLDER, {"key": _KEY}) or "", 80))
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        self._connection = connection

    def release(self) -> None:
        """The lock is free and its connection closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # a connection in a pool would go on holding the lock
            connection.close()
        self._engine.dispose()

    @staticmethod
    def _alive(connection: Connection) -> bool:
        try:
            connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True


def _acquired(connection: Connection) -> bool:
    """True once the lock is ours; False if its holder still has it after a moment."""
    until = time.monotonic() + _MOMENT
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
