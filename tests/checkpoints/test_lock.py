"""One writer, any number of readers."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pi_tui.checkpoints import engine
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, StorageError, UsageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, save_some, told
from tests.tiny import Walks

HOLDER = """
import sys
from pi_tui.checkpoints.store import CheckpointStore
from tests.tiny import Walks
store = CheckpointStore.open(sys.argv[1], Walks())
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_pi_tui(path: str) -> Iterator[int]:
    """Another process has the store open; its pid."""
    command = [sys.executable, "-c", HOLDER, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_second_writer_is_refused_by_the_name_of_the_first(path: str) -> None:
    with another_pi_tui(path) as pid, pytest.raises(AlreadyOpenError) as caught:
        CheckpointStore.open(path, Walks())
    assert f"pid {pid} on {socket.gethostname()[:30]}" in str(caught.value)


def test_the_lock_is_free_at_once_after_a_kill(path: str) -> None:
    with another_pi_tui(path):
        pass
    CheckpointStore.open(path, Walks()).close()


def test_a_link_to_the_file_is_the_same_file(path: str, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with another_pi_tui(path), pytest.raises(AlreadyOpenError):
        CheckpointStore.open(str(link), Walks())


def test_two_stores_in_one_process_exclude_each_other(open_store: OpenStore) -> None:
    open_store()
    with pytest.raises(AlreadyOpenError, match=f"pid {os.getpid()}"):
        open_store()


def test_readers_work_beside_a_writer(open_store: OpenStore, path: str) -> None:
    store = open_store()
    run, walk = save_some(store)
    reader = open_store(write=False)
    assert told(reader.load(run).machine) == told(walk)
    store.save(run, advance(walk, 5), 0.0)
    assert told(reader.load(run).machine) == told(walk)
    seen = glance(path, Walks(), run.task)
    assert seen is not None
    assert seen.output == bytes(walk.output)


def test_a_reader_cannot_write(open_store: OpenStore) -> None:
    run, _ = save_some(open_store())
    reader = open_store(write=False)
    with pytest.raises(StorageError, match="read-only"):
        reader.open_run(run.task)
    with pytest.raises(StorageError, match="read-only"):
        reader.delete(run.task)


def test_another_program_that_holds_the_file_is_waited_for_then_told(
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


def test_a_backup_is_whole_while_another_writes(
    open_store: OpenStore, path: str, tmp_path: Path
) -> None:
    store = open_store()
    run, walk = save_some(store)
    copy = tmp_path / "copy.db"
    open_store(write=False).backup(str(copy))
    state = told(walk)
    store.save(run, advance(walk, 5), 0.0)
    assert copy.stat().st_mode & 0o777 == 0o600
    copied = open_store(str(copy))
    assert copied.check() == []
    assert told(copied.load(run).machine) == state
    assert copied.open_run(run.task).id == run.id


def test_a_backup_is_on_disk_before_it_has_its_name_and_then_its_name_is(
    open_store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    save_some(store)
    copy, synced, fsync = tmp_path / "copy.db", list[tuple[int, bool]](), os.fsync

    def noted(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, copy.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    store.backup(str(copy))
    assert (copy.stat().st_ino, False) in synced
    assert (tmp_path.stat().st_ino, True) in synced


def test_a_backup_never_replaces_a_file(open_store: OpenStore, path: str, tmp_path: Path) -> None:
    store = open_store()
    save_some(store)
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        store.backup(str(mine))
    with pytest.raises(UsageError, match="exists already"):
        store.backup(path)
    with pytest.raises(StorageError, match="cannot be written"):
        store.backup(str(tmp_path / "missing" / "copy.db"))
    assert mine.read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["mine.txt", "pi.sqlite3", "pi.sqlite3.lock"]


def test_a_glance_needs_neither_sqlalchemy_nor_gmpy2(open_store: OpenStore, path: str) -> None:
    run, walk = save_some(open_store())
    code = (
        "import sys; from pi_tui.checkpoints.glance import glance; from tests.tiny import Walks; "
        "seen = glance(sys.argv[1], Walks(), None); print(seen.output.decode(), end=''); "
        "assert not {'sqlalchemy', 'gmpy2', 'filelock'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", code, path]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert done.stdout == bytes(walk.output)
    assert glance(path, Walks(), Walks().task(run.goal + 1)) is None
    assert glance(f"sqlite:///{path}", Walks(), None) == glance(path, Walks(), None) is not None
