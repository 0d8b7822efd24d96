"""Open a database: refuse what is not ours before writing, take the lock, make the tables."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from pi_tui.checkpoints.connection.answer_timeout import IsLeaving
from pi_tui.checkpoints.connection.engine import (
    connect,
    keep_a_rollback_journal,
    make_empty_file,
    outside_transactions,
)
from pi_tui.checkpoints.connection.trouble import FAILURES, damaged, in_our_words, no_rights
from pi_tui.checkpoints.locking.file_lock import soon
from pi_tui.checkpoints.locking.lock import FileLocks, WriterLocks
from pi_tui.checkpoints.locking.owner import already_open
from pi_tui.checkpoints.locking.server_lock import MAKING, ServerLocks
from pi_tui.checkpoints.records import APPLICATION_ID, SCHEMA
from pi_tui.checkpoints.rows.models import META, TABLES, create, mark_file
from pi_tui.checkpoints.upgrade.migration import migrate, older_tables
from pi_tui.errors import Hint, NothingSavedError, NotOursError
from pi_tui.files.location import Location, look_at_folder, refuse_name, refuse_other_names
from pi_tui.words import one_line

_SMALLEST = 512
"""Bytes of the smallest SQLite page, and so of the smallest database."""
_MOMENT = 5.0
"""Seconds to wait for another process that changes the tables."""
_META = META.name
_EVER_SINCE = {_META, "pi_run", "pi_checkpoint"}
"""Tables of every schema."""
_MAY_CREATE = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")


def open_database(
    where: Location, write: bool, is_leaving: IsLeaving
) -> tuple[Engine, WriterLocks | None]:
    """Open and check a database; with `write`, also take the locks, create or migrate the tables.

    Returns the engine, and the locks or, without `write`, None. Without `write` nothing is created:
    a missing or empty database raises NothingSavedError, and older tables raise OlderError.
    """
    if where.path is not None:
        _look(where, where.path, write, is_leaving)
    locks: WriterLocks | None = None
    with ExitStack() as undo:
        if write and where.path is not None:
            locks = FileLocks(where)
            undo.callback(locks.release)
            if not os.path.lexists(where.path):
                undo.callback(_remove_what_is_empty, where.path)
            with _told(where), suppress(FileExistsError):
                make_empty_file(where.path)
        elif write:
            locks = ServerLocks(where, connect(where, "lock", is_leaving))
            undo.callback(locks.release)
        engine = connect(where, "write" if write else "read", is_leaving)
        undo.callback(engine.dispose)
        with _told(where):
            version = _prepare(engine, where, write)
            if version < SCHEMA and locks is not None:
                _update(engine, where, locks)
        undo.pop_all()
    return engine, locks


@contextmanager
def _told(where: Location) -> Iterator[None]:
    """Translate failures in the `with` body into our errors.

    The messages describe files and free space, so they are made before the caller cleans up.
    """
    try:
        yield
    except FAILURES as error:
        raise in_our_words(error, where) from error


def _remove_what_is_empty(path: Path) -> None:
    """Remove a new database that is still empty, because making its tables failed.

    Its lock file is removed too, while its lock is still held. A process that takes this lock later
    sees that the lock file has no name any more, and begins again with a new file. One that shares
    the lock already and has not made the tables yet fails, because the database is gone.
    """
    with suppress(OSError):
        if not path.exists() or path.stat().st_size == 0:
            path.unlink(missing_ok=True)
            Path(f"{path}.lock").unlink()


def _prepare(engine: Engine, where: Location, write: bool) -> int:
    """Check the tables, or create them in an empty database; return the schema version.

    Without `write`, raises NothingSavedError for an empty database and OlderError for older tables.
    With `write`, marks an SQLite file as ours if a dump left the marks out, and gives it a rollback
    journal; raises DamagedError if its structure is broken, StorageError if its journal cannot be
    changed. Raises other errors as `_version_of` does.
    """
    with engine.begin() as connection:
        if write and where.path is None:
            connection.execute(MAKING)
        version = _version_of(connection, where)
        if version == 0:
            if not write:
                raise _nothing_yet(where)
            create(connection, where)
            version = SCHEMA
        elif version < SCHEMA and not write:
            raise older_tables(where)
        elif write and where.path is not None:
            mark_file(connection, version)  # a dump leaves the marks out
    if write and where.path is not None:
        # Writing to a broken B-tree could do more harm. quick_check is no faster here, and misses
        # an index that lost our run. Not in a transaction, because ours lock others out.
        (found,) = outside_transactions(engine, "PRAGMA integrity_check(1)") or ("nothing",)
        if found != "ok":
            raise damaged(where, one_line(found.splitlines()[-1]))
        keep_a_rollback_journal(engine)
    return version


def _update(engine: Engine, where: Location, locks: WriterLocks) -> None:
    """Migrate older tables under an exclusive lock, or wait until another process has done so.

    Raises AlreadyOpenError if neither is possible for 5 s.
    """

    def try_it() -> bool:
        if locks.take_alone() and (version := _version(engine, where)) < SCHEMA:
            migrate(engine, where, version)
        return _version(engine, where) == SCHEMA and locks.share()

    if not soon(try_it, _MOMENT):  # no lock is held between two tries, so that one gets it
        raise already_open(where.display, "")


def _version(engine: Engine, where: Location) -> int:
    with engine.connect() as connection:
        return _version_of(connection, where)


def _look(where: Location, path: Path, write: bool, is_leaving: IsLeaving) -> None:
    """Check what is at `path`, before anything is written there.

    Raises NotOursError if something other than a database of ours or an empty one is there, and
    other errors as `_probe` does. Raises UsageError if `path` has the name of a file beside a
    database (a journal, say) or, with `write`, if the file has hard links. If nothing is there,
    raises NothingSavedError without `write`; with `write`, raises StorageError if the folder does
    not exist.
    """
    refuse_name(path)
    try:
        found = os.stat(path)
    except FileNotFoundError:
        if not write:
            raise _nothing_yet(where) from None
        look_at_folder(path)
        return
    if stat.S_ISDIR(found.st_mode):
        raise NotOursError(
            f"{one_line(path)} is a folder; name a file in it, "
            f"like {one_line(path / 'checkpoints.sqlite3')}"
        )
    if not stat.S_ISREG(found.st_mode):
        raise NotOursError(f"{one_line(path)} is not a regular file; {Hint.OTHER_FILE}")
    if 0 < found.st_size < _SMALLEST and not Path(f"{path}-journal").exists():
        raise _not_ours(where)  # SQLite treats a file this short as empty, and would overwrite it
    _probe(where, is_leaving)
    if write:
        refuse_other_names(path)


def _probe(where: Location, is_leaving: IsLeaving) -> None:
    """Check a database on a read-only connection. Raises NotOursError if it is not ours.

    Raises other errors as `_version_of` does. Accepts an empty database. Also accepts a file that
    this connection cannot open, as when a killed writer left a rollback: the next connection checks
    that file again.
    """
    engine = connect(where, "probe", is_leaving)
    try:
        _version(engine, where)
    except DBAPIError as error:
        name = getattr(error.orig, "sqlite_errorname", "")
        if name == "SQLITE_NOTADB":
            raise _not_ours(where) from error
        if not name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
            raise
        # A killed writer left a rollback to finish: the next connection does it, and checks again.
    finally:
        engine.dispose()


def _version_of(connection: Connection, where: Location) -> int:
    """Return the schema version of our tables; 0 for an empty database. Writes nothing.

    Raises NotOursError if another program or a newer version made the database, DamagedError if the
    schema version is missing, and StorageError if this user lacks the rights to use a server. In a
    database of the present schema, raises DamagedError if a table is missing, and DBAPIError if a
    column is. Raises DBAPIError too if a query fails: if a file is no database, or lacks the table
    that holds the version.
    """
    is_ours = _sqlite_is_ours if where.path else _postgres_is_ours
    if not is_ours(connection, where):
        return 0
    found = connection.scalar(text(f"SELECT value FROM {_META} WHERE key = 'schema_version'"))
    if not isinstance(found, str) or re.fullmatch("[1-9][0-9]{0,8}", found) is None:
        raise damaged(where, "no schema version")
    _refuse_newer(int(found), where)
    there = inspect(connection).get_table_names()
    for table in TABLES.sorted_tables if int(found) == SCHEMA else ():
        if table.name not in there:
            raise damaged(where, f"no table {table.name}")
        connection.execute(select(table).limit(0))  # fails without one of its columns
    return int(found)


def _sqlite_is_ours(connection: Connection, where: Location) -> bool:
    """Return True for a file of ours, False for an empty database, from the marks in its header.

    A database restored from an SQL dump has no marks, and is ours by its tables. Raises
    NotOursError for any other, for one of a newer version of this program, and if there are
    triggers, views or virtual tables.
    """
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    master = "SELECT 1 FROM sqlite_master"
    anything = connection.exec_driver_sql(f"{master} LIMIT 1").first()
    if (application, version) == (0, 0) and not anything:
        return False
    is_restored = application == 0 and {*inspect(connection).get_table_names()} >= _EVER_SINCE
    if application != APPLICATION_ID and not is_restored:
        raise _not_ours(where)
    _refuse_newer(version, where)
    no_table = "type NOT IN ('table', 'index') OR rootpage = 0"  # 0: a virtual one, run by a module
    if connection.exec_driver_sql(f"{master} WHERE {no_table} LIMIT 1").first():
        raise NotOursError(
            f"{where.display} holds triggers or views that this program did not make; it was left "
            f"untouched: remove them, or {Hint.OTHER_FILE}"
        )
    return True


def _postgres_is_ours(connection: Connection, where: Location) -> bool:
    there = set(TABLES.tables) & set(inspect(connection).get_table_names())
    if there and _META not in there:
        raise NotOursError(
            f"{where.display} has a table {min(there)} that this program did not make; "
            "choose another database or schema"
        )
    if not there and not connection.scalar(_MAY_CREATE):  # and may not even see existing tables
        raise no_rights(where, "no right to use a schema of it")
    return bool(there)


def _not_ours(where: Location) -> NotOursError:
    return NotOursError(
        f"{where.display} is not a database of checkpoints; it was not changed: {Hint.OTHER_FILE}"
    )


def _refuse_newer(version: int, where: Location) -> None:
    if version > SCHEMA:
        raise NotOursError(
            f"{where.display} is from a newer version of this program (schema {version}, this one "
            f"knows {SCHEMA}); upgrade it"
        )


def _nothing_yet(where: Location) -> NothingSavedError:
    return NothingSavedError(f"nothing is saved at {where.display} yet")
