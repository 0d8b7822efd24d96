"""A database with runs of several kinds, and a server of the app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.kinds import fill
from tests.commands.serving import Served, serving
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
