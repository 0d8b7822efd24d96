"""One writer per run on a PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from pi_tui.checkpoints.locking import server_lock
from pi_tui.checkpoints.locking.file_lock import soon
from pi_tui.errors import AlreadyOpenError, StorageError
from pi_tui.machine import Piece, State, Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import GOAL, advance, same_database_opened_again, save_some, told
from tests.checkpoints.server import Server
from tests.helpers import wait_until
from tests.tiny import Walk


def test_postgres_refuses_second_writer_and_names_the_first(
    postgres_url: str, open_store: OpenStore
) -> None:
    store, other = open_store(postgres_url), open_store(postgres_url)
    run, _ = save_some(store)
    with pytest.raises(
        AlreadyOpenError, match="the run of walk 27 is already open in this process"
    ):
        other.open_run(run.task)
    with pytest.raises(AlreadyOpenError):
        other.delete(Task(GOAL))
    assert other.writer(run).startswith(f"pid {os.getpid()} on ")
    save_some(other, goal=97)
    store.close()
    wait_until(lambda: other.writer(run) == "")  # the server takes a moment to end a session
    other.open_run(run.task)


def test_postgres_delete_frees_the_lock_of_the_run(
    postgres_url: str, open_store: OpenStore
) -> None:
    store, other = open_store(postgres_url), open_store(postgres_url, write=False)
    run, _ = save_some(store)
    assert other.writer(run) != ""
    store.delete(run.task)
    assert other.writer(run) == ""


def test_postgres_ignores_locks_of_other_databases(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    """The server lists the locks of all its databases, and each of them has a run 1."""
    store, other = open_store(postgres_url), open_store(postgres.new_database())
    run, _ = save_some(store)
    same, _ = save_some(other)
    other.close()
    assert same.id == run.id
    assert open_store(postgres_url, write=False).writer(run) != ""
    wait_until(lambda: other.writer(same) == "")


def test_postgres_database_cannot_be_open_here_and_in_version_1_1_at_once(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    key = 0x70692D747569
    with postgres.session(postgres_url) as old:
        old.execute(f"SELECT pg_advisory_lock({key})")
        with pytest.raises(AlreadyOpenError, match=r"already open in another process \(old pi-tui"):
            open_store(postgres_url)
    open_store(postgres_url)
    with postgres.session(postgres_url) as old:
        assert old.execute(f"SELECT pg_try_advisory_lock({key})").fetchone() == (False,)


def test_postgres_start_waits_for_a_lock_that_is_freed_meanwhile(
    postgres_url: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving, coming = open_store(postgres_url), open_store(postgres_url)
    run, _ = save_some(leaving)
    tries = list[bool]()

    def freed_after_one_try(take: Callable[[], bool], seconds: float) -> bool:
        def tried() -> bool:
            tries.append(take())
            if len(tries) == 1:
                leaving.close()
            return tries[-1]

        return soon(tried, seconds)

    monkeypatch.setattr(server_lock, "soon", freed_after_one_try)
    coming.open_run(run.task)
    assert (tries[0], tries[-1]) == (False, True)


def test_postgres_refuses_the_save_of_a_writer_whose_run_another_took_over(
    postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    overtaker = same_database_opened_again(store)
    overtaker.open_run(run.task)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.save(run, advance(walk, 1), 0.0)


def test_postgres_keeps_lock_when_a_save_fails_on_the_client(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    """If the lock were released and taken again, another process could take it in between."""

    def fail() -> bytes:
        raise StorageError("the client cannot read")

    class Failing(Walk):
        def to_state(self) -> State:
            return State({**super().to_state().pieces, "late": Piece(fail)})

    store = open_store(postgres_url)
    run, walk = save_some(store)
    locks = (
        "SELECT pid FROM pg_locks JOIN pg_database ON oid = database "
        "WHERE locktype = 'advisory' AND datname = current_database()"
    )
    holder = postgres.query(locks, postgres_url)
    assert len(holder) == 2  # the database's and the run's
    with pytest.raises(StorageError, match="the client cannot read"):
        store.save(run, advance(Failing(walk.task), 40), 0.0)
    assert postgres.query(locks, postgres_url) == holder
    store.save(run, advance(walk, 1), 0.0)
    assert told(store.load(run).machine) == told(walk)
