"""A deleted lock file: its holder still counts as the writer, and nobody is locked out."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError
from pi_tui.machine import Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import HOLDER, another_process
from tests.tiny import Walks


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_run_is_refused_while_its_owner_lives_though_its_lock_file_was_deleted(
    open_store: OpenStore, path: str, tmp_path: Path
) -> None:
    with another_process(path) as pid:
        for file in tmp_path.glob("*.lock"):
            file.unlink()
        store = open_store()
        assert store.writer(store.find_run(Task(27))).startswith(f"pid {pid} on ")
        for _ in range(2):
            with pytest.raises(AlreadyOpenError, match=f"already open .*pid {pid} on .*quit that"):
                store.open_run(Walks().task())
    assert store.writer(store.find_run(Task(27))) == ""
    assert str(pid) in store.open_run(Walks().task()).owner, "it was cut off only now"


def test_copy_of_a_database_is_free_while_the_owner_of_the_original_lives(
    path: str, tmp_path: Path
) -> None:
    with another_process(path):
        copy = str(tmp_path / "copy.sqlite3")
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        with CheckpointStore.open(copy, Walks()) as store:
            assert store.open_run(Walks().task()).task == Walks().task()


def test_run_whose_lock_a_living_process_has_released_is_free(
    open_store: OpenStore, path: str
) -> None:
    """A process frees the lock after a failed save, and lives on to show the failure.

    The process is still the owner in the run's row.
    """
    code = HOLDER.replace("print(", "store._locks.let_go(1)\nprint(", 1)
    with another_process(path, code):
        store = open_store()
        assert store.writer(store.find_run(Task(27))) == ""
        store.open_run(Walks().task())
