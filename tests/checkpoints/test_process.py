"""Marks distinguish processes that have the same pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from pi_tui.checkpoints.locking import process
from pi_tui.checkpoints.locking.owner import already_open
from pi_tui.checkpoints.locking.process import (
    is_alive,
    is_me,
    is_stopped,
    my_mark,
    pid_in,
    words_of,
)
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import HOLDER, another_process, execute
from tests.tiny import Walks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
TELL = """
import sys
from pi_tui.checkpoints.locking.process import my_mark
print(my_mark(), flush=True)
sys.stdin.read()
"""
SECOND = """
import os, sys
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Task
from tests.tiny import Walks
assert os.getpid() == 1
with CheckpointStore.open(sys.argv[1], Walks()) as store:
    run = store.find_run(Task(27))
    print(store.writer(run))
    try:
        store.open_run(run.task)
    except Exception as error:
        print(error)
"""


@contextmanager
def marked() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run another process during the `with` block; yield the process and its mark."""
    command = [sys.executable, "-c", TELL]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        try:
            yield other, other.stdout.readline().strip()
        finally:
            other.kill()


def test_process_mark_names_its_process_and_recognises_it() -> None:
    assert (
        words_of(my_mark()) == process.me() == f"pid {os.getpid()} on {socket.gethostname()[:30]}"
    )
    assert is_me(my_mark())
    assert is_me(my_mark(unlocked=True))
    assert is_alive(my_mark())
    assert len(my_mark(unlocked=True)) < 200
    assert my_mark().isprintable()


def test_process_mark_distinguishes_running_stopped_and_ended_processes() -> None:
    with marked() as (other, mark):
        assert (pid_in(mark), is_alive(mark), is_stopped(mark)) == (other.pid, True, False)
        assert not is_me(mark)
        other.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, other.pid, os.WSTOPPED | os.WNOWAIT)
        assert is_stopped(mark)
        assert f"by `kill -CONT {other.pid}`, then quit it" in str(already_open("x", mark))
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert is_alive(mark) is False, "a zombie has ended"
    assert is_alive(mark) is False


@pytest.mark.parametrize("part", ["boot", "namespace", "start"])
def test_process_mark_with_our_pid_but_another_boot_namespace_or_start_time_is_not_ours(
    part: str,
) -> None:
    head, _, identity = my_mark().partition("#")
    boot, namespace, start = identity.split(".")
    changed = {"boot": boot, "namespace": namespace, "start": start}
    changed[part] += "0"
    mark = f"{head}#{'.'.join(changed.values())}"
    assert not is_me(mark)
    assert is_alive(mark) is (False if part == "start" else None)


@pytest.mark.parametrize(
    "mark", ["", "pid 7 on mill", "somebody", "pid 99999999999 on x", "\x1b[0m"]
)
def test_process_mark_that_identifies_no_process_counts_neither_as_alive_nor_as_dead(
    mark: str,
) -> None:
    assert is_alive(mark) is None
    assert words_of(mark).isprintable()


def test_free_lock_file_that_names_our_own_pid_counts_as_free(
    open_store: OpenStore, path: str
) -> None:
    """Our pid is that of the killed holder, as happens when a container restarts."""
    with open_store() as store:
        store.open_run(Walks().task())
    execute(path, "UPDATE pi_run SET owner = ?", process.me())
    Path(f"{path}.run-1.lock").write_text(process.me())
    store = open_store()
    assert store.writer(store.find_run(Task(27))) == ""
    store.open_run(Walks().task())


@cache
def no_namespaces() -> str:
    command = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stderr


@pytest.fixture(params=["own /proc", "/proc of the host"])
def inside(request: pytest.FixtureRequest) -> list[str]:
    """Return a command prefix that makes a process pid 1 of a new pid namespace."""
    if reason := no_namespaces():
        pytest.skip(f"no pid namespaces: {reason}")
    own = ["--mount-proc"] if request.param == "own /proc" else []
    return ["unshare", "--pid", "--fork", "--kill-child", *own]


def test_same_pid_in_two_containers_counts_as_two_processes(inside: list[str], path: str) -> None:
    host = socket.gethostname()[:30]
    command = [*inside, sys.executable, "-c", SECOND, path]
    with another_process(path, HOLDER, *inside):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        writer, refusal = done.stdout.splitlines()
        assert writer == f"pid 1 on {host}"
        assert f"(pid 1 on {host}, in another container)" in refusal
        with CheckpointStore.open(path, Walks(), write=False) as reader:
            assert reader.writer(reader.find_run(Task(27))) == f"pid 1 on {host}"
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "\n", "free after a kill, and nobody computes"
