"""Without file locks, the fence excludes other writers, and dead owners are recognised."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pi_tui.checkpoints.locking.process import my_mark
from tests.checkpoints.helpers import execute

NO_FLOCK = """
#include <errno.h>
int flock(int fd, int operation) { errno = ENOSYS; return -1; }
"""
WRITER = """
import sys
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from tests.checkpoints.helpers import advance, save_some
from tests.tiny import Walks
try:
    store = CheckpointStore.open(sys.argv[1], Walks())
    run, walk = save_some(store, int(sys.argv[2]))
    print(store.locks.note, flush=True)
    sys.stdin.read()
    store.save(run, advance(walk, 1), 0.0)
except PiTuiError as error:
    raise SystemExit(f"{error.exit_code} {error}")
"""
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="no Linux, or no gcc"
)


@pytest.fixture(scope="module")
def no_flock(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which flock fails with ENOSYS, as on Lustre."""
    library = tmp_path_factory.mktemp("shim") / "no_flock.so"
    command = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(command, input=NO_FLOCK.encode(), check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


@contextmanager
def writer(
    path: str, env: dict[str, str], *before: str, saves: int = 3
) -> Iterator[subprocess.Popen[str]]:
    command = [*before, sys.executable, "-c", WRITER, path, str(saves)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def refusal(process: subprocess.Popen[str]) -> str:
    assert line(process) == ""
    assert process.stderr is not None
    return process.stderr.read().strip()


def test_run_without_locks_warns_and_is_written_again_after_its_owner_is_killed(
    path: str, no_flock: dict[str, str]
) -> None:
    for _ in range(3):
        with writer(path, no_flock) as process:
            assert line(process) == (
                f"there are no file locks at {path}; if this run is started elsewhere too, it goes "
                "on there and stops here; what is saved is safe"
            )
            process.send_signal(signal.SIGKILL)
            assert process.communicate()[1] == ""


@pytest.mark.parametrize("second_has_locks", [False, True])
def test_run_without_locks_is_refused_while_its_owner_lives(
    second_has_locks: bool, path: str, no_flock: dict[str, str]
) -> None:
    with writer(path, no_flock) as first:
        assert line(first)
        with writer(path, dict(os.environ) if second_has_locks else no_flock) as second:
            assert refusal(second).startswith(
                f"3 the run of walk 27 is already open in another process (pid {first.pid} on "
            )


def test_run_without_locks_is_claimed_from_an_owner_whose_process_cannot_be_seen(
    path: str, no_flock: dict[str, str]
) -> None:
    """The owner may be dead, or on another computer, where the fence then stops it."""
    with writer(path, no_flock) as first:
        assert line(first)
        mark = my_mark(unlocked=True).replace("#", "#0")
        execute(path, "UPDATE pi_run SET owner = ?", mark)
        with writer(path, no_flock, saves=1) as second:
            assert line(second)
            said = first.communicate("", timeout=60)[1]
            assert said.startswith("3 another process took over this run")


def test_pi_tui_run_without_locks_warns_once_and_finishes(
    tmp_path: Path, no_flock: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "pi_tui", "run", "--digits", "90", "--db"]
    done = subprocess.run(
        [*command, str(tmp_path / "pi.db")], env=no_flock, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr.count("there are no file locks at") == 1
    assert "Warning" not in done.stderr
    assert len(done.stdout.strip()) == 92
