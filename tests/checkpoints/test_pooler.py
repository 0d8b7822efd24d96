"""PostgreSQL behind a pooler, which may give every transaction another session of the server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from pi_tui.checkpoints.locking.process import my_mark
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, StorageError
from pi_tui.machine import Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import (
    GOAL,
    advance,
    begin,
    same_database_opened_again,
    save_some,
    tale,
    told,
)
from tests.checkpoints.pooler import Pooler
from tests.checkpoints.server import Server
from tests.checkpoints.test_without_locks import WRITER
from tests.tiny import Walks

LOCKS = (
    "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database "
    "WHERE locktype = 'advisory' AND datname = current_database()"
)


@pytest.fixture(scope="module", params=["transaction", "session"])
def pooler(request: pytest.FixtureRequest, postgres: Server) -> Iterator[Pooler]:
    made = Pooler(postgres, request.param)
    yield made
    made.close()


@pytest.fixture
def pooled(pooler: Pooler, postgres_url: str) -> str:
    """Return the URL of a new, empty database behind the pooler."""
    return pooler.url(postgres_url)


def test_run_behind_a_pooler_finishes_and_warns_that_it_has_no_lock(
    pooled: str, postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    with open_store(pooled) as store:
        assert "behind a connection pooler; if this run is started elsewhere" in store.locks.note
        save_some(store, times=4)
    with open_store(pooled) as store:
        run = store.open_run(Walks().task())
        walk = store.load(run).machine
        assert walk is not None
        walk.finalize()
        store.complete(run, walk, 1.0, verified=True)
    with open_store(pooled, write=False) as reader:
        assert reader.load(run).output == tale()
        assert reader.check() == []
    assert postgres.query(LOCKS, postgres_url) == [(0,)]


def write_and_kill(url: str) -> None:
    command = [sys.executable, "-c", WRITER, url, "3"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert "pooler" in process.stdout.readline(), process.communicate()
        process.kill()
        assert process.communicate()[1] == ""


def test_run_behind_a_pooler_is_saved_again_after_kills_despite_sessions_of_dead_processes(
    pooled: str, postgres: Server, postgres_url: str
) -> None:
    for _ in range(4):
        write_and_kill(pooled)
    assert postgres.query(LOCKS, postgres_url) == [(0,)]


def test_reader_behind_a_pooler_leaves_no_read_only_session(
    pooled: str, open_store: OpenStore
) -> None:
    store = open_store(pooled)
    run, walk = save_some(store)
    for _ in range(4):
        with open_store(pooled, write=False) as reader:
            assert told(reader.load(run).machine) == told(walk)
            with pytest.raises(StorageError, match="cannot be written"):
                reader.delete(Task(GOAL))
        store.save(run, advance(walk, 1), 0.0)


def test_start_with_or_without_pooler_refuses_a_run_whose_owner_lives(
    pooled: str, postgres_url: str, open_store: OpenStore
) -> None:
    command = [sys.executable, "-c", WRITER, pooled, "3"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            for url in (pooled, postgres_url):
                store = open_store(url)
                run = store.find_run(Task(GOAL))
                assert run is not None
                assert store.writer(run).startswith(f"pid {process.pid} on ")
                with pytest.raises(AlreadyOpenError, match=f"pid {process.pid} on "):
                    store.open_run(run.task)
                assert store.writer(run).startswith(f"pid {process.pid} on ")
                store.close()
        finally:
            process.kill()
    store = open_store(pooled)
    assert store.writer(store.find_run(Task(GOAL))) == ""
    store.open_run(Walks().task())


def test_start_behind_a_pooler_refuses_a_run_locked_by_a_direct_connection(
    pooled: str, postgres_url: str, open_store: OpenStore
) -> None:
    begin(open_store(postgres_url))
    with pytest.raises(AlreadyOpenError, match="walk 27 is already open in this process"):
        begin(open_store(pooled))


def test_writer_behind_a_pooler_is_refused_after_another_store_claims_its_run(
    pooled: str, postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(pooled)
    run, walk = save_some(store)
    elsewhere = my_mark(unlocked=True).replace("#", "#0")
    postgres.execute(f"UPDATE pi_run SET owner = '{elsewhere}'", postgres_url)
    found = store.find_run(Task(GOAL))
    assert store.writer(found) == my_mark().partition(" #")[0]
    with CheckpointStore.open(pooled, Walks()) as other:
        same_database_opened_again(other).open_run(run.task)
        with pytest.raises(AlreadyOpenError, match="took over"):
            store.save(run, advance(walk, 1), 0.0)


def test_three_writers_behind_a_pooler_save_different_runs_in_turns(
    pooled: str, open_store: OpenStore
) -> None:
    stores = [open_store(pooled) for _ in range(3)]
    begun = [begin(store, goal) for store, goal in zip(stores, (27, 97, 871), strict=True)]
    for _ in range(5):
        for store, (run, walk) in zip(stores, begun, strict=True):
            store.save(run, advance(walk, 5), 0.0)
    for store, (run, walk) in zip(stores, begun, strict=True):
        assert told(store.load(run).machine) == told(walk)
