"""Stores that are opened at the same moment: one migrates, one makes the tables, one begins."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pi_tui.checkpoints import opening
from pi_tui.checkpoints.locking.file_lock import FileLock
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError
from pi_tui.machine import Kind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import files
from tests.checkpoints.old_databases import KIND, old
from tests.tiny import Walks


def open_at_once(location: str, kind: Kind) -> list[list[int]]:
    """Open four stores at the same moment; return the goals that each of them sees."""
    ready = threading.Barrier(4)

    def goals(_: int) -> list[int]:
        ready.wait()
        with CheckpointStore.open(location, kind) as store:
            return [run.goal for run in store.runs()]

    with ThreadPoolExecutor(4) as lanes:
        return list(lanes.map(goals, range(4)))


def test_simultaneous_starts_migrate_an_old_database_once(path: str, tmp_path: Path) -> None:
    old("several", path)
    seen = open_at_once(path, KIND)
    assert seen == [seen[0]] * 4
    assert len(seen[0]) > 1
    assert [name for name in files(tmp_path) if ".schema-" in name] == ["pi.sqlite3.schema-1"]


def test_migration_is_refused_while_other_processes_have_the_database_open(
    path: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_MOMENT", 0.2)
    old("several", path)
    before = Path(path).read_bytes()
    other = FileLock(Path(f"{path}.lock"))
    assert other.take(shared=True)
    with pytest.raises(AlreadyOpenError):
        open_store(kind=KIND)
    other.release()
    assert Path(path).read_bytes() == before
    open_store(kind=KIND)


def test_simultaneous_starts_create_the_tables_of_a_server_once(postgres_url: str) -> None:
    assert open_at_once(postgres_url, Walks()) == [[]] * 4


def test_simultaneous_starts_of_a_new_run_on_a_server_admit_one_writer(
    postgres_url: str, open_store: OpenStore
) -> None:
    stores = [open_store(postgres_url) for _ in range(4)]
    ready = threading.Barrier(4)

    def begins(store: CheckpointStore) -> bool:
        ready.wait()
        try:
            store.open_run(Walks().task())
        except AlreadyOpenError:
            return False
        return True

    with ThreadPoolExecutor(4) as lanes:
        assert sorted(lanes.map(begins, stores)) == [False, False, False, True]
    assert len(stores[0].runs()) == 1
