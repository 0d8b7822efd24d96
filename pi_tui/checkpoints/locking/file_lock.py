"""File locks by `flock`: the kernel frees them when the process ends, also after SIGKILL."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakSet

from pi_tui.errors import Hint, StorageError
from pi_tui.files.location import no_room
from pi_tui.words import one_line

_LONGEST = 200
"""Maximum bytes of a lock file, which holds only the mark of a process."""
_NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)
"""Errors of file systems without locks, such as Lustre mounted without `flock`."""
_STRANGE = {stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link"}


class NoLocksError(Exception):
    """The file system has no locks."""


class FileLock:
    """A lock file, created if it is missing; `take` locks it.

    The constructor and `take` raise StorageError if the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._fd = path, -1
        refuse_strange(path)
        self._open()
        _ALL.add(self)

    def take(self, *, shared: bool = False) -> bool:
        """Take the lock, or convert a held one to shared or exclusive.

        Returns False if another process, or another FileLock of this one, prevents it; the lock is
        then not held, also if it was held before.
        Raises NoLocksError if the file system has no locks, OSError if locking fails otherwise.
        """
        while _flock(self._fd, shared):
            if self._has_its_name():
                return True
            self._close()  # removed by its last holder, so other processes would not find this file
            self._open()
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        return False

    def write(self, mark: str) -> None:
        """Write `mark`, a text that names the holder, into the lock file.

        A failure is ignored, because only messages need the mark.
        """
        with suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, mark.encode()[:_LONGEST], 0)

    def last_beat(self) -> datetime | None:
        """Return the time (UTC) of the last heartbeat of the holder whose mark is in the file.

        Once this process has the lock, that holder was killed. Returns None if the file is empty,
        because then no holder was killed, and if its time is impossible. Call this before `write`,
        which changes the time.
        """
        with suppress(OSError, OverflowError, ValueError):  # a time beyond the year 9999
            if (found := os.fstat(self._fd)).st_size:
                return datetime.fromtimestamp(found.st_mtime, UTC)
        return None

    def beat(self) -> None:
        """Record a heartbeat: set the modification time of the file."""
        with suppress(OSError):
            os.utime(self._fd)

    def release(self, *, remove: bool = False) -> None:
        """Free the lock for good; with `remove`, allowed to its holder only, delete the file too.

        A second call does nothing.
        """
        if remove and self._has_its_name():  # else another process made a new file there
            with suppress(OSError):
                self._path.unlink()
        self._close()

    def _open(self) -> None:
        # Do not wait or follow a link: the file may have been replaced since `refuse_strange`.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            self._fd = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise StorageError(self._cannot_open(error)) from error

    def _cannot_open(self, error: OSError) -> str:
        folder = self._path.parent
        if error.errno == errno.ENOENT:  # as in /proc
            return f"no file can be made in {one_line(folder)}; {Hint.OTHER_FILE}"
        reason = no_room(folder) if error.errno == errno.ENOSPC else ""
        what = self._path if os.path.lexists(self._path) else folder
        return (
            f"{one_line(what)} cannot be written to ({reason or one_line(error.strerror)}); "
            f"make it writable, or {Hint.OTHER_FILE}"
        )

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _has_its_name(self) -> bool:
        with suppress(OSError):  # also if it is closed already
            return os.path.samestat(os.fstat(self._fd), os.stat(self._path))
        return False


def soon(take: Callable[[], bool], seconds: float) -> bool:
    """Call the function `take` until it returns True, which means that a lock is taken.

    Returns False if it has not done so after `seconds`.
    """
    until = time.monotonic() + seconds
    while not take():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


_ALL: WeakSet[FileLock] = WeakSet()


def _close_in_child() -> None:
    """Close the lock files inherited by a fork, which would stay locked after the parent ends."""
    for lock in _ALL:
        lock._close()


os.register_at_fork(after_in_child=_close_in_child)


def is_locked(path: Path) -> bool:
    """Return True if a process has this file locked exclusively; False if that cannot be known.

    Takes the lock shared for a moment to find out, so that `take` may fail elsewhere.
    """
    with suppress(OSError, NoLocksError):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            return not _flock(fd, shared=True)
        finally:
            os.close(fd)
    return False


def mark_in(path: Path) -> str:
    """Return the mark that the holder wrote into the lock file, as text; "" if there is none."""
    with suppress(OSError), path.open("rb") as opened:
        return opened.read(_LONGEST).decode("utf-8", "replace")
    return ""


def _flock(fd: int, shared: bool) -> bool:
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise NoLocksError from error
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def refuse_strange(path: Path) -> None:
    """Raise StorageError if `path` exists and is too large for a lock file, or no regular file.

    A lock file is overwritten, so this protects files of other programs.
    """
    try:
        found = os.lstat(path)
    except OSError:
        return
    what = _STRANGE.get(stat.S_IFMT(found.st_mode), "not a regular file")
    if stat.S_ISREG(found.st_mode):
        if found.st_size <= _LONGEST:
            return
        what = "a file of another program"
    raise StorageError(
        f"{one_line(path)} should be a lock file, but is {what}; move it away, or {Hint.OTHER_FILE}"
    )
