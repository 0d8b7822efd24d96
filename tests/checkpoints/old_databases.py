"""Databases of earlier versions, and the content of any database."""

from __future__ import annotations

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.checkpoints.records import Loaded
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.helpers import execute
from tests.checkpoints.server import Server
from tests.helpers import pi as pi_by_mpmath

DATA = Path(__file__).parent.parent / "data"
KIND = SpigotKind()
NAMES = ("finished", "unfinished", "several", "parts", "damaged")


def old(name: str, path: str, schema: int = 1) -> None:
    """Write an old database to `path`: of version 1.0 for schema 1, of 1.1 for schema 2."""
    packed = DATA / f"schema-{schema}-{name}.sqlite3.xz"
    Path(path).write_bytes(lzma.decompress(packed.read_bytes()))


def content(path: str | Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def finish(store: CheckpointStore, digits: int) -> Loaded:
    """Resume or begin the run of so many digits, finish and check it; return what was loaded."""
    run = store.open_run(KIND.task(digits))
    loaded = store.load(run)
    assert loaded.machine is not None
    loaded.machine.finalize()
    store.complete(run, loaded.machine, 1.0, verified=False)
    assert store.load(run).output == pi_by_mpmath(digits)
    return loaded


TABLES = {
    1: ("pi_run", "pi_checkpoint", "pi_checkpoint_part", "pi_digits"),
    2: ("pi_meta", "pi_run", "pi_checkpoint", "pi_piece", "pi_output"),
}


def old_server(server: Server, url: str, name: str, folder: Path, schema: int = 1) -> None:
    """Create an old database on the server: tables of `schema`, rows of the old file `name`."""
    psycopg = pytest.importorskip("psycopg")
    old(name, str(folder / "old.db"), schema)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((DATA / f"schema-{schema}.postgresql.sql").read_text())
        for table in TABLES[schema]:
            rows = execute(str(folder / "old.db"), f"SELECT * FROM {table}")
            marks = ", ".join(["%s"] * len(rows[0])) if rows else ""
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        last = "(SELECT max(id) FROM pi_run)"
        connection.execute(f"SELECT setval(pg_get_serial_sequence('pi_run', 'id'), {last})")
