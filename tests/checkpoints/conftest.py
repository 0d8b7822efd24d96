"""Stores in real files, and a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Kind
from tests.checkpoints.server import Server
from tests.tiny import Walks

OpenStore = Callable[..., CheckpointStore]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "pi.sqlite3")


@pytest.fixture
def open_store(path: str) -> Iterator[OpenStore]:
    """Return a function that opens a store of walks, by default at `path`; close all at the end."""
    with ExitStack() as stack:

        def opened(
            location: str = path, kind: Kind | None = None, *, write: bool = True
        ) -> CheckpointStore:
            store = CheckpointStore.open(location, kind or Walks(), write=write)
            return stack.enter_context(store)

        yield opened


@pytest.fixture
def store(open_store: OpenStore) -> CheckpointStore:
    return open_store()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start a real server for all tests of the session."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """Return the URL of a new, empty database on the tests' PostgreSQL server."""
    return postgres.new_database()
