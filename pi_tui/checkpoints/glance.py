"""Read saved output without SQLAlchemy, so that the first frame appears fast.

The store is the authority. This module only reads its rows, checks the same hash chain, and uses a
read-only connection.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import quote

from pi_tui.checkpoints.records import APPLICATION_ID, SCHEMA
from pi_tui.errors import UsageError
from pi_tui.files.location import parse_location
from pi_tui.machine import Kind, Task, Work

_RUN = (
    "SELECT goal, parameters, id, committed, status = 'complete', verified, elapsed_ms FROM pi_run "
    "WHERE kind = ? AND goal = coalesce(?, goal) ORDER BY status = 'complete', touched DESC"
)
_ROWS = "SELECT start, data, chain FROM pi_output WHERE run_id = ? ORDER BY start"

MOST = 16 * 10**6
"""Bytes read at most: a tenth of a second. The store reads the rest, with the screen shown."""
_NEWEST = "SELECT done, total FROM pi_checkpoint WHERE run_id = ? ORDER BY seq DESC LIMIT 1"


class Glance(NamedTuple):
    """The saved output of a run and its facts, every byte checked.

    Of long output only the beginning is read, and `complete` is then False.
    """

    goal: int
    committed: int
    output: bytes
    complete: bool = False
    verified: bool = False
    elapsed: float = 0.0
    """Seconds computed before the newest save."""
    share: float = 0.0
    """Share of the work done, 0 to 1, from the newest checkpoint; 0 if none is recorded."""


def glance(location: str, kind: Kind, task: Task | None) -> Glance | None:
    """Return the saved output of the task's run, or of the run last worked on if `task` is None.

    Any unfinished run then comes before a complete one. Long output is read only until there are
    MOST bytes of it. Returns None on anything unusual: no such file or run, a server, damage, a
    commit under way. Raises StorageError if `location` is relative to a deleted working folder.
    """
    try:
        path = parse_location(location).path
        if path is None or not path.is_file():  # opening a FIFO would wait for a writer
            return None
        uri = f"file:{quote(os.fsencode(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=0.05)) as connection:
            return _read(connection, kind, task)
    except (sqlite3.Error, OSError, ValueError, TypeError, MemoryError, RecursionError, UsageError):
        return None


def _read(connection: sqlite3.Connection, kind: Kind, task: Task | None) -> Glance | None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 8 * 2**20)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("BEGIN")  # so that all queries see one snapshot
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID or schema != SCHEMA:
        return None
    found = _find(connection, kind, task)
    if found is None:
        return None
    of, run_id, committed, complete, verified, elapsed_ms = found
    output, chain, length = BytesIO(), bytes(32), kind.length(of)
    for start, data, link in connection.execute(_ROWS, (run_id,)):
        chain = hashlib.sha256(chain + data).digest()
        if start != output.tell() or chain != link or not kind.accepts(data):
            return None
        output.write(data)
        if length is not None and output.tell() > length:
            return None
        if output.tell() >= MOST:
            break
    if (read := output.tell()) != committed and not MOST <= read < committed:
        return None
    complete = bool(complete) and length in (None, committed)
    seconds = elapsed_ms / 1000 if isinstance(elapsed_ms, int) else 0.0
    share = 1.0 if complete else _share(connection, run_id)
    complete = complete and read == committed
    verified = complete and verified == 1
    return Glance(of.goal, committed, output.getvalue(), complete, verified, seconds, share)


def _share(connection: sqlite3.Connection, run_id: int) -> float:
    row = connection.execute(_NEWEST, (run_id,)).fetchone()
    known = row is not None and all(isinstance(number, float) for number in row)
    return Work(*row).share or 0.0 if known else 0.0


def _find(connection: sqlite3.Connection, kind: Kind, task: Task | None) -> tuple[Any, ...] | None:
    """Return a run as (Task, id, committed, complete, verified, elapsed_ms); None if there is none.

    If `task` is None, choose the run last worked on, unfinished runs first. Otherwise choose the
    run of `task`.
    """
    wanted = task and (task.goal, task.identity(kind.tuning))
    for goal, parameters, *facts in connection.execute(_RUN, (kind.name, task and task.goal)):
        of = Task.of_text(goal, parameters)
        if task is None or (goal, of.identity(kind.tuning)) == wanted:
            return of, *facts
    return None
