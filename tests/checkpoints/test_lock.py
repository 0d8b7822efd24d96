"""One writer per run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pi_tui.checkpoints.locking.file_lock import FileLock
from pi_tui.errors import AlreadyOpenError
from pi_tui.machine import Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import HOLDER, another_process, files, save_some, told
from tests.tiny import Walks

OLD_WRITER = """
import fcntl, sys
file = open(sys.argv[1] + ".lock", "w")
fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
file.write("pid 7 on mill")
file.flush()
print("open", flush=True)
sys.stdin.read()
"""


def test_store_refuses_to_open_a_run_open_in_another_process_and_names_that_process(
    open_store: OpenStore, path: str
) -> None:
    with another_process(path) as pid, pytest.raises(AlreadyOpenError) as caught:
        open_store().open_run(Walks().task())
    host = socket.gethostname()[:30]
    assert f"the run of walk 27 is already open in another process (pid {pid} on {host});" in str(
        caught.value
    )


def test_store_opens_another_run_while_one_is_open_in_another_process(
    open_store: OpenStore, path: str
) -> None:
    with another_process(path) as pid:
        store = open_store()
        run, walk = save_some(store, goal=97)
        assert told(store.load(run).machine) == told(walk)
        assert store.writer(store.find_run(Task(27))).startswith(f"pid {pid} on ")
        assert store.writer(run).startswith(f"pid {os.getpid()} on ")


def test_store_refuses_to_delete_or_restart_a_run_open_in_another_process(
    open_store: OpenStore, path: str
) -> None:
    with another_process(path):
        store = open_store()
        run = store.find_run(Task(27))
        assert run is not None
        for verb in (lambda: store.delete(Task(27)), lambda: store.restart(run, run.task)):
            with pytest.raises(AlreadyOpenError, match="the run of walk 27 is already open"):
                verb()
        assert store.find_run(Task(27)) == run


def test_lock_of_a_run_is_free_after_its_holder_was_killed(
    open_store: OpenStore, path: str
) -> None:
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


def test_lock_file_removed_at_release_is_created_again_by_the_next_holder(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    first, second = FileLock(path), FileLock(path)
    assert first.take()
    assert not second.take()
    first.release(remove=True)
    assert second.take()
    assert not FileLock(path).take()


def test_release_does_not_remove_the_lock_file_that_another_holder_made_after_a_deletion(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.lock"
    first = FileLock(path)
    assert first.take()
    path.unlink()
    second = FileLock(path)
    assert second.take()
    first.release(remove=True)
    assert path.exists()
    assert not FileLock(path).take()
    second.release()


def test_lock_file_with_a_time_beyond_the_year_9999_has_no_last_heartbeat() -> None:
    memory = Path("/dev/shm")  # many file systems of disks know no such time
    if not memory.is_dir():
        pytest.skip("no file system in memory")
    with TemporaryDirectory(dir=memory) as folder:
        path = Path(folder) / "run.lock"
        path.write_text("pid 7 on mill")
        os.utime(path, (1e12, 1e12))
        lock = FileLock(path)
        assert lock.last_beat() is None
        lock.release()


def test_lock_whose_file_has_descriptor_0_is_freed_by_release(tmp_path: Path) -> None:
    path = tmp_path / "pi.sqlite3.lock"
    standard_input = os.dup(0)
    os.close(0)
    try:
        first = FileLock(path)
        assert first.take()
        assert first._fd == 0
        first.release()
        second = FileLock(path)
        assert second.take()
        second.release()
    finally:
        os.dup2(standard_input, 0)
        os.close(standard_input)


def test_symbolic_link_opens_the_same_database(
    open_store: OpenStore, path: str, tmp_path: Path
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with another_process(path), pytest.raises(AlreadyOpenError):
        open_store(str(link)).open_run(Walks().task())


def test_second_store_in_one_process_cannot_open_the_same_run(open_store: OpenStore) -> None:
    open_store().open_run(Walks().task())
    with pytest.raises(AlreadyOpenError) as refusal:
        open_store().open_run(Walks().task())
    assert str(refusal.value) == (
        "the run of walk 27 is already open in this process; let that end first"
    )


def test_store_refuses_to_open_a_database_while_version_1_1_writes_to_it(
    open_store: OpenStore, path: str
) -> None:
    """Version 1.1 locks the whole database exclusively, by its lock file."""
    with another_process(path, OLD_WRITER):
        with pytest.raises(AlreadyOpenError, match=r"already open in another process \(pid 7 on"):
            open_store()
        assert not Path(path).exists()
    open_store()


def test_version_1_1_refuses_a_database_while_this_version_has_it_open(
    open_store: OpenStore, path: str
) -> None:
    open_store()
    command = [sys.executable, "-c", OLD_WRITER, path]
    done = subprocess.run(command, capture_output=True, input=b"", timeout=60)
    assert b"BlockingIOError" in done.stderr
