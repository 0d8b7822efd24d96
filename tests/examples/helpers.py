"""Run, kill and resume whole programs made of a machine."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from pi_tui.machine import Kind
from tests.helpers import LIMIT

_ROOT = Path(__file__).parents[2]
README = (_ROOT / "README.md").read_text("utf-8")
LIBRARY = (_ROOT / "pi_tui" / "README.md").read_text("utf-8")


def section(text: str, title: str) -> str:
    """Return the text of a document under this heading."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def program_in(text: str) -> str:
    """Return the first Python program in a text."""
    return text.partition("```python\n")[2].partition("```")[0]


SECTION = section(LIBRARY, "A machine")
PROGRAM = program_in(SECTION)
PYTHON = (sys.executable, "-W", "error")


def readme_program(folder: Path) -> Kind:
    """Return the kind that the program in the library's README defines."""
    names: dict[str, Any] = {"__name__": "collatz"}
    exec(compile(PROGRAM, folder / "collatz.py", "exec"), names)
    made = names["Searches"]()
    assert isinstance(made, Kind)
    return made


def ended(*command: object) -> subprocess.CompletedProcess[str]:
    """Run the program to its end; return the finished process."""
    whole = [*PYTHON, *map(str, command)]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=LIMIT)


@contextmanager
def running(*command: object) -> Iterator[subprocess.Popen[str]]:
    """Run the program in the background; end it after the test, whatever happens."""
    whole, pipe = [*PYTHON, *map(str, command)], subprocess.PIPE
    with subprocess.Popen(whole, stdout=pipe, stderr=pipe, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def last_line(err: str) -> str:
    """Return the last line of a program's standard error; before it, only progress lines may come.

    Raises AssertionError for any other line.
    """
    *progress, last = err.splitlines()
    assert all(re.match("(preparing|running|saving|verifying): ", line) for line in progress), err
    return last


def saved_steps(database: Path, kind: Kind) -> int:
    """Return the steps in the newest checkpoint of the kind's only run; 0 if there is none."""
    try:
        with CheckpointStore.open(str(database), kind, write=False) as store:
            found = [store.load(run).checkpoint for run in store.runs()]
    except PiTuiError:  # not created yet
        return 0
    return found[0].steps if found and found[0] else 0
