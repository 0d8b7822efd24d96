"""Databases of version 1.0 are migrated after a backup, and their runs resume."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, SCHEMA
from pi_tui.checkpoints.rows.models import PART
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import NotOursError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import execute
from tests.checkpoints.old_databases import KIND, NAMES, content, finish, old, old_server
from tests.checkpoints.server import Server
from tests.helpers import pi as pi_by_mpmath

NEWEST = "seq = (SELECT max(seq) FROM pi_checkpoint)"
Migrated = Callable[..., CheckpointStore]


@pytest.fixture
def migrated(open_store: OpenStore, path: str) -> Migrated:
    """Return a function that migrates a database of version 1.0; the original is PATH.before."""

    def opened(name: str) -> CheckpointStore:
        old(name, path)
        Path(f"{path}.before").write_bytes(Path(path).read_bytes())
        return open_store(kind=KIND)

    return opened


@pytest.mark.parametrize("name", NAMES)
def test_migration_makes_a_backup_with_the_same_content(
    name: str, migrated: Migrated, path: str
) -> None:
    migrated(name).close()
    assert content(f"{path}.schema-1") == content(f"{path}.before")
    assert os.stat(f"{path}.schema-1").st_mode & 0o777 == 0o600
    tables = execute(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    assert [name for (name,) in tables] == [
        "pi_checkpoint", "pi_meta", "pi_output", "pi_piece", "pi_run",
    ]  # fmt: skip
    assert execute(path, "PRAGMA user_version") == [(SCHEMA,)]


def test_finished_run_of_1_0_stays_finished_and_verified(migrated: Migrated, path: str) -> None:
    store = migrated("finished")
    (run,) = store.runs()
    loaded = store.load(store.open_run(run.task))
    assert (loaded.run.status, loaded.run.verified, loaded.notes) == (COMPLETE, True, ())
    assert loaded.output == pi_by_mpmath(1000)
    assert store.check() == []
    seen = glance(path, KIND, None)
    assert seen is not None
    assert seen.output == pi_by_mpmath(1000)


def test_unfinished_run_of_1_0_resumes_from_its_newest_checkpoint(migrated: Migrated) -> None:
    store = migrated("unfinished")
    assert store.check() == []
    assert store.runs()[0].owner == ""  # version 1.0 recorded no owner
    loaded = finish(store, 3000)
    assert loaded.checkpoint is not None
    assert (loaded.checkpoint.seq, loaded.checkpoint.steps, loaded.checkpoint.length) == (
        3,
        27,
        1000,
    )
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [3, 2]
    assert loaded.run.elapsed == 1.5
    assert store.check() == []


def test_unfinished_run_of_1_0_keeps_its_parameters(migrated: Migrated) -> None:
    (run,) = migrated("unfinished").runs()
    numbers = run.task.parameters
    assert (numbers["digits_per_step"], numbers["boxes_per_block"]) == (40, 64)
    assert numbers["series"] == "rabinowitz-wagon"


def test_both_checkpoints_of_1_0_can_be_resumed(migrated: Migrated) -> None:
    store = migrated("unfinished")
    (run,) = store.runs()
    newest, older = store.load(run).checkpoints
    for checkpoint in (newest, older):
        loaded = store.load(run, checkpoint.seq + 1)
        assert (loaded.checkpoint, loaded.notes) == (checkpoint, ())
        assert loaded.machine is not None
        assert loaded.machine.finalize() == pi_by_mpmath(3000)


def test_two_checkpoints_of_one_state_are_migrated(path: str, open_store: OpenStore) -> None:
    """Version 1.0 saved an unchanged state again, part by part."""
    old("unfinished", path)
    for name in ("pi_checkpoint", "pi_checkpoint_part"):
        execute(path, f"DELETE FROM {name} WHERE seq = 2")
        columns = [
            column for (column,) in execute(path, f"SELECT name FROM pragma_table_info('{name}')")
        ]
        copied = ["2" if column == "seq" else column for column in columns]
        execute(path, f"INSERT INTO {name} SELECT {', '.join(copied)} FROM {name} WHERE seq = 3")
    store = open_store(kind=KIND)
    assert store.check() == []
    run = store.runs()[0]
    newest, older = (store.load(run, before).machine for before in (None, 3))
    assert newest is not None
    assert older is not None
    assert older.steps == newest.steps
    assert finish(store, 3000).notes == ()


def test_several_runs_of_1_0_keep_content_and_order(migrated: Migrated) -> None:
    store = migrated("several")
    runs = [(run.goal, run.status, run.verified, run.committed) for run in store.runs()]
    assert runs == [
        (500, COMPLETE, True, 500),
        (900, ACTIVE, False, 279),
        (1200, COMPLETE, False, 1200),
        (800, ACTIVE, False, 344),
    ]
    latest = store.latest_run()
    assert latest is not None
    assert latest.goal == 900
    for digits in (800, 900):
        assert finish(store, digits).checkpoint is not None
    for run in store.runs():
        assert store.load(run).output == pi_by_mpmath(run.goal)
    finish(store, 700)  # a new one beside them
    assert store.check() == []


def test_migrated_state_of_several_parts_is_undamaged(migrated: Migrated, path: str) -> None:
    store = migrated("parts")
    assert execute(path, "SELECT part, length(data) FROM pi_piece ORDER BY part")[0] == (0, PART)
    assert store.check() == []
    loaded = finish(store, 60_000)
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.size > PART
    assert loaded.notes == ()


def test_damaged_checkpoint_of_1_0_stays_damaged_and_the_older_one_is_loaded(
    migrated: Migrated,
) -> None:
    store = migrated("damaged")
    assert store.check() == ["run 2000: checkpoint 3: its piece state is missing or damaged"]
    loaded = finish(store, 2000)
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.seq == 2
    assert "checkpoint 3 is damaged" in loaded.notes[0]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pi_checkpoint SET size = 1000000000000 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = -1 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = 'large' WHERE {newest}",
        "UPDATE pi_checkpoint SET size = size - 1 WHERE {newest}",
        "UPDATE pi_checkpoint SET sha256 = 'text' WHERE {newest}",
        "UPDATE pi_checkpoint SET sha256 = zeroblob(32) WHERE {newest}",
        "UPDATE pi_checkpoint SET sha256 = zeroblob(3) WHERE {newest}",
        "UPDATE pi_checkpoint SET iteration = iteration + 1 WHERE {newest}",
        "UPDATE pi_checkpoint SET iteration = 'many' WHERE {newest}",
        "UPDATE pi_checkpoint SET count = count - 1 WHERE {newest}",
        "DELETE FROM pi_checkpoint_part WHERE {newest}",
        "UPDATE pi_checkpoint_part SET data = 'text' WHERE {newest}",
        "UPDATE pi_checkpoint_part SET part = 7 WHERE {newest}",
    ],
)
def test_checkpoint_of_1_0_damaged_in_a_column_or_a_part_is_skipped_after_migration(
    damage: str, path: str, open_store: OpenStore
) -> None:
    old("unfinished", path)
    execute(path, damage.format(newest=NEWEST))
    store = open_store(kind=KIND)
    loaded = finish(store, 3000)
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.seq == 2
    assert re.match("checkpoint 3 (is damaged|cannot be read by this program)", loaded.notes[0])


def test_damaged_digits_stay_damaged_after_migration(path: str, open_store: OpenStore) -> None:
    old("finished", path)
    execute(path, "UPDATE pi_digits SET data = replace(data, '4', '5')")
    store = open_store(kind=KIND)
    assert any("is damaged" in problem for problem in store.check())
    loaded = store.load(store.open_run(KIND.task(1000)))
    assert (loaded.run.status, loaded.run.verified, loaded.output) == (ACTIVE, False, b"")


def test_migration_happens_only_once(migrated: Migrated, path: str, open_store: OpenStore) -> None:
    migrated("several").close()
    before = Path(path).read_bytes()
    open_store(kind=KIND).close()
    assert Path(path).read_bytes() == before
    assert sorted(os.listdir(Path(path).parent)) == [
        "pi.sqlite3", "pi.sqlite3.before", "pi.sqlite3.lock", "pi.sqlite3.schema-1",
    ]  # fmt: skip


def test_migration_does_not_replace_an_existing_backup(migrated: Migrated, path: str) -> None:
    Path(f"{path}.schema-1").write_text("mine")
    migrated("unfinished").close()
    assert Path(f"{path}.schema-1").read_text() == "mine"
    assert content(f"{path}.schema-1.2") == content(f"{path}.before")


@pytest.mark.parametrize(
    ("name", "unfinished"), [("several", [800, 900]), ("parts", [60_000]), ("damaged", [2000])]
)
def test_postgres_database_of_1_0_is_migrated(
    name: str,
    unfinished: list[int],
    postgres: Server,
    postgres_url: str,
    open_store: OpenStore,
    tmp_path: Path,
) -> None:
    old_server(postgres, postgres_url, name, tmp_path)
    with pytest.raises(NotOursError, match=r"earlier version.*open it once for computing"):
        open_store(postgres_url, KIND, write=False)
    store = open_store(postgres_url, KIND)
    goals = sorted(run.goal for run in store.runs())
    for digits in unfinished:
        loaded = finish(store, digits)
        assert loaded.checkpoint is not None
        assert bool(loaded.notes) == (name == "damaged")
    finish(store, 700)  # its id is a new one
    assert store.check() == []
    store.close()
    store = open_store(postgres_url, KIND)
    assert sorted(run.goal for run in store.runs()) == sorted([*goals, 700])
