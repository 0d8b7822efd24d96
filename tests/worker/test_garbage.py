"""The garbage collector is off during a start, and on afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ASK = """\
import gc, sys
from pi_tui.cli import main
walks = []
gc.callbacks.append(lambda phase, info: walks.append(info["generation"]))
try:
    main(sys.argv[1:])
finally:
    print(gc.isenabled(), gc.get_freeze_count() > 10_000, 2 in walks, file=sys.stderr)
"""


def told(*arguments: str) -> str:
    """Return whether the collector ends enabled, froze objects, and ever ran a full collection."""
    done = subprocess.run([sys.executable, "-c", ASK, *arguments], capture_output=True, text=True)
    return done.stderr.splitlines()[-1]


def test_short_run_makes_no_full_collection_and_ends_with_the_collector_on(tmp_path: Path) -> None:
    database = str(tmp_path / "a.sqlite3")
    assert told("run", "--digits", "200", "--db", database) == "True True False"


@pytest.mark.parametrize("arguments", [("run",), ("run", "--digits", "0"), ("stat",)])
def test_refused_command_leaves_the_collector_enabled(arguments: tuple[str, ...]) -> None:
    assert told(*arguments, "--db", "/nowhere/a.sqlite3").startswith("True")
