"""Commands where no thread, or few, can be started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import PI_TUI, pi
from tests.terminal.emulator import Terminal


def test_cli_reports_in_one_line_that_no_thread_can_be_started(database: Path) -> None:
    code = (
        "import sys, threading\n"
        "start = threading.Thread.start\n"
        "def no(self):\n"
        "    if self.name == 'worker': raise RuntimeError(\"can't start new thread\")\n"
        "    start(self)\n"
        "threading.Thread.start = no\n"
        "from pi_tui.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    child = [sys.executable, "-c", code, "run", "--digits", "9", "--db", str(database)]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr.startswith("pi-tui: no thread can be started")
    assert done.stderr.count("\n") == 1


def with_so_many_threads(most: int) -> list[str]:
    """Return a command that runs `pi-tui` with at most `most` threads.

    The program runs as another user, because root has no such limit.
    """
    rights = "+dac_override,+dac_read_search"  # Python may lie where only root can read
    user = 100_000 + os.getpid()  # a user of this run alone; threads are counted per user
    other = ["setpriv", f"--reuid={user}", f"--inh-caps={rights}", f"--ambient-caps={rights}"]
    command = [*other, "prlimit", f"--nproc={most}", sys.executable]
    try:
        subprocess.run([*command, "-c", "pass"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs root, setpriv and prlimit")
    return [*command, *PI_TUI[1:]]


@pytest.fixture
def open_to_all() -> Iterator[str]:
    """Return a database path in a folder that everybody may write to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield f"{folder}/pi.sqlite3"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_cli_run_fails_in_one_line_with_at_most_1_thread_and_finishes_with_2_or_3(
    most: int, open_to_all: str
) -> None:
    words = ["run", "--digits", "200000", "--threads", "4", "--db", open_to_all]
    command = [*with_so_many_threads(most), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if most == 1:
        assert (done.returncode, done.stdout) == (6, "")
        assert re.fullmatch(r"pi-tui: no thread can be started .*\n", done.stderr)
    else:
        assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(200_000) + b"\n")


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
def test_cli_app_runs_with_5_threads_and_refuses_with_fewer(most: int, open_to_all: str) -> None:
    become = (
        f"import os, sys; a = {with_so_many_threads(most)!r}; os.execvp(a[0], a + sys.argv[1:])"
    )
    words = ("--digits", 200_000, "--db", open_to_all)
    with Terminal(*words, program=("-c", become)) as terminal:
        if most == 5:
            terminal.see("running")
            terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0 if most == 5 else 6, [])
        assert ("no thread can be started" in terminal.screen) == (most < 5)
