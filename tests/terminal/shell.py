"""An interactive bash in a terminal, and the app that is started in it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from tests.helpers import PI_TUI
from tests.terminal.emulator import Terminal

BASH = ("-c", "import os; os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])")
UNSAVED = ("--checkpoint-every", "0")
"""Arguments of a run that saves only when it exits."""


def bash(**environment: Any) -> Terminal:
    terminal = Terminal(program=BASH, PS1="ready> ", HISTFILE="/dev/null", **environment)
    terminal.see("ready>")
    return terminal


def typed(*command: object) -> str:
    return shlex.join(map(str, (*PI_TUI, *command))) + "\n"


APP = ("--digits", 90_000, "--pace", 2_000, *UNSAVED)


def watched(terminal: Terminal, database: Path) -> int:
    """Start the app by typing, and wait for some digits; return its pid."""
    terminal.send(typed("--db", database, *APP))
    terminal.see("running")
    terminal.see(r"digits [\d,]+ – [\d,]*\d,\d{3} ")
    return holder(database)


def holder(database: Path) -> int:
    """Return the pid in the lock of the run."""
    (lock,) = database.parent.glob(f"{database.name}.run-*.lock")
    return int(lock.read_text().split()[1])


def state_of(pid: int) -> str:
    """Return the process state (R, S, T …), or "" if the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0].strip("Z")
    except OSError:
        return ""
