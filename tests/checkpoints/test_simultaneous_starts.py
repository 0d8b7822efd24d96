"""Stores that are opened at the same moment: one migrates, one makes the tables, one begins."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Row

from pi_tui.checkpoints import opening
from pi_tui.checkpoints.connection.engine import connect
from pi_tui.checkpoints.locking import server_lock
from pi_tui.checkpoints.locking.file_lock import FileLock, soon
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.upgrade import migration
from pi_tui.errors import AlreadyOpenError
from pi_tui.files.location import parse_location
from pi_tui.machine import Kind, Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import files
from tests.checkpoints.old_databases import KIND, old, old_server
from tests.checkpoints.server import Server
from tests.helpers import wait_until
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


@pytest.mark.parametrize("where", ["file", "server"])
def test_second_of_two_migrations_without_locks_keeps_all_runs_and_leaves_no_copy(
    where: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    location, copies = str(tmp_path / "pi.sqlite3"), [f"pi.sqlite3.schema-2{n}" for n in ("", ".2")]
    if where == "file":
        old("several", location, schema=2)
    else:
        server: Server = request.getfixturevalue("postgres")
        location, copies = server.new_database(), []
        old_server(server, location, "several", tmp_path, schema=2)
    place, identify = parse_location(location), migration._identify_runs

    def second_is_waiting() -> bool:
        if where == "file":
            return (tmp_path / copies[1]).exists()
        return bool(server.query("SELECT 1 FROM pg_locks WHERE NOT granted", location))

    with ThreadPoolExecutor(1) as lane:
        second = list[Future[None]]()

        def identify_while_the_second_waits(connection: Connection) -> None:
            monkeypatch.setattr(migration, "_identify_runs", identify)
            second.append(lane.submit(migration.migrate, connect(place, "write"), place, 2))
            wait_until(second_is_waiting)
            identify(connection)

        monkeypatch.setattr(migration, "_identify_runs", identify_while_the_second_waits)
        migration.migrate(connect(place, "write"), place, 2)
        second[0].result()
    with CheckpointStore.open(location, KIND) as store:
        assert (len(store.runs()), store.check()) == (4, [])
    assert [name for name in files(tmp_path) if ".schema-" in name] == copies[:1]


def test_migration_is_refused_while_another_has_the_lock_of_the_database(
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


def test_simultaneous_starts_on_an_empty_server_database_all_succeed(postgres_url: str) -> None:
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


def test_postgres_start_that_waits_for_a_taken_run_does_not_delay_a_start_of_another(
    postgres_url: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner, loser, third = (open_store(postgres_url) for _ in range(3))
    begin, goals = CheckpointStore._begin, list[int]()

    def begin_late(store: CheckpointStore, connection: Connection, task: Task) -> Row[Any]:
        monkeypatch.setattr(CheckpointStore, "_begin", begin)
        winner.open_run(task)
        monkeypatch.setattr(server_lock, "soon", wait)
        return begin(store, connection, task)

    def wait(_attempt: object, _seconds: float) -> bool:
        monkeypatch.setattr(server_lock, "soon", soon)
        goals.append(third.open_run(Walks().task(97)).goal)
        return False

    monkeypatch.setattr(CheckpointStore, "_begin", begin_late)
    with pytest.raises(AlreadyOpenError):
        loser.open_run(Walks().task())
    assert goals == [97]
