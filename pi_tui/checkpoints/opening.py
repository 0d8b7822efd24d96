"""The way to a database: what is refused before anything is written, then the lock, then tables."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pi_tui.checkpoints.engine import connect, keep_a_rollback_journal
from pi_tui.checkpoints.family import refuse_names_beside
from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.location import Location, look_at_folder
from pi_tui.checkpoints.lock import FileWriterLock, ServerWriterLock, WriterLock, me
from pi_tui.checkpoints.migration import migrate
from pi_tui.checkpoints.models import SCHEMA
from pi_tui.checkpoints.schema import create, not_ours, older, version_of
from pi_tui.checkpoints.silence import IsLeaving
from pi_tui.checkpoints.trouble import damaged
from pi_tui.errors import NothingSavedError, NotOursError

_SMALLEST = 512
"""Bytes in the smallest page, and so in the smallest database."""


def open_database(
    where: Location, write: bool, is_leaving: IsLeaving
) -> tuple[Engine, WriterLock | None]:
    """A database of ours, checked and with tables; locked if it is to be written.

    Without `write` nothing is made, and a database that is not there yet is a StorageError.
    """
    there = where.path is None or _look(where, where.path, write)
    if where.path is not None and there:
        _probe(where)
    elif not there and not write:
        raise _nothing_yet(where)
    with ExitStack() as undo:
        lock = _lock(where, is_leaving) if write else None
        if lock is not None:
            undo.callback(lock.release)
        if where.path is not None and not there:
            _make_empty_file(where.path)
        engine = connect(where, "write" if write else "read", _application(), is_leaving)
        undo.callback(engine.dispose)
        _prepare(engine, where, write)
        undo.pop_all()
    return engine, lock


def _lock(where: Location, is_leaving: IsLeaving) -> WriterLock:
    if where.path is not None:
        return FileWriterLock(where)
    return ServerWriterLock(connect(where, "lock", _application(), is_leaving))


def _prepare(engine: Engine, where: Location, write: bool) -> None:
    with engine.begin() as connection:
        version = version_of(connection, where)
        if version == 0:
            if not write:
                raise _nothing_yet(where)
            create(connection, where)
        elif version < SCHEMA and not write:
            raise older(where)
    if write and where.path is not None:
        with engine.connect() as connection:  # writing to a broken tree could do more harm
            # Not quick_check: that is no faster here, and passes over an index that lost our run.
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            if found != "ok":
                raise damaged(where, one_line(found.splitlines()[-1]))
        keep_a_rollback_journal(engine)
    if 0 < version < SCHEMA:
        migrate(engine, where)


def _look(where: Location, path: Path, write: bool) -> bool:
    """True if there is a file at `path`, False if there could be one."""
    refuse_names_beside(path)
    try:
        found = os.stat(path)
    except FileNotFoundError:
        if write:
            look_at_folder(path)
        return False
    if stat.S_ISDIR(found.st_mode):
        raise NotOursError(
            f"{one_line(path)} is a folder; name a file in it, "
            f"like {one_line(path / 'checkpoints.sqlite3')}"
        )
    if not stat.S_ISREG(found.st_mode):
        raise NotOursError(f"{one_line(path)} is no regular file; choose another with --db")
    if 0 < found.st_size < _SMALLEST and not Path(f"{path}-journal").exists():
        raise not_ours(where)  # SQLite takes a file this short for empty, and would overwrite it
    return True


def _probe(where: Location) -> None:
    """Refuse what is not ours, on a connection that cannot even finish a rollback."""
    engine = connect(where, "probe", "")
    try:
        with engine.begin() as connection:
            version_of(connection, where)
    except DBAPIError as error:
        name = getattr(error.orig, "sqlite_errorname", "")
        if name == "SQLITE_NOTADB":
            raise not_ours(where) from error
        if not name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
            raise
        # A killed writer left a rollback to finish: the next connection does it, and looks again.
    finally:
        with suppress(SQLAlchemyError):
            engine.dispose()


def _make_empty_file(path: Path) -> None:
    """A new file that only its owner can read; SQLite gives its journal the same rights."""
    with suppress(FileExistsError):  # no connection can be open on a file that is just made
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _nothing_yet(where: Location) -> NothingSavedError:
    return NothingSavedError(f"nothing is saved at {where.display} yet")


def _application() -> str:
    return me()
