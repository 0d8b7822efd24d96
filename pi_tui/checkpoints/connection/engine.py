"""Connections to SQLite and PostgreSQL, set up so that a commit means *on disk*.

SQLite uses a rollback journal that is deleted on commit, and `synchronous=EXTRA`: of the modes
tried against simulated power cuts, this one is both safe and fast for large states. Never open the
file directly once a connection may exist: closing that descriptor would drop SQLite's locks.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, cast
from urllib.parse import quote

# The dialect is imported here, not by the first connection: ctrl+c raises an exception by then,
# and Python prints one that comes while an import closes its file as ignored, and loses it.
import sqlalchemy.dialects.sqlite  # noqa: F401
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import ArgumentError, DBAPIError

from pi_tui.checkpoints.connection.answer_timeout import IsLeaving, set_answer_timeout
from pi_tui.checkpoints.locking.process import me
from pi_tui.errors import StorageError, UsageError
from pi_tui.files.location import Location

_T = TypeVar("_T")
BUSY_SECONDS = 5
LONGEST_VALUE = 8 * 2**20
"""Maximum bytes of a value; SQLite refuses longer ones, whatever a file claims."""
_WORTH_IT, _QUICK = 2**20, 2**25
"""`shrink` needs at least so many bytes in free pages, and at most so many in use."""
Mode = Literal["probe", "read", "write", "lock"]
"""What a connection may do.

`probe` changes nothing. `read` changes no data, but lets SQLite roll back what a kill left.
`write` is for the one writer. `lock` is for its advisory locks on a server, in autocommit.
"""
_PRAGMAS = (
    "PRAGMA trusted_schema=OFF",  # a stranger's file may hold functions in its schema
    "PRAGMA cell_size_check=ON",
    "PRAGMA foreign_keys=ON",
)
_MODE_PRAGMAS: dict[Mode, tuple[str, ...]] = {
    "probe": (),
    "read": ("PRAGMA query_only=ON",),
    "write": (
        "PRAGMA synchronous=EXTRA",  # FULL may take back the last commit after a power cut
        "PRAGMA fullfsync=ON",  # macOS: fsync alone stops at the drive's cache
        "PRAGMA secure_delete=OFF",  # Debian's default overwrites freed pages: twice the writing
    ),
}
_ISOLATION: dict[Mode, IsolationLevel] = {
    "read": "REPEATABLE READ",  # several queries of a reader must see one snapshot
    "write": "READ COMMITTED",
    "lock": "AUTOCOMMIT",
}


def connect(where: Location, mode: Mode, is_leaving: IsLeaving = lambda: False) -> Engine:
    """Return an engine for `where`; it connects at its first use.

    The engine has a pool of one connection, and its errors show no values. While `is_leaving()` is
    true, a server gets less time to answer, and a reader waits BUSY_SECONDS at most for commits of
    others to a file. Raises UsageError for a server's URL that cannot be read, or if the driver
    psycopg cannot be imported.
    """
    if not where.url:
        return _sqlite(where, mode, is_leaving)
    engine = _postgres(where.url, mode)
    set_answer_timeout(engine, is_leaving)
    return engine


def make_empty_file(path: Path) -> None:
    """Create an empty file that only its owner can read; SQLite gives the journal that mode too.

    Raises FileExistsError if `path` exists. Closing the descriptor is safe: no connection can be
    open on a new file.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _sqlite(where: Location, mode: Mode, is_leaving: IsLeaving) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _open_sqlite(os.fsencode(where.path or ""), mode),
        poolclass=QueuePool,
        pool_size=1,  # a second connection of our own would lock us out
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # sqlite3 opens no transaction for SELECT and DDL; a late upgrade of a read lock may fail.
        if mode == "write":
            os.stat(where.path or "")  # fails if it was moved: our connection would not notice
            begin = partial(connection.exec_driver_sql, "BEGIN IMMEDIATE")
            while_others_commit(where.path, begin)
        else:
            connection.exec_driver_sql("BEGIN")  # takes no lock yet
            look = partial(connection.exec_driver_sql, "SELECT 1 FROM sqlite_master LIMIT 1")
            while_others_commit(where.path, look, is_leaving)

    return engine


def while_others_commit(
    path: Path | None, attempt: Callable[[], _T], is_leaving: IsLeaving = lambda: False
) -> _T:
    """Return what the function `attempt` returns; retry as long as other processes keep committing.

    SQLite retries in growing pauses and gives up after BUSY_SECONDS. With many writers, one may
    lose every race for that long, and a checkpoint of several GB takes longer. So the error that
    the database is busy is raised only if no process wrote in that time, or if `is_leaving()`. Any
    other error is raised at once.
    """
    while True:
        before = _last_written(path)
        try:
            return attempt()
        except (DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            busy = getattr(cause, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not busy or is_leaving() or _last_written(path) == before:
                raise


def _last_written(path: Path | None) -> tuple[int, int] | None:
    with suppress(OSError):
        found = os.stat(path or "")  # never open: closing it would drop SQLite's locks
        return found.st_mtime_ns, found.st_ino
    return None


def _open_sqlite(path: bytes, mode: Mode) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode={'ro' if mode == 'probe' else 'rw'}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,  # we begin transactions ourselves: see `on_begin`
        check_same_thread=False,  # made by one thread, maybe closed by another; never used by two
    )
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for pragma in (*_PRAGMAS, *_MODE_PRAGMAS[mode]):
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection


def outside_transactions(
    engine: Engine, statement: str, *values: str | bytes
) -> tuple[Any, ...] | None:
    """Run an SQLite statement outside of any transaction; return its first row, if any."""
    with closing(engine.raw_connection()) as connection:
        driver = cast(sqlite3.Connection, connection.driver_connection)
        row: tuple[Any, ...] | None = driver.execute(statement, values).fetchone()
        return row


def keep_a_rollback_journal(engine: Engine) -> None:
    """Set the journal mode DELETE, which durability relies on. Only for files known to be ours.

    Raises StorageError if the mode cannot be changed.
    """
    (mode,) = outside_transactions(engine, "PRAGMA journal_mode=DELETE") or ("unknown",)
    if mode != "delete":
        raise StorageError(f"the journal mode is {mode!r} and cannot be changed to 'delete'")


def shrink(engine: Engine) -> None:
    """Return free pages of an SQLite file to the disk, if that is quick and worth it.

    Do nothing unless at least half of the pages, and 1 MiB, are free, and 32 MiB or less are in
    use. The pages in use are rewritten, in 5 to 20 ms for each MiB. Meanwhile no other process
    can read or write. A kill in the middle leaves the file as it was, by a rollback. Raises
    sqlite3.OperationalError, and changes nothing, if another process is using the file.
    """
    with closing(engine.raw_connection()) as connection:
        driver = cast(sqlite3.Connection, connection.driver_connection)
        size, pages, free = (
            driver.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_size", "page_count", "freelist_count")
        )
        if 2 * free < pages or size * free < _WORTH_IT or size * (pages - free) > _QUICK:
            return
        driver.execute("PRAGMA busy_timeout=250")  # if others use the file, leave it as it is
        try:
            driver.execute("VACUUM")
        finally:
            driver.execute(f"PRAGMA busy_timeout={int(1000 * BUSY_SECONDS)}")


def _postgres(url: str, mode: Mode) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_size=1,
            max_overflow=0,
            pool_timeout=BUSY_SECONDS,
            hide_parameters=True,
            isolation_level=_ISOLATION[mode],
            execution_options={"postgresql_readonly": True} if mode == "read" else {},
            # A pooler may run every transaction in another session of the server. So we keep no
            # state in a session: no prepared statements, no setting beyond a transaction.
            connect_args={
                "prepare_threshold": None,
                "connect_timeout": BUSY_SECONDS,
                "client_encoding": "utf8",  # in SQL_ASCII the driver gives bytes for text
                "keepalives_idle": 15,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 15_000,  # ms; time-out for a server that vanished
                "application_name": me(),
            },
        )
    except ImportError as error:  # psycopg, or the libpq it needs
        raise UsageError(
            "PostgreSQL needs the driver psycopg: pip install 'psycopg[binary]'"
        ) from error
    except (ArgumentError, ValueError) as error:  # their text may hold the password
        raise UsageError(
            "this PostgreSQL URL cannot be read; write it as "
            "postgresql+psycopg://USER@HOST:PORT/DATABASE"
        ) from error

    if mode == "write":
        event.listen(engine, "begin", _make_durable)
    return engine


def _make_durable(connection: Connection) -> None:
    connection.exec_driver_sql(
        "SELECT set_config('synchronous_commit', 'on', true), "
        f"set_config('lock_timeout', '{BUSY_SECONDS}s', true)"
    )
