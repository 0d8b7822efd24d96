"""One writer per run: locks that the kernel or the server frees when the process ends.

Every run has a lock, so several processes can compute different runs of one database. The database
has a lock too, which all writers share. A process that changes the tables takes it exclusively.
Writers of version 1.1 always did, so they never write beside us.

A lock stops the second writer with a clear message. If locks fail or do not exist, the fence in
every commit keeps the data right (database.py).
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from pi_tui.checkpoints.locking.file_lock import FileLock, NoLocksError, is_locked, mark_in, soon
from pi_tui.checkpoints.locking.owner import WITHOUT_LOCKS, already_open, refuse_living
from pi_tui.checkpoints.locking.process import (
    computes_unlocked,
    has_open_though_deleted,
    is_unlocked,
    my_mark,
    words_of,
)
from pi_tui.checkpoints.locking.server_lock import ServerLocks, holder_of_run
from pi_tui.files.location import Location

MIGRATING = 5.0
"""Seconds to wait for a process that brings the tables up to date, and so excludes all others."""

_LONGEST_NAME = 255
"""Bytes that a file system allows for the name of a file."""
_LOOKING = 0.3
"""Seconds that a process which only tests the lock may hold it."""


def writer_of(where: Location, engine: Engine, run_id: int, owner: str) -> str:
    """Describe the process that computes a run; "" if there is none. Keeps no lock.

    If the lock of the run is held, describe its holder. Otherwise look at `owner`, the mark (name
    and identity) of the run's last writer. That process counts if it may still run and could not
    take a lock. It also counts if the lock file that it has open was deleted.
    """
    if where.path is None:
        with engine.connect() as connection:
            holder = holder_of_run(connection, run_id)
        return holder or (words_of(owner) if computes_unlocked(owner) else "")
    file = _file_of_run(where, run_id)
    if is_locked(file):
        return words_of(mark_in(file)) or "another process"
    computes = computes_unlocked(owner) or has_open_though_deleted(owner, file)
    return words_of(owner) if computes else ""


def _file_of_database(where: Location) -> Path:
    return Path(f"{where.path}.lock")


def _file_of_run(where: Location, run_id: int) -> Path:
    """Return the path of the lock file of a run, beside the database.

    Its name is the database's name and `.run-ID.lock`. If that is too long for a file name, a
    digest stands for the database's name. A database's name may be that long because version 1.1
    made no such lock files.
    """
    assert where.path is not None
    name, end = where.path.name, f".run-{run_id}.lock"
    if len(os.fsencode(name + end)) > _LONGEST_NAME:
        name = f".{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}"
    return where.path.with_name(name + end)


class FileLocks:
    """The locks of an SQLite database: `flock` on files beside it.

    The constructor takes the lock of the database shared. It raises AlreadyOpenError if another
    process has that exclusively for MIGRATING seconds, StorageError if the file cannot be used.

    The lock file of a database is not removed while the database exists, because version 1.1
    expects that. The lock file of a run is removed at a clean end. If the file system has no locks,
    the attribute `note` is a text that warns of the consequences; else "".
    """

    def __init__(self, where: Location) -> None:
        self._where, self.note = where, ""
        self.last_beat: datetime | None = None
        """The last heartbeat of the previous writer of the run claimed last."""
        self._runs: dict[int, FileLock] = {}
        self._database = FileLock(_file_of_database(where))
        try:
            if not soon(partial(self._database.take, shared=True), MIGRATING):
                mark = mark_in(_file_of_database(where))
                self._database.release()
                raise already_open(where.display, mark)
        except NoLocksError:
            self.note = f"there are no file locks at {where.display}; {WITHOUT_LOCKS}"
        self._database.write("")  # a killed process of an earlier version may have left its name

    def take_alone(self) -> bool:
        """Take the database lock exclusively; return False if another writer has the database open.

        After False this object does not hold the database lock. Without file locks, return True:
        nothing keeps others out.
        """
        return bool(self.note) or self._database.take()

    def share(self) -> bool:
        """Take the database lock shared; return False if another process has it exclusively.

        Without file locks, return True.
        """
        return bool(self.note) or self._database.take(shared=True)

    def claim(self, run_id: int, what: str, owner: str) -> None:
        """Take the lock of a run, and set `last_beat`; do nothing if this object holds the lock.

        `what` names the run in messages; `owner` is the mark of its last writer. Raises
        AlreadyOpenError if another process or another object computes the run, StorageError if the
        lock file cannot be used.
        """
        if run_id in self._runs:
            return
        lock = FileLock(file := _file_of_run(self._where, run_id))
        self.last_beat = lock.last_beat()
        try:
            if not self.note and not soon(lock.take, _LOOKING):
                raise already_open(what, mark_in(file))
            if self.note or is_unlocked(owner):
                refuse_living(what, owner)
            if has_open_though_deleted(owner, file):
                raise already_open(what, owner)  # somebody deleted the file of its lock
        except BaseException:
            lock.release()
            raise
        lock.write(my_mark(unlocked=bool(self.note)))
        self._runs[run_id] = lock

    def let_go(self, run_id: int) -> None:
        """Free the lock of a run, and delete its file; do nothing if the run is not claimed."""
        if lock := self._runs.pop(run_id, None):
            lock.release(remove=True)

    def beat(self) -> None:
        """Set the modification time of the lock file of every claimed run, as a sign of life."""
        for lock in self._runs.values():
            lock.beat()

    def renew(self) -> None:
        """Do nothing: a file lock lasts as long as the process."""

    def release(self) -> None:
        """Free the locks of all claimed runs, and the lock of the database."""
        for run_id in tuple(self._runs):
            self.let_go(run_id)
        self._database.release()


WriterLocks = FileLocks | ServerLocks
"""The locks of a writer: on the database, shared with others, and on each of its runs."""
