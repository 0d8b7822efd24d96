"""Under an interactive bash: its signals come on top of the kernel's."""

from __future__ import annotations

import shlex
import signal
import time
from pathlib import Path

import pytest

from tests.commands.test_run import SLOW
from tests.helpers import PI_TUI, saved, started, wait_until
from tests.terminal.emulator import Terminal

BASH = ("-c", "import os; os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])")
UNSAVED = ("--checkpoint-every", "0")
"""Nothing is saved but by the way out."""


def bash() -> Terminal:
    terminal = Terminal(program=BASH, PS1="ready> ", HISTFILE="/dev/null")
    terminal.see("ready>")
    return terminal


def typed(*command: object) -> str:
    return shlex.join(map(str, (*PI_TUI, *command))) + "\n"


@pytest.mark.parametrize("attempt", range(3))
def test_a_window_closed_over_run_saves_though_it_is_told_twice(
    attempt: int, database: Path
) -> None:
    with bash() as terminal:
        terminal.send(typed("run", *SLOW, *UNSAVED, "--db", database))
        terminal.see(r"running +\S+ +[1-9][\d,]*/100,000")
        terminal.close()
        wait_until(lambda: saved(database))


@pytest.mark.parametrize("between", [0.0, 0.02])
@pytest.mark.parametrize(
    "numbers", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGTERM)]
)
def test_two_signals_within_an_instant_are_one(
    numbers: tuple[signal.Signals, signal.Signals], between: float, database: Path
) -> None:
    with started("run", *SLOW, *UNSAVED, "--db", database) as child:
        assert child.stderr
        while b"running: " not in (line := child.stderr.readline()):
            assert line, "it ended"
        child.send_signal(numbers[0])
        time.sleep(between)  # the point of this test: how far apart they come
        child.send_signal(numbers[1])
        _, err = child.communicate(timeout=60)
        assert child.returncode == 128 + numbers[0]
        assert b"saved " in err
    assert saved(database)
