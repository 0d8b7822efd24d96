"""Advisory locks of a PostgreSQL database: one that all writers share, and one per run."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from pi_tui.checkpoints.locking.file_lock import soon
from pi_tui.checkpoints.locking.owner import WITHOUT_LOCKS, already_open, refuse_living
from pi_tui.checkpoints.locking.process import is_unlocked, words_of
from pi_tui.files.location import Location
from pi_tui.words import one_line

_KEY = 0x70692D747569
"""Key of the lock on a whole database; its upper half differs from the keys of runs."""
_SPACE = 0x70692D74
"""First key of the locks of runs; the second is the id of the run."""
_NO_RUN = 0
"""Second key while tables or runs are made: no run has this id."""
_MOMENT = 2.0
"""Seconds in which a server notices that a client with a lock was killed."""
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
_SESSION = text(
    "SELECT pid, backend_start AS began, "
    # or the server may hold the locks of a computer that vanished for two hours
    "set_config('tcp_keepalives_idle', '15', false), "
    "set_config('tcp_keepalives_interval', '5', false), "
    "set_config('tcp_keepalives_count', '3', false) "
    "FROM pg_stat_activity WHERE pid = pg_backend_pid()"
)
_END_SESSION = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid = :pid AND backend_start = :began"
)
MAKING = text(f"SELECT pg_advisory_xact_lock({_SPACE}, {_NO_RUN})")
"""Statement that waits for other transactions that make tables or runs, and locks them out."""


class ServerLocks:
    """Advisory locks on a dedicated connection; the server frees them when the connection closes.

    Behind a pooler every statement may run in another session, so a lock would be lost at once or
    held for ever. Then no lock is taken, and `note` warns of the consequences.
    """

    last_beat: datetime | None = None

    def __init__(self, where: Location, engine: Engine) -> None:
        self._where, self._engine, self.note = where, engine, ""
        self._connection: Connection | None = None
        self._session: dict[str, Any] = {}
        """Server process and start time of our session; they name it also after it was lost."""
        self._runs: dict[int, str] = {}
        """Names of the claimed runs, for messages."""
        self.renew()

    def take_alone(self) -> bool:
        """Take the database lock exclusively; return False if another writer has the database open.

        The shared lock is freed first, so after False this process has no lock on the database.
        Behind a pooler, return True without a lock.
        """
        return self._exchange(_LET_GO_SHARED, _TAKE_ALONE)

    def share(self) -> bool:
        """Take the database lock shared; return False if another process has it exclusively.

        An exclusive lock of this process is freed first. Behind a pooler, return True without a
        lock.
        """
        return self._exchange(_LET_GO_ALONE, _SHARE)

    def _exchange(self, old: TextClause, new: TextClause) -> bool:
        if self._connection is None:
            return True
        self._connection.execute(old)
        return bool(self._connection.scalar(new))

    def claim(self, run_id: int, what: str, owner: str) -> None:
        """Take the lock of a run, unless it is held here; wait up to _MOMENT seconds for it.

        `what` names the run in messages, `owner` is the mark of its last writer. Raises
        AlreadyOpenError if another process computes the run. Behind a pooler, only look for such a
        process, and take no lock.
        """
        if run_id in self._runs:
            return
        if self._connection is None or is_unlocked(owner):
            refuse_living(what, owner)  # first: a lock taken for a refused run would stay
        if self._connection is not None:
            self._take(self._connection, run_id, what, owner)
        else:
            with self._engine.connect() as connection:
                holder = holder_of_run(connection, run_id)
            self._engine.dispose()
            if holder:
                raise already_open(what, _mark_of(holder, owner))
        self._runs[run_id] = what

    def _take(self, connection: Connection, run_id: int, what: str, owner: str = "") -> None:
        if not soon(lambda: bool(connection.scalar(_TAKE_RUN, {"run": run_id})), _MOMENT):
            raise already_open(what, _mark_of(holder_of_run(connection, run_id), owner))

    def let_go(self, run_id: int) -> None:
        """Free the lock of a run; do nothing if it is not held here."""
        if self._runs.pop(run_id, None) is not None and self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.execute(_LET_GO_OF_RUN, {"run": run_id})

    def beat(self) -> None:
        """Do nothing: on a server, a heartbeat would cost a commit."""

    def renew(self) -> None:
        """Connect and take the locks, unless a connection still holds them.

        These are the database lock, shared, and those of all claimed runs. Raises AlreadyOpenError
        if another process has one of them. Behind a pooler, take none and set `note`.
        """
        with suppress(SQLAlchemyError):
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return
        self._disconnect()
        connection = self._engine.connect()
        if _is_pooled(connection):
            connection.close()
            self._engine.dispose()
            self.note = f"{self._where.display} is behind a connection pooler; {WITHOUT_LOCKS}"
            return
        self._connection = connection
        try:
            if self._session:  # the server may not know yet that our connection was lost
                connection.execute(_END_SESSION, self._session)
            pid, began, *_ = connection.execute(_SESSION).one()
            self._session = {"pid": pid, "began": began}
            if not soon(lambda: bool(connection.scalar(_SHARE)), _MOMENT):
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
            connection.invalidate()  # or the pool would keep the connection with its locks
            connection.close()
        self._engine.dispose()


def _mark_of(holder: str, owner: str) -> str:
    """Return what to call the process that holds the lock of a run, in an error.

    The server knows only its readable name, `holder`. `owner` is the mark of a process in the run's
    row, which begins with its readable name and tells more. Return `owner` if it is a mark of the
    holder, else `holder`.
    """
    return owner if words_of(owner) == holder else holder


def _is_pooled(connection: Connection) -> bool:
    """Return True if a pooler is between us and the server.

    A pooler sends each client a backend pid of its own, which is not that of the server's session.
    """
    session = cast(Any, connection.connection.driver_connection).info.backend_pid
    return bool(connection.scalar(text("SELECT pg_backend_pid()")) != session)


def holder_of_run(connection: Connection, run_id: int) -> str:
    """Return the readable name of the holder of a run's lock; "" if it is free."""
    return one_line(connection.scalar(_HOLDER_OF_RUN, {"run": run_id}) or "", 80)
