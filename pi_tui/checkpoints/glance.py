"""A first look at the saved digits, before SQLAlchemy is loaded: for a fast first frame.

The store is the authority; this only reads what it wrote, with the same chain of hashes, through
a connection that can create and change nothing.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from typing import NamedTuple
from urllib.parse import quote

from pi_tui.checkpoints.location import parse_location
from pi_tui.errors import UsageError

_APPLICATION_ID = 0x70692D74  # as in models.py, which would import SQLAlchemy
_SCHEMA = 1
_RUN = (
    "SELECT id, digits, committed FROM pi_run WHERE digits = coalesce(?, digits) "
    "ORDER BY status = 'complete', touched DESC LIMIT 1"
)
_ROWS = "SELECT start, data, chain FROM pi_digits WHERE run_id = ? ORDER BY start"


class Glance(NamedTuple):
    """Saved digits, each of them proven."""

    digits: int
    """Digits asked for."""
    committed: int
    text: bytes
    """The committed digits, ASCII."""


def glance(location: str, digits: int | None) -> Glance | None:
    """What is saved of the run of `digits`, or else of the one last worked on; or None.

    None on anything unusual: no
    such file or run, a server, damage, a commit under way.
    """
    try:
        path = parse_location(location).path
        if path is None:
            return None
        uri = f"file:{quote(os.fsencode(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=0.05)) as connection:
            return _read(connection, digits)
    except (sqlite3.Error, OSError, ValueError, TypeError, MemoryError, UsageError):
        return None


def _read(connection: sqlite3.Connection, digits: int | None) -> Glance | None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 8 * 2**20)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("BEGIN")  # one moment for all queries
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    run = connection.execute(_RUN, (digits,)).fetchone()
    if application != _APPLICATION_ID or schema != _SCHEMA or run is None:
        return None
    run_id, asked, committed = run
    text, chain = bytearray(), bytes(32)
    for start, data, link in connection.execute(_ROWS, (run_id,)):
        chain = hashlib.sha256(chain + data).digest()
        if start != len(text) or chain != link or not data.isdigit():
            return None
        text += data
    if not len(text) == committed <= asked or digits not in (None, asked):
        return None
    return Glance(asked, committed, bytes(text))
