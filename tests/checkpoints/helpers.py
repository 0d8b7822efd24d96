"""Runs in all stages, and another program's view of the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.spigot.spigot import Spigot

DIGITS, K, B = 600, 6, 16


def begin(store: CheckpointStore, digits: int = DIGITS) -> tuple[Run, Spigot]:
    """A new run and its spigot, nothing saved."""
    spigot = Spigot.new(digits, digits_per_step=K, boxes_per_block=B)
    return store.open_run(digits, K, B), spigot


def advance(spigot: Spigot, steps: int) -> Spigot:
    for _ in range(steps):
        spigot.step()
    return spigot


def save_some(store: CheckpointStore, times: int = 3, digits: int = DIGITS) -> tuple[Run, Spigot]:
    """A run with that many checkpoints, ten steps apart."""
    run, spigot = begin(store, digits)
    for _ in range(times):
        store.save(run, advance(spigot, 10).to_state(), 1.0)
    return run, spigot


def execute(path: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """As another program would: the store must be closed, or nothing be written."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def flip(path: str, table: str, column: str, where: str = "true") -> None:
    """The last bit of those blobs changes; no check of SQLite's own sees that."""
    for rowid, data in execute(path, f"SELECT rowid, {column} FROM {table} WHERE {where}"):
        changed = data[:-1] + bytes([data[-1] ^ 1])
        execute(path, f"UPDATE {table} SET {column} = ? WHERE rowid = ?", changed, rowid)
