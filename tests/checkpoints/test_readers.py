"""Any number of readers beside the writer, and other programs at the file."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pi_tui.checkpoints.connection import engine
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.loading import Loading
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, save_some, told
from tests.tiny import Walks


def test_readers_load_the_newest_save_beside_a_writer(open_store: OpenStore, path: str) -> None:
    store = open_store()
    run, walk = save_some(store)
    reader = open_store(write=False)
    assert told(reader.load(run).machine) == told(walk)
    store.save(run, advance(walk, 5), 0.0)
    assert told(reader.load(run).machine) == told(walk)
    seen = glance(path, Walks(), run.task)
    assert seen is not None
    assert seen.output == bytes(walk.output)


def test_reader_cannot_write(open_store: OpenStore) -> None:
    run, _ = save_some(open_store())
    reader = open_store(write=False)
    with pytest.raises(StorageError, match="read-only"):
        reader.open_run(run.task)
    with pytest.raises(StorageError, match="read-only"):
        reader.delete(run.task)


def test_save_fails_only_while_another_program_locks_the_file(
    open_store: OpenStore, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    store = open_store()
    run, walk = save_some(store)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="another program is using"):
            store.save(run, advance(walk, 1), 0.0)
        other.rollback()
    store.save(run, walk, 0.0)
    assert told(store.load(run).machine) == told(walk)


READS: dict[str, Callable[[CheckpointStore, OpenStore], object]] = {
    "list runs": lambda reader, _: reader.runs(),
    "back up": lambda reader, _: reader.backup(f"{reader._where.path}.copy"),
    "open to read": lambda _, open_store: open_store(write=False),
    "open to write": lambda _, open_store: open_store(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_and_opening_wait_as_long_as_another_connection_writes_a_commit(
    read: Callable[[CheckpointStore, OpenStore], object],
    open_store: OpenStore,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commit takes four times as long as SQLite waits, and the file is written meanwhile."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with open_store() as store:
        save_some(store)
    reader = open_store(write=False)
    looked, last_written = list[object](), engine._last_written

    def written(file: Path | None) -> tuple[int, int] | None:
        os.utime(path)
        looked.append(file)
        if len(looked) == 8:  # before and after each of four tries
            other.commit()
        return last_written(file)

    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE pi_run SET elapsed_ms = 77")
        monkeypatch.setattr(engine, "_last_written", written)
        read(reader, open_store)
    assert len(looked) >= 8
    assert reader.runs()[0].elapsed == 0.077


def test_glance_function_reads_a_run_without_importing_sqlalchemy_or_gmpy2(
    open_store: OpenStore, path: str
) -> None:
    run, walk = save_some(open_store())
    code = (
        "import sys; from pi_tui.checkpoints.glance import glance; from tests.tiny import Walks; "
        "seen = glance(sys.argv[1], Walks(), None); print(seen.output.decode(), end=''); "
        "assert not {'sqlalchemy', 'gmpy2'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", code, path]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert done.stdout == bytes(walk.output)
    assert glance(path, Walks(), Walks().task(run.goal + 1)) is None
    assert glance(f"sqlite:///{path}", Walks(), None) == glance(path, Walks(), None) is not None


def test_load_reads_the_run_anew_if_a_writer_prunes_the_checkpoints_it_has_listed(
    store: CheckpointStore, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, walk = save_some(store)
    prove = Loading._prove

    def proven(loading: Loading, run: Run) -> Any:
        found = prove(loading, run)
        monkeypatch.undo()
        for _ in range(2):
            store.save(run, advance(walk, 5), 0.0)
        return found

    monkeypatch.setattr(Loading, "_prove", proven)
    loaded = open_store(write=False).load(run)
    assert (told(loaded.machine), loaded.notes) == (told(walk), ())
