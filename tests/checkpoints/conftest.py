"""Stores in real files, empty or with a run that was saved three times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Kind
from tests.checkpoints.helpers import save_some
from tests.tiny import Walk, Walks

OpenStore = Callable[..., CheckpointStore]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "pi.sqlite3")


@pytest.fixture
def open_store(path: str) -> Iterator[OpenStore]:
    """Return a function that opens a store, by default of walks (tests/tiny.py) at `path`.

    All stores are closed at the end of the test.
    """
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


@pytest.fixture
def saved(open_store: OpenStore) -> Walk:
    """Save three checkpoints in a file, which keeps two; return the machine at the last one."""
    store = open_store()
    _, walk = save_some(store)
    store.close()
    return walk
