"""One writer per run, any number of readers."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pi_tui.checkpoints import opening
from pi_tui.checkpoints.connection import engine
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.locking.file_lock import FileLock
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, StorageError, UsageError
from pi_tui.machine import Kind, Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, save_some, told
from tests.checkpoints.old_databases import KIND, old
from tests.tiny import Walks

HOLDER = """
import sys
from pi_tui.checkpoints.store import CheckpointStore
from tests.tiny import Walks
store = CheckpointStore.open(sys.argv[1], Walks())
store.open_run(Walks().task())
print("open", flush=True)
sys.stdin.read()
"""
OLD_WRITER = """
import fcntl, sys
file = open(sys.argv[1] + ".lock", "w")
fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
file.write("pid 7 on mill")
file.flush()
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(path: str, code: str = HOLDER, *before: str) -> Iterator[int]:
    """Open the walk from 27 in another process; return its pid."""
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


def test_open_run_refuses_run_of_another_process_by_its_name(
    open_store: OpenStore, path: str
) -> None:
    with another_process(path) as pid, pytest.raises(AlreadyOpenError) as caught:
        open_store().open_run(Walks().task())
    host = socket.gethostname()[:30]
    assert f"the run of walk 27 is already open in another process (pid {pid} on {host});" in str(
        caught.value
    )


def test_open_run_allows_another_run_beside_one_that_is_open(
    open_store: OpenStore, path: str
) -> None:
    with another_process(path) as pid:
        store = open_store()
        run, walk = save_some(store, goal=97)
        assert told(store.load(run).machine) == told(walk)
        assert store.writer(store.find_run(Task(27))).startswith(f"pid {pid} on ")
        assert store.writer(run).startswith(f"pid {os.getpid()} on ")


def test_delete_and_restart_refuse_run_of_another_process(open_store: OpenStore, path: str) -> None:
    with another_process(path):
        store = open_store()
        run = store.find_run(Task(27))
        assert run is not None
        for verb in (lambda: store.delete(Task(27)), lambda: store.restart(run, run.task)):
            with pytest.raises(AlreadyOpenError, match="the run of walk 27 is already open"):
                verb()
        assert store.find_run(Task(27)) == run


def test_lock_is_free_at_once_after_a_kill(open_store: OpenStore, path: str) -> None:
    with another_process(path):
        pass
    store = open_store()
    assert store.writer(store.find_run(Task(27))) == ""
    store.open_run(Walks().task())


def test_lock_is_not_kept_by_a_forked_child(open_store: OpenStore, path: str) -> None:
    fork = "import os, time\nif os.fork() == 0: time.sleep(60)\n"
    code = HOLDER.replace("print(", fork + "print(os.getpid(), flush=True)\nprint(", 1)
    assert fork in code
    command = [sys.executable, "-c", code, path]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.kill()
            process.wait()
            open_store().open_run(Walks().task())
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_lock_file_of_a_run_is_removed_at_clean_end_and_kept_after_a_kill(
    open_store: OpenStore, path: str, tmp_path: Path
) -> None:
    always = ["pi.sqlite3", "pi.sqlite3.lock"]
    with another_process(path):
        assert files(tmp_path) == [*always, "pi.sqlite3.run-1.lock"]
    assert files(tmp_path) == [*always, "pi.sqlite3.run-1.lock"]
    with open_store() as store:
        store.open_run(Walks().task())
    assert files(tmp_path) == always


def test_lock_file_removed_by_its_holder_is_created_again(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    first, second = FileLock(path), FileLock(path)
    assert first.take()
    assert not second.take()
    first.release(remove=True)
    assert second.take()
    assert not FileLock(path).take()


def test_lock_file_that_got_the_number_of_standard_input_is_closed_too(tmp_path: Path) -> None:
    path = tmp_path / "pi.sqlite3.lock"
    standard_input = os.dup(0)
    os.close(0)
    try:
        first = FileLock(path)
        assert first.take()
        first.release()
        second = FileLock(path)
        assert second.take()
        second.release()
    finally:
        os.dup2(standard_input, 0)
        os.close(standard_input)


def test_linked_file_is_the_same_database(open_store: OpenStore, path: str, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with another_process(path), pytest.raises(AlreadyOpenError):
        open_store(str(link)).open_run(Walks().task())


def test_two_stores_in_one_process_exclude_each_other(open_store: OpenStore) -> None:
    open_store().open_run(Walks().task())
    with pytest.raises(AlreadyOpenError) as refusal:
        open_store().open_run(Walks().task())
    assert str(refusal.value) == (
        "the run of walk 27 is already open in this process; let that end first"
    )


def test_open_refuses_database_while_version_1_1_writes(open_store: OpenStore, path: str) -> None:
    """Version 1.1 locks the whole database exclusively, by its lock file."""
    with another_process(path, OLD_WRITER):
        with pytest.raises(AlreadyOpenError, match=r"already open in another process \(pid 7 on"):
            open_store()
        assert not Path(path).exists()
    open_store()


def test_version_1_1_refuses_database_while_we_write(open_store: OpenStore, path: str) -> None:
    open_store()
    command = [sys.executable, "-c", OLD_WRITER, path]
    done = subprocess.run(command, capture_output=True, input=b"", timeout=60)
    assert b"BlockingIOError" in done.stderr


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


def test_reader_cannot_write(open_store: OpenStore) -> None:
    run, _ = save_some(open_store())
    reader = open_store(write=False)
    with pytest.raises(StorageError, match="read-only"):
        reader.open_run(run.task)
    with pytest.raises(StorageError, match="read-only"):
        reader.delete(run.task)


def test_open_waits_for_a_program_that_locks_the_file_then_refuses(
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


def test_backup_is_complete_while_another_process_writes(
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


def test_backup_syncs_file_before_rename_and_folder_after(
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


def test_backup_never_replaces_a_file(open_store: OpenStore, path: str, tmp_path: Path) -> None:
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
    assert files(tmp_path) == [
        *("mine.txt", "pi.sqlite3", "pi.sqlite3.lock", "pi.sqlite3.run-1.lock")
    ]


def test_glance_imports_neither_sqlalchemy_nor_gmpy2(open_store: OpenStore, path: str) -> None:
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


def open_at_once(location: str, kind: Kind) -> list[list[int]]:
    """Open four stores at the same moment; return the goals that each of them sees."""
    ready = threading.Barrier(4)

    def goals(_: int) -> list[int]:
        ready.wait()
        with CheckpointStore.open(location, kind) as store:
            return [run.goal for run in store.runs()]

    with ThreadPoolExecutor(4) as lanes:
        return list(lanes.map(goals, range(4)))


def test_simultaneous_starts_migrate_an_old_database_once(path: str, tmp_path: Path) -> None:
    old("several", path)
    seen = open_at_once(path, KIND)
    assert seen == [seen[0]] * 4
    assert len(seen[0]) > 1
    assert [name for name in files(tmp_path) if ".schema-" in name] == ["pi.sqlite3.schema-1"]


def test_migration_is_refused_while_others_have_the_database_open(
    path: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_MOMENT", 0.2)
    old("several", path)
    before = Path(path).read_bytes()
    other = FileLock(Path(f"{path}.lock"))
    assert other.take(shared=True)
    with pytest.raises(AlreadyOpenError):
        open_store(kind=KIND)
    other.release()
    assert Path(path).read_bytes() == before
    open_store(kind=KIND)


def test_simultaneous_starts_create_the_tables_of_a_server_once(postgres_url: str) -> None:
    assert open_at_once(postgres_url, Walks()) == [[]] * 4


def test_simultaneous_starts_of_a_new_run_on_a_server_admit_one(
    postgres_url: str, open_store: OpenStore
) -> None:
    stores = [open_store(postgres_url) for _ in range(4)]
    ready = threading.Barrier(4)

    def begins(store: CheckpointStore) -> bool:
        ready.wait()
        try:
            store.open_run(Walks().task())
        except AlreadyOpenError:
            return False
        return True

    with ThreadPoolExecutor(4) as lanes:
        assert sorted(lanes.map(begins, stores)) == [False, False, False, True]
    assert len(stores[0].runs()) == 1
