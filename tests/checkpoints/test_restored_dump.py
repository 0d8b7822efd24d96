"""A database restored from an SQL dump is as good as the original, though a dump has no header."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import APPLICATION_ID, SCHEMA
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import NotOursError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import GOAL, execute, tale, told
from tests.checkpoints.old_databases import KIND, finish, old
from tests.tiny import Walk, Walks


def restore(path: str) -> str:
    """Dump the database at `path` into a new file, as `sqlite3 A .dump | sqlite3 B` does."""
    new = f"{path}.restored"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(new)) as target:
        target.executescript("\n".join(source.iterdump()))
    assert execute(new, "PRAGMA application_id") == [(0,)]
    return new


def test_restored_database_resumes_at_its_newest_checkpoint(
    saved: Walk, open_store: OpenStore, path: str
) -> None:
    store = open_store(restore(path))
    (run,) = store.runs()
    loaded = store.load(run)
    assert (told(loaded.machine), loaded.notes) == (told(saved), ())
    assert loaded.machine is not None
    assert loaded.machine.finalize() == tale(GOAL)
    store.complete(run, loaded.machine, 1.0, verified=False)
    assert store.check() == []


def test_writer_sets_application_id_and_schema_number_of_a_restored_database(
    saved: Walk, open_store: OpenStore, path: str
) -> None:
    new = restore(path)
    assert glance(new, Walks(), None) is None
    open_store(new).close()
    assert execute(new, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert execute(new, "PRAGMA user_version") == [(SCHEMA,)]
    assert glance(new, Walks(), None) == glance(path, Walks(), None)


def test_restored_database_is_not_changed_by_a_reader(
    saved: Walk, open_store: OpenStore, path: str
) -> None:
    new = restore(path)
    before = Path(new).read_bytes()
    store = open_store(new, write=False)
    assert store.check() == []
    assert store.runs() == open_store(write=False).runs()
    assert Path(new).read_bytes() == before


@pytest.mark.parametrize("schema", [1, 2])
def test_restored_database_of_an_older_version_is_migrated(
    schema: int, open_store: OpenStore, path: str
) -> None:
    old("unfinished", path, schema)
    new = restore(path)
    store = open_store(new, KIND)
    finish(store, store.runs()[0].goal)
    assert store.check() == []
    assert execute(new, "PRAGMA user_version") == [(SCHEMA,)]


@pytest.mark.parametrize("write", [True, False])
def test_database_of_another_program_with_some_tables_named_like_ours_is_refused(
    write: bool, path: str
) -> None:
    execute(path, "CREATE TABLE pi_meta (key, value)")
    execute(path, "CREATE TABLE pi_run (id)")
    before = Path(path).read_bytes()
    with pytest.raises(NotOursError, match="is not a database of checkpoints"):
        CheckpointStore.open(path, Walks(), write=write)
    assert Path(path).read_bytes() == before
