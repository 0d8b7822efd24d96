"""Disable safety features on purpose, for controls that show that the tests would notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, event, select

from pi_tui.checkpoints import database, opening
from pi_tui.checkpoints.connection import engine
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.rows import output_rows
from pi_tui.checkpoints.rows.models import RUNS
from pi_tui.files.location import Location


def commit(words: tuple[str, ...]) -> None:
    """Change this process as each of the words says: a name of `_DEEDS`, or NAME=VALUE."""
    for word in words:
        name, _, value = word.partition("=")
        _DEEDS[name](value)


def _pragma(statement: str) -> None:
    engine._MODE_PRAGMAS["write"] += (f"PRAGMA {statement}",)


def _journal(mode: str) -> None:
    _pragma(f"journal_mode={mode}")
    setattr(opening, "keep_a_rollback_journal", lambda _: None)  # noqa: B010


def _synchronous(level: str) -> None:
    _pragma(f"synchronous={level}")


def _most_pages(pages: str) -> None:
    _pragma(f"max_page_count={pages}")


def _cache(pages: str) -> None:
    """Shrink the page cache: harmless, but pages reach the file long before the commit."""
    _pragma(f"cache_size={pages}")


def _busy(seconds: str) -> None:
    setattr(engine, "BUSY_SECONDS", float(seconds))  # noqa: B010


def _no_turns(_: str) -> None:
    """Give up after SQLite's own time-out, even while other processes write."""
    setattr(engine, "_last_written", lambda _: (0, 0))  # noqa: B010


def _no_lock(_: str) -> None:
    setattr(opening, "FileLocks", NoLocks)  # noqa: B010


def _no_fence(_: str) -> None:
    fence = database.Database._fence

    def unfenced(self: database.Database, connection: Connection, run: Run, _: int) -> Row[Any]:
        epoch = connection.execute(select(RUNS.c.epoch).where(RUNS.c.id == run.id)).scalar_one()
        return fence(self, connection, run, epoch)

    setattr(database.Database, "_fence", unfenced)  # noqa: B010


def no_checksum(_: str = "") -> None:
    setattr(output_rows, "_check", lambda row, offset, chain: None)  # noqa: B010


def _server_forgets(_: str) -> None:
    connect = engine.connect

    def forgetful(*arguments: Any) -> Any:
        made = connect(*arguments)
        event.listen(made, "begin", forget)
        return made

    def forget(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")

    setattr(opening, "connect", forgetful)  # noqa: B010


class NoLocks:
    """Locks that exclude no one."""

    note, last_beat = "", None

    def __init__(self, where: Location) -> None: ...
    def claim(self, run_id: int, what: str, owner: str) -> None: ...
    def renew(self) -> None: ...
    def release(self) -> None: ...


_DEEDS: dict[str, Callable[[str], None]] = {
    "journal": _journal,
    "synchronous": _synchronous,
    "most-pages": _most_pages,
    "cache": _cache,
    "busy": _busy,
    "no-turns": _no_turns,
    "no-lock": _no_lock,
    "no-fence": _no_fence,
    "no-checksum": no_checksum,
    "server-forgets": _server_forgets,
}
