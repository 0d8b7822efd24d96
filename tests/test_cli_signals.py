"""Signals at any moment of a command: no traceback, and no half-written file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.helpers import PI_TUI, pi_tui, started, wait_until

TELLS = """
import os, sys

def tell(event, arguments):
    if event == "import" and arguments[0] == {module!r}:
        os.write({where}, b"!")

sys.addaudithook(tell)
"""


@pytest.mark.parametrize("command", ["status", "--help", "run --digits 9"])
def test_cli_ctrl_c_shows_no_traceback_even_during_imports(command: str, tmp_path: Path) -> None:
    """Wait until our code runs, because tracebacks before that are Python's own."""
    read, write = os.pipe()
    hook = TELLS.format(module="pi_tui.cli", where=write)
    (tmp_path / "sitecustomize.py").write_text(hook)
    for milliseconds in range(0, 320, 16):
        child = subprocess.Popen(
            [*PI_TUI, *command.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            pass_fds=[write],
        )
        assert os.read(read, 1) == b"!"
        time.sleep(milliseconds / 1000)  # the signal may come at any moment
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
        assert child.returncode in (0, 130, -signal.SIGINT)
        assert b"Traceback" not in err
        assert b"Error" not in err


LATE = """
import signal, sys
from pi_tui import cli

class Recorder:
    def find_spec(self, name, path=None, target=None):
        if signal.getsignal(signal.SIGINT) is cli._leave:
            print("imported late:", name, file=sys.stderr)

sys.meta_path.insert(0, Recorder())
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["status", "export", "find 999"])
def test_command_imports_nothing_while_ctrl_c_raises_an_exception(
    command: str, database: Path
) -> None:
    """Record late imports: Python prints an exception that comes within one as ignored."""
    assert pi_tui("run", "--digits", 1000, "--db", database).returncode == 0
    words = [sys.executable, "-c", LATE, *command.split(), "--db", str(database)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("imported late")) == (0, 0), done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["export -o {}", "backup {}", "run --digits 9 -o {}"])
def test_cli_signal_leaves_no_half_written_file(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    database, folder = tmp_path / "pi.sqlite3", tmp_path / "out"
    pi_tui("run", "--digits", 400_000, "--no-verify", "--db", database)
    for milliseconds in range(0, 60, 15):
        folder.mkdir()
        words = command.format(folder / "pi.txt").split()
        with started(*words, "--db", database) as child:
            wait_until(lambda: list(folder.iterdir()) or child.poll() is not None)
            time.sleep(milliseconds / 1000)  # the signal may come at any moment
            child.send_signal(number)
            assert child.wait(60) in (0, 128 + number, -number)
        for path in folder.iterdir():
            assert path.name == "pi.txt"
            assert is_whole(path)
        shutil.rmtree(folder)


def is_whole(path: Path) -> bool:
    """Return True for all 400,000 or 9 digits with a line break, or for an undamaged database."""
    if path.read_bytes().startswith(b"SQLite"):
        return pi_tui("check", "--db", path).returncode == 0
    return path.stat().st_size in (400_003, 12)
