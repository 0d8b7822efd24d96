"""Translate database errors into ours, with a message that says what the user can do."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pi_tui.checkpoints.connection.answer_timeout import NoAnswerError
from pi_tui.errors import DamagedError, GoneError, Hint, PiTuiError, StorageError
from pi_tui.files.location import Location, no_room
from pi_tui.words import one_line, size

FAILURES = (SQLAlchemyError, sqlite3.Error, OSError, MemoryError, UnicodeDecodeError)
"""Everything a transaction can raise; not all of it is wrapped by SQLAlchemy."""
_UNREACHABLE = ("08", "57P")
"""SQLSTATE prefixes for: no connection, or a server shutting down."""
_NOT_BEGUN = "connection is bad: "
"""Prefix of psycopg's message if it did not try to connect."""
_NOT_OUR_TABLES = ("42703", "42P01", "22021")
"""SQLSTATEs for: no such column, no such table, bytes that are not valid text."""


def request_to_leave(
    error: BaseException, before: BaseException | None
) -> SystemExit | KeyboardInterrupt | None:
    """Return the exception of a signal that this failure hides; None if it hides none.

    If such an exception comes in the middle of a transaction, the rollback after it may fail too.
    `before` is the exception that was handled when the transaction began: it is not hidden.
    """
    cause: BaseException | None = error
    while cause is not None and cause is not before:
        if isinstance(cause, SystemExit | KeyboardInterrupt):
            return cause
        cause = cause.__context__
    return None


def in_our_words(
    error: Exception, where: Location, needed: Callable[[], int] = lambda: 0
) -> PiTuiError:
    """Return the PiTuiError for `error`, with a message that says what the user can do.

    `needed` is a function that counts the bytes to be written. It is called only if the disk may
    be full, because counting takes time.
    """
    if isinstance(error, MemoryError):
        return StorageError("not enough memory to save or load; what was saved before is untouched")
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _full(where, needed())
        if isinstance(error, FileNotFoundError) and _is_gone(where):
            return gone(where)
        text = one_line(error.strerror or type(error).__name__)
        return StorageError(f"{where.display} cannot be used: {text}; look at its folder")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, OSError | MemoryError):
        return in_our_words(cause, where, needed)
    if where.path is None:
        return _of_postgres(cause or error, where)
    return _of_sqlite(getattr(cause, "sqlite_errorname", ""), cause or error, where, needed)


def _of_sqlite(
    name: str, cause: BaseException, where: Location, needed: Callable[[], int]
) -> PiTuiError:
    path = where.display
    if where.path is not None and not where.path.parent.is_dir():
        return GoneError(f"the folder of {path} was moved or deleted; put it back there")
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _free(where) < needed()):
        return _full(where, needed())
    if name.startswith("SQLITE_IOERR"):
        return StorageError(
            f"the disk fails at {path} ({name}, {size(_free(where))} free); "
            "look at the disk, the quota and the limit on file sizes"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageError(f"another program is using {path}; close it there")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        what = _read_only_part(where)
        return StorageError(f"{what} is read-only; make it writable, or {Hint.OTHER_FILE}")
    if name.startswith("SQLITE_CANTOPEN"):
        if where.path is not None and no_room(where.path.parent):
            return _full(where, 0)
        if _is_gone(where):  # asked after that: a copy that had no room is not there either
            return gone(where)
        return StorageError(
            f"{path} cannot be opened; look at the rights on it and on its folder, at the length "
            "of its name, and at the number of open files (`ulimit -n`)"
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_TOOBIG", "SQLITE_SCHEMA")):
        return damaged(where, one_line(cause))
    if name == "SQLITE_ERROR" or name.startswith("SQLITE_CONSTRAINT"):
        return damaged(where, one_line(cause))  # our statements are valid: the tables are not
    return StorageError(f"{path} cannot be used: {one_line(cause)}")


def _is_gone(where: Location) -> bool:
    """Return True if the folder of the database exists, and the file does not."""
    path = where.path
    return path is not None and path.parent.is_dir() and not os.path.lexists(path)


def gone(where: Location) -> GoneError:
    """Return the error for a database file that another program moved or deleted."""
    return GoneError(f"{where.display} was moved or deleted; put it back to go on saving")


def _read_only_part(where: Location) -> str:
    """Name what is read-only: the file, or its folder, in which SQLite makes a journal."""
    path = where.path
    if path is None or not os.access(path, os.W_OK) or os.access(path.parent, os.W_OK):
        return where.display
    return f"the folder of {where.display}"


def _of_postgres(cause: BaseException, where: Location) -> PiTuiError:
    state = getattr(cause, "sqlstate", None) or ""
    if state.startswith("53"):
        return StorageError(f"the server of {where.display} is out of space: {one_line(cause)}")
    if state == "42501":
        return no_rights(where, one_line(cause))
    if state == "25006":
        return StorageError(f"{where.display} cannot be written: {one_line(cause)}")
    if state.startswith("XX") or state in _NOT_OUR_TABLES:
        return damaged(where, one_line(cause))
    if "FATAL:" in (text := one_line(cause)):  # the server is up but rejected the login
        return StorageError(
            f"{where.display} cannot be used: {text.partition('FATAL:')[2].strip()}"
        )
    if not state and text.removeprefix(_NOT_BEGUN).startswith("invalid "):  # a part of the URL
        return StorageError(f"{where.display} cannot be used: {text}; look at its URL")
    if state.startswith(_UNREACHABLE) or not state:
        kind = NoAnswerError if type(cause).__name__ == "ConnectionTimeout" else StorageError
        return kind(f"{where.display} cannot be reached: {text}; is the server running?")
    return StorageError(f"{where.display} cannot be used: {one_line(cause)}")


def no_rights(where: Location, detail: str) -> StorageError:
    """Return the error for a server where this user lacks rights we need."""
    return StorageError(
        f"{where.display} cannot be used: {detail}; "
        "ask its owner for the rights to make tables there and to use them"
    )


def damaged(where: Location, detail: str) -> DamagedError:
    """Return the error for a database that is damaged as a whole."""
    return DamagedError(
        f"{where.display} is damaged ({detail}); it was left untouched: "
        f"restore a backup, or {Hint.OTHER_FILE}"
    )


def _full(where: Location, needed: int) -> StorageError:
    if where.path is not None and (reason := no_room(where.path.parent)):
        return StorageError(f"no file can be made beside {where.display}: {reason}")
    more = f", {size(needed)} to be written" if needed else ""
    return StorageError(f"disk full at {where.display} ({size(_free(where))} free{more})")


def _free(where: Location) -> int:
    with suppress(OSError):
        if where.path is not None:
            return shutil.disk_usage(where.path.parent).free
    return 0
