"""Prints and log records of a machine appear above the progress bar, complete and in order."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pyte
import pytest

PROGRAM = """
import logging, sys, time
from pi_tui import carry_on, carry_on_all, resumable

logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)

@resumable
def talk(goal, at=0):
    while at < goal:
        at += 1
        print("printed", at)
        logging.info("logged %s", at)
        time.sleep(0.15)  # the bar is drawn ten times a second
        yield {"at": at}, f"{at} ", at / goal

if sys.argv[1] == "one":
    code, output = carry_on(talk.kind, talk.task(6), "talk.sqlite3")
else:
    code, outputs = carry_on_all(talk.kind, [talk.task(6)], "talk.sqlite3")
    output = outputs[talk.task(6)]
print(code, output.decode().strip())
logging.info("the end")
"""
PRINTED = [f"printed {n}" for n in range(1, 7)]
LOGGED = [f"INFO logged {n}" for n in range(1, 7)]
LAST = "0 1 2 3 4 5 6"


def seen(folder: Path, how: str, stdout: int | None = None) -> list[str]:
    """Run the program in a terminal; return the lines on the screen afterwards.

    `how` is `one` for one run, `all` for a batch. `stdout` is a file for its standard output, by
    default the terminal.
    """
    (folder / "talk.py").write_text(PROGRAM)
    ours, its = pty.openpty()
    screen = pyte.Screen(80, 40)
    screen.set_mode(pyte.modes.LNM)
    stream = pyte.ByteStream(screen)
    command = [sys.executable, "-W", "error", "talk.py", how]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40"}
    with subprocess.Popen(
        command, cwd=folder, stdout=its if stdout is None else stdout, stderr=its, env=environment
    ) as child:
        os.close(its)
        while data := _read(ours):
            stream.feed(data)
    os.close(ours)
    assert child.returncode == 0
    return [line.rstrip() for line in screen.display if line.strip()]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other side is closed
        return b""


@pytest.mark.parametrize("how", ["one", "all"])
def test_prints_and_logs_appear_complete_above_the_bar(how: str, tmp_path: Path) -> None:
    lines = seen(tmp_path, how)
    both = [line for pair in zip(PRINTED, LOGGED, strict=True) for line in pair]
    assert lines == [*both, LAST, "INFO the end"]


def test_prints_reach_the_file_that_stdout_is_redirected_to(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        lines = seen(tmp_path, "one", out.fileno())
    assert (tmp_path / "out").read_text().splitlines() == [*PRINTED, LAST]
    assert lines == [*LOGGED, "INFO the end"]
