"""A file that replaces an open database is reported, and not changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from pi_tui.machine import Piece, Work
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, begin, execute, save_some, tale, told
from tests.tiny import Finished, Walk, Walks

TOLD = "was replaced while it was open"
Deed = Callable[[CheckpointStore, Run, Walk], object]
DEEDS: dict[str, Deed] = {
    "save": lambda store, run, walk: store.save(run, advance(walk, 5), 1.0),
    "complete": lambda store, run, walk: store.complete(
        run, Finished(walk.finalize()), 1.0, verified=False
    ),
    "cut": lambda store, run, walk: store.cut(run, 3),
    "leave": lambda store, run, walk: store.leave(run),
    "restart": lambda store, run, walk: store.restart(run, run.task),
    "mark verified": lambda store, run, walk: store.mark_verified(run),
    "delete": lambda store, run, walk: store.delete(run.task),
    "open a run": lambda store, run, walk: store.open_run(Walks().task(99)),
}


def finished_elsewhere(open_store: OpenStore, path: str, goal: int) -> str:
    """Make another database whose finished run has the id and epoch of ours; return its path."""
    other = f"{path}.other"
    with open_store(other) as store:
        run, walk = save_some(store, goal=goal)
        store.complete(run, Finished(walk.finalize()), 1.0, verified=True)
        assert run.id == 1
    assert execute(other, "SELECT epoch FROM pi_run") == [(1,)]
    return other


@pytest.mark.parametrize("goal", [27, 97])
@pytest.mark.parametrize("deed", DEEDS)
def test_store_writes_nothing_into_another_database_that_replaced_its_file(
    deed: str, goal: int, open_store: OpenStore, path: str
) -> None:
    other = finished_elsewhere(open_store, path, goal)
    store = open_store()
    run, walk = save_some(store)
    assert run.id == 1
    shutil.copy(other, f"{path}.copy")
    os.replace(f"{path}.copy", path)
    before = Path(path).read_bytes()
    for _ in range(2):
        with pytest.raises(StorageError, match=TOLD):
            DEEDS[deed](store, run, walk)
    assert Path(path).read_bytes() == before
    assert not Path(f"{path}-journal").exists()
    store.close()
    with open_store() as store:
        assert store.check() == []
        loaded = store.load(store.runs()[0])
        assert (loaded.run.goal, loaded.run.status, loaded.run.verified) == (goal, COMPLETE, True)
        assert loaded.output == tale(goal)


@pytest.mark.parametrize("what", [b"", b"my notes\n" * 200])
def test_save_leaves_a_foreign_replacement_file_alone(
    what: bytes, store: CheckpointStore, path: str
) -> None:
    run, walk = save_some(store)
    Path(f"{path}.new").write_bytes(what)
    os.replace(f"{path}.new", path)
    with pytest.raises(StorageError, match=TOLD):
        store.save(run, advance(walk, 5), 1.0)
    assert Path(path).read_bytes() == what


def test_save_works_again_once_the_file_is_back(store: CheckpointStore, path: str) -> None:
    run, walk = save_some(store)
    os.rename(path, f"{path}.away")
    Path(path).write_bytes(b"")
    with pytest.raises(StorageError, match=TOLD):
        store.save(run, advance(walk, 5), 1.0)
    os.replace(f"{path}.away", path)
    store.save(run, advance(walk, 5), 1.0)
    assert store.load(run).output == walk.output
    assert store.check() == []


def test_save_into_an_older_copy_of_the_database_adds_what_it_lacks(
    store: CheckpointStore, path: str
) -> None:
    """The copy lacks data that the store trusts to be in the file."""
    run, walk = save_some(store, times=1)
    store.backup(f"{path}.backup")
    for _ in range(3):
        store.save(run, advance(walk, 10), 1.0)
    os.replace(f"{path}.backup", path)
    store.save(run, advance(walk, 10), 1.0)
    assert store.check() == []
    loaded = store.load(run)
    assert (loaded.notes, loaded.output) == ((), walk.output)
    assert loaded.machine is not None
    assert loaded.machine.finalize() == tale()


def test_save_fails_if_the_file_is_replaced_during_the_save(
    store: CheckpointStore, path: str, open_store: OpenStore
) -> None:
    other = finished_elsewhere(open_store, path, 97)
    run, walk = save_some(store)
    before = Path(other).read_bytes()

    class Replacing(Walk):
        def work(self):  # type: ignore[no-untyped-def]
            os.replace(other, path)
            return super().work()

    mover = Replacing(run.task)
    advance(mover, walk.steps + 5)
    with pytest.raises(StorageError, match=TOLD):
        store.save(run, mover, 1.0)
    assert Path(path).read_bytes() == before


def test_postgres_save_refuses_a_database_with_another_identity(
    open_store: OpenStore, postgres_url: str
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE pi_meta SET value = 'x' WHERE key = 'database'")
    with pytest.raises(StorageError, match=TOLD):
        store.save(run, advance(walk, 5), 1.0)


def test_save_fails_if_the_file_is_replaced_by_a_copy_of_itself_during_the_save(
    store: CheckpointStore, path: str
) -> None:
    run, walk = save_some(store)
    store.backup(f"{path}.copy")

    class Replacing(Walk):
        def work(self) -> Work:
            if os.path.exists(f"{path}.copy"):
                os.replace(f"{path}.copy", path)
            return super().work()

    mover = advance(Replacing(run.task), walk.steps + 5)
    with pytest.raises(StorageError, match="replaced"):
        store.save(run, mover, 1.0)
    store.save(run, mover, 1.0)
    assert told(store.load(run).machine) == told(mover)


def test_piece_saved_after_the_file_was_replaced_by_a_copy_is_read_back(
    store: CheckpointStore, path: str
) -> None:
    run, walk = begin(store)
    store.save(run, advance(walk, 3), 0.0)
    assert walk.table is not None
    assert walk.table.saved is not None
    walk.table.saved()
    store.backup(f"{path}.copy")
    os.replace(f"{path}.copy", path)
    other = Walk(run.task)
    advance(other, 4)
    other.keep_table(Piece(b"another table" * 10, lasting=True))
    store.save(run, other, 0.0)
    assert other.table is not None
    assert other.table.saved is not None
    assert other.table.saved() == b"another table" * 10
