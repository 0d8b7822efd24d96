"""Make runs in all stages, and change the database file as another program would."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pi_tui.checkpoints.loading import Trust
from pi_tui.checkpoints.records import Loaded, Run
from pi_tui.checkpoints.rows.state_rows import digest
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Machine
from tests.tiny import Walk, Walks

GOAL, STEPS = 27, 112
"""The number at which the walk (Collatz) starts, and the steps it takes to its end."""
HIGHEST = 80
"""Number of steps after which the walk from 27 has passed its highest number."""
M = TypeVar("M", bound=Machine)


def begin(store: CheckpointStore, goal: int = GOAL, bulk: int = 100) -> tuple[Run, Walk]:
    """Open a new run and make its machine; save nothing."""
    task = Walks().task(goal, bulk)
    return store.open_run(task), Walks().new(task)


def same_database_opened_again(store: CheckpointStore) -> CheckpointStore:
    """Return a second store on the same database, like that of another process."""
    other = copy(store)
    other._trusted = type(store._trusted)(Trust)
    return other


def advance(machine: M, steps: int) -> M:
    for _ in range(steps):
        machine.step()
    return machine


def save_some(
    store: CheckpointStore, times: int = 3, goal: int = GOAL, after: int = 0
) -> tuple[Run, Walk]:
    """Save `times` checkpoints of a run, ten steps apart; return the run and its machine.

    The machine makes `after` steps before them.
    """
    run, walk = begin(store, goal)
    advance(walk, after)
    for _ in range(times):
        store.save(run, advance(walk, 10), 1.0)
    return run, walk


def save_complete(store: CheckpointStore) -> Run:
    """Save some checkpoints of a run, then all of it, verified."""
    run, walk = save_some(store)
    walk.finalize()
    store.complete(run, walk, 1.0, verified=True)
    return run


def tale(goal: int = GOAL) -> bytes:
    """Return the whole output of a run."""
    return Walks().new(Walks().task(goal)).finalize()


def told(machine: Machine | None) -> tuple[Any, ...] | None:
    """Return everything visible of a machine, to compare it with another."""
    if machine is None:
        return None
    state = machine.to_state()
    return machine.steps, bytes(machine.output), {name: state[name] for name in state.pieces}


def seen(loaded: Loaded) -> tuple[Any, ...]:
    """Return everything visible of a loaded machine, to compare it with another."""
    return replace(loaded, machine=None), told(loaded.machine)


def execute(path: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run SQL as another program would; the store must be closed, or not writing."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def flip(path: str, table: str, column: str, where: str = "true") -> None:
    """Flip the last bit of the selected blobs; no check of SQLite itself notices that."""
    for rowid, data in execute(path, f"SELECT rowid, {column} FROM {table} WHERE {where}"):
        changed = data[:-1] + bytes([data[-1] ^ 1])
        execute(path, f"UPDATE {table} SET {column} = ? WHERE rowid = ?", changed, rowid)


def manifest(path: str, seq: int) -> dict[str, str]:
    """Return the names of a checkpoint's pieces, with their SHA-256 in hex."""
    ((text,),) = execute(path, "SELECT manifest FROM pi_checkpoint WHERE seq = ?", seq)
    return {line.split(" ", 3)[3]: line.split(" ")[0] for line in text.splitlines()}


def this(path: str, name: str, seq: int = 3) -> str:
    """Return the SQL condition for the rows of the piece `name` of checkpoint `seq`."""
    return f"sha256 = x'{manifest(path, seq)[name]}'"


def pieces(path: str) -> set[str]:
    """Return the SHA-256 of every stored piece."""
    return {row[0] for row in execute(path, "SELECT DISTINCT lower(hex(sha256)) FROM pi_piece")}


def forge(path: str, seq: int, text: str) -> None:
    """Replace the manifest of a checkpoint, with a matching SHA-256."""
    where = "WHERE seq = ?"
    columns = "version, steps, length, done, total"
    (head,) = execute(path, f"SELECT {columns} FROM pi_checkpoint {where}", seq)
    change = f"UPDATE pi_checkpoint SET manifest = ?, sha256 = ? {where}"
    version, steps, length, done, total = head
    sha256 = digest(version, steps, length, done, total, text)
    execute(path, change, text, sha256, seq)


HOLDER = """
import sys
from pi_tui.checkpoints.store import CheckpointStore
from tests.tiny import Walks
store = CheckpointStore.open(sys.argv[1], Walks())
store.open_run(Walks().task())
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(path: str, code: str = HOLDER, *before: str) -> Iterator[int]:
    """Run `code` in another process during the `with` block; yield the pid when it prints "open".

    By default it keeps the run of goal 27 open. `before` are words before the command.
    """
    command = [*before, sys.executable, "-c", code, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        try:
            yield process.pid
        finally:
            process.kill()


def files(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))
