"""One writer per run: locks that the operating system, or the server, frees with the process.

A run has a lock of its own, so several processes compute different runs of one database. The
database has one too. All writers share it; only one that changes the tables takes it alone, and so
did every writer of version 1.1, which therefore never writes beside us.

A lock makes the second writer stop with a clear message. What keeps the data right if a lock fails,
or if there are none, is the fence in every commit (database.py).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from pi_tui.checkpoints.locking.file_lock import FileLock, NoLocksError, is_locked, mark_in
from pi_tui.checkpoints.locking.owner import (
    WITHOUT_LOCKS,
    already_open,
    computes_unlocked,
    refuse_living,
)
from pi_tui.checkpoints.locking.process import is_unlocked, my_mark, words_of
from pi_tui.checkpoints.locking.server_lock import ServerLocks, holder_of_run
from pi_tui.files.location import Location


def writer_of(where: Location, engine: Engine, run_id: int, owner: str) -> str:
    """Return who computes a run, in words; "" if nobody does. Takes no lock.

    Whether the lock is held decides; the owner in the run's row only gives the name, and speaks
    for a process that could take no lock.
    """
    if where.path is None:
        with engine.connect() as connection:
            holder = holder_of_run(connection, run_id)
    else:
        file = _file_of_run(where, run_id)
        holder = (words_of(mark_in(file)) or "another process") if is_locked(file) else ""
    return holder or (words_of(owner) if computes_unlocked(owner) else "")


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
            self.note = f"there are no file locks at {where.display}; {WITHOUT_LOCKS}"
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
                refuse_living(what, owner)
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


WriterLocks = FileLocks | ServerLocks
"""Held: no writer of another version opens the database, and no one else the runs claimed."""
