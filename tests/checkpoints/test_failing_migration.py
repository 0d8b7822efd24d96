"""A migration that is refused, or fails, leaves the old database as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.upgrade import migration
from pi_tui.errors import DamagedError, NotOursError, StorageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import execute
from tests.checkpoints.old_databases import KIND, NAMES, content, old


@pytest.mark.parametrize("name", NAMES)
def test_reader_of_old_database_changes_nothing_and_says_what_to_do(
    name: str, path: str, open_store: OpenStore
) -> None:
    old(name, path)
    before = Path(path).read_bytes()
    with pytest.raises(NotOursError, match=r"earlier version.*open it once for computing"):
        open_store(kind=KIND, write=False)
    assert glance(path, KIND, None) is None
    assert Path(path).read_bytes() == before
    assert os.listdir(Path(path).parent) == ["pi.sqlite3"]


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ("UPDATE pi_run SET digits_per_step = 0", DamagedError),
        (f"UPDATE pi_run SET digits_per_step = {2**53 + 1}", DamagedError),
        ("UPDATE pi_run SET boxes_per_block = 0", DamagedError),
        ("UPDATE pi_run SET boxes_per_block = 'many'", DamagedError),
        ("UPDATE pi_run SET algorithm = 'chudnovsky/1'", NotOursError),
        ("DROP TABLE pi_digits", DamagedError),
        ("ALTER TABLE pi_run RENAME COLUMN digits TO figures", DamagedError),
        ("ALTER TABLE pi_checkpoint RENAME COLUMN sha256 TO hash", DamagedError),
        ("CREATE TABLE pi_old_run (x)", DamagedError),
    ],
)
def test_migration_refuses_a_damaged_or_unknown_database_and_changes_nothing(
    damage: str, error: type[Exception], path: str, open_store: OpenStore
) -> None:
    old("unfinished", path)
    execute(path, damage)
    before = content(path)
    for _ in range(2):
        with pytest.raises(error) as caught:
            open_store(kind=KIND)
        assert str(caught.value).isprintable()
        assert content(path) == before
    assert sorted(os.listdir(Path(path).parent)) == ["pi.sqlite3", "pi.sqlite3.lock"]


def test_migration_without_room_for_a_backup_changes_nothing(
    path: str, open_store: OpenStore
) -> None:
    import resource
    import signal

    old("parts", path)
    before = Path(path).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
    try:
        with pytest.raises(StorageError):
            open_store(kind=KIND)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert Path(path).read_bytes() == before
    assert sorted(os.listdir(Path(path).parent)) == ["pi.sqlite3", "pi.sqlite3.lock"]
    with open_store(kind=KIND) as store:
        assert store.check() == []


def test_migration_that_fails_halfway_leaves_the_old_database(
    path: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old("several", path)
    before = content(path)
    real, moved = migration._move_checkpoint, []

    def failing(*arguments):  # type: ignore[no-untyped-def]
        real(*arguments)
        moved.append(arguments)
        if len(moved) == 4:
            raise MemoryError

    monkeypatch.setattr(migration, "_move_checkpoint", failing)
    with pytest.raises(StorageError, match="not enough memory"):
        open_store(kind=KIND)
    assert content(path) == before
    assert sorted(os.listdir(Path(path).parent)) == ["pi.sqlite3", "pi.sqlite3.lock"]
    monkeypatch.undo()
    with open_store(kind=KIND) as store:
        assert len(store.runs()) == 4
