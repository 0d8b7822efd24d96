"""A database with runs of several kinds, a server of the app, and a run in progress."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.kinds import fill
from tests.commands.long_run import OFTEN, SLOW
from tests.commands.serving import Served, serving
from tests.helpers import saved, started, wait_until
from tests.shared import made_once


@pytest.fixture
def mixed(database: Path) -> Path:
    """Return a database with runs of pi, of an example and of a generator; it may be changed."""
    made = made_once("mixed", lambda folder: fill(str(folder / "pi.sqlite3")))
    database.write_bytes((made / "pi.sqlite3").read_bytes())
    return database


@pytest.fixture
def served(database: Path) -> Iterator[Served]:
    with serving(database) as up:
        yield up


@pytest.fixture
def running(database: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a long run and wait until it has saved some digits."""
    with started("run", *SLOW, *OFTEN, "--db", database) as child:
        wait_until(lambda: saved(database))
        assert child.poll() is None
        yield child
