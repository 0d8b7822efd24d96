"""A PostgreSQL server that answers late or never, or is lost, and the save after that."""

from __future__ import annotations

import os
import resource
import socket
from contextlib import ExitStack, suppress
from typing import Any, cast

import pytest

from pi_tui.checkpoints.connection import answer_timeout
from pi_tui.checkpoints.connection.answer_timeout import NoAnswerError
from pi_tui.checkpoints.locking.server_lock import ServerLocks
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, StorageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, save_some, told
from tests.checkpoints.server import Server, name_in
from tests.tiny import Walks


def test_postgres_save_works_again_after_a_lost_connection(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
    postgres.execute(kill + " AND datname = current_database()", postgres_url)
    with pytest.raises(StorageError, match="cannot be reached"):
        store.save(run, advance(walk, 1), 0.0)
    store.save(run, walk, 0.0)
    assert told(store.load(run).machine) == told(walk)


def test_postgres_lock_is_taken_again_after_an_outage(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    name = name_in(postgres_url)
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    postgres.execute(f"{kill} WHERE datname = '{name}'")
    for _ in range(2):
        with pytest.raises(StorageError):
            store.save(run, advance(walk, 1), 0.0)
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    store.save(run, walk, 0.0)
    assert open_store(postgres_url, write=False).writer(run) != ""
    with pytest.raises(AlreadyOpenError):
        open_store(postgres_url).open_run(run.task)


def test_postgres_save_works_again_after_a_lost_connection_that_the_server_still_keeps(
    postgres_url: str, open_store: OpenStore
) -> None:
    """As after the sleep of a laptop: the server waits for a client that is not there any more."""
    store = open_store(postgres_url)
    run, walk = save_some(store)
    assert isinstance(store.locks, ServerLocks)
    assert store.locks._connection is not None
    with ExitStack() as kept:
        with store._engine.connect() as connection:
            for one in (connection, store.locks._connection):
                lost = cast(Any, one.connection.driver_connection).pgconn.socket
                kept.callback(os.close, os.dup(lost))
                ours, other = socket.socketpair()
                with ours, other:
                    os.dup2(ours.fileno(), lost)
        with suppress(StorageError):
            store.save(run, advance(walk, 1), 0.0)
        store.save(run, advance(walk, 1), 0.0)
        assert told(store.load(run).machine) == told(walk)
        assert open_store(postgres_url, write=False).writer(run) != ""


@pytest.mark.parametrize("is_leaving", [False, True])
def test_postgres_server_that_hangs_times_out_and_next_save_works(
    is_leaving: bool, postgres: Server, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "LONGEST_WHEN_LEAVING" if is_leaving else "LONGEST"
    with CheckpointStore.open(postgres_url, Walks(), is_leaving=lambda: is_leaving) as store:
        run, walk = save_some(store)
        with postgres.stopped(), monkeypatch.context() as soon:
            soon.setattr(answer_timeout, name, 0.3)
            with pytest.raises(NoAnswerError, match="cannot be reached"):
                store.save(run, advance(walk, 1), 0.0)
        store.save(run, walk, 0.0)
        assert told(store.load(run).machine) == told(walk)


def test_postgres_slow_server_does_not_time_out(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    slow = (
        "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(6); RETURN NEW; END'; "
        "CREATE TRIGGER slow BEFORE INSERT ON pi_checkpoint FOR EACH ROW EXECUTE FUNCTION nap()"
    )
    postgres.execute(slow, postgres_url)
    store.save(run, advance(walk, 1), 0.0)
    assert told(store.load(run).machine) == told(walk)


def test_postgres_works_in_a_process_with_more_than_1024_open_files(
    postgres_url: str, open_store: OpenStore
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2_000:
        pytest.skip("so many files cannot be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2_000), hard))
    with ExitStack() as opened:
        opened.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1_024):
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        with open_store(postgres_url) as store:
            run, walk = save_some(store)
            assert told(store.load(run).machine) == told(walk)
