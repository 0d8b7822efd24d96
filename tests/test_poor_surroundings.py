"""Low limits, odd environment variables and invalid answers: ignored, or reported in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import PI_TUI, pi, pi_tui
from tests.terminal.emulator import Terminal


def limited(*arguments: object, **limits: int) -> subprocess.CompletedProcess[str]:
    """Run `pi-tui` within these limits."""
    if shutil.which("prlimit") is None:
        pytest.skip("no prlimit")
    options = [f"--{name}={value}" for name, value in limits.items()]
    command = ["prlimit", *options, *PI_TUI, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def is_whole_or_a_line(done: subprocess.CompletedProcess[str], codes: tuple[int, ...]) -> None:
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert done.returncode in codes, done.stderr
        assert re.search(r"^pi-tui: [^\n]+\n\Z", done.stderr, re.MULTILINE), done.stderr
    else:
        assert done.stdout.encode() in (b"", b"3." + pi(60) + b"\n")


def starts(limit: str) -> bool:
    """Return True if Python itself starts within a limit of prlimit."""
    bare = ["prlimit", limit, sys.executable, "-c", "import argparse, re, signal, traceback"]
    return subprocess.run(bare, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def fewest_files() -> int:
    """Return the lowest limit of open files with which Python starts: 4 or 5, by installation."""
    return next(files for files in range(3, 20) if starts(f"--nofile={files}"))


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="no prlimit")
@pytest.mark.parametrize("more", range(5))
def test_run_that_may_not_open_enough_files_names_that_limit_as_the_cause(
    more: int, fewest_files: int, tmp_path: Path
) -> None:
    files = fewest_files + more
    done = limited("run", "--digits", 60, "--db", tmp_path / "pi.db", nofile=files)
    is_whole_or_a_line(done, (6,))
    if done.returncode:
        assert re.search("Too many open files|number of open files", done.stderr)
        left = sorted(path.name for path in tmp_path.iterdir())
        # Where only the lock of the run has no room, a database without runs is there already.
        assert left in ([], ["pi.db", "pi.db.lock"])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count other memory")
@pytest.mark.parametrize("megabytes", range(24, 80, 8))
def test_too_little_memory_at_the_start_is_reported_in_one_line(
    megabytes: int, tmp_path: Path
) -> None:
    size = megabytes * 2**20
    if not starts(f"--as={size}"):
        pytest.skip("Python itself does not start")
    for command in ("status", "--help", "runs"):
        done = limited(*command.split(), "--db", tmp_path / "pi.db", **{"as": size})
        assert "Traceback" not in done.stderr
        if done.returncode:
            assert done.returncode == 6
            assert re.fullmatch(r"pi-tui: not enough memory[^\n]+\n", done.stderr)


@pytest.mark.parametrize("zone", ["UTC+99999999999", "A-24", "A+24:59:59", "bogus", ":/etc/passwd"])
@pytest.mark.parametrize("command", ["status", "runs", "run --digits 60", "status --json"])
def test_commands_exit_with_0_with_a_bad_time_zone(zone: str, command: str, database: Path) -> None:
    pi_tui("run", "--digits", 60, "--db", database)
    done = pi_tui(*command.split(), "--db", database, env=os.environ | {"TZ": zone})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["bogus", "", "TRUECOLOR"])
def test_unknown_colour_system_is_ignored(name: str, database: Path) -> None:
    with Terminal("--digits", 60, "--db", database, TEXTUAL_COLOR_SYSTEM=name) as terminal:
        terminal.see("complete")
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("driver", ["x:y", "os:path", "os:nothing", "pi_tui", ":"])
def test_unknown_textual_driver_is_refused_in_one_line(driver: str, database: Path) -> None:
    with Terminal("--digits", 60, "--db", database, TEXTUAL_DRIVER=driver) as terminal:
        assert (terminal.wait(), terminal.left_behind()) == (2, [])
        terminal.see(rf"^pi-tui: TEXTUAL_DRIVER names no driver of Textual: {driver}\n")
        assert len(terminal.screen.split("\n\n")[0].splitlines()) == 1


@pytest.mark.parametrize(("columns", "lines"), [("100000", "5000"), ("9" * 5000, "-3"), ("1", "1")])
def test_absurd_screen_size_in_the_environment_is_ignored(
    columns: str, lines: str, database: Path
) -> None:
    words = ("--digits", 60, "--db", database)
    with Terminal(*words, COLUMNS=columns, LINES=lines, TEXTUAL_DRIVER="") as terminal:
        terminal.see("complete, verified *\n")
        terminal.see("q quit")
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict"])
def test_answer_that_cannot_be_decoded_counts_as_no(encoding: str, database: Path) -> None:
    pi_tui("run", "--digits", 60, "--db", database)
    words = ("delete", "--digits", 60, "--db", database)
    with Terminal(*words, PYTHONIOENCODING=encoding) as terminal:
        terminal.see(r"\[y/N\]")
        terminal.send(b"\xe9y\n")
        assert terminal.wait() == 0
        terminal.see("nothing was deleted")
