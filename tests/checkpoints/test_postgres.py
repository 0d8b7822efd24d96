"""The same promises on a real PostgreSQL server."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, NotOursError, StorageError
from pi_tui.spigot.spigot import Spigot
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import DIGITS, B, K, advance, begin, save_some
from tests.checkpoints.server import Server


def test_a_run_is_begun_here_and_finished_there(
    postgres_url: str, open_store: OpenStore, pi: bytes
) -> None:
    store = open_store(postgres_url)
    save_some(store, times=4)
    store.close()
    store = open_store(postgres_url)
    run = store.open_run(DIGITS, 1, 1)
    loaded = store.load(run)
    assert loaded.state is not None
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [4, 3]
    spigot = Spigot.from_state(loaded.state)
    spigot.finalize()
    store.complete(run, bytes(spigot.result), 1.0, spigot.i)
    store.mark_verified(run)
    reader = open_store(postgres_url, write=False)
    assert reader.load(run).digits == pi[:DIGITS]
    assert reader.load(run).run.verified
    assert reader.check() == []
    assert reader.digits(run, 100, 200) == pi[100:200]


def test_a_second_writer_is_refused_by_the_name_of_the_first(
    postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    with pytest.raises(AlreadyOpenError, match=r"pid \d+ on"):
        open_store(postgres_url)
    store.close()
    open_store(postgres_url)


def test_whoever_starts_again_right_after_a_kill_waits_for_the_server_to_notice_it(
    postgres_url: str, open_store: OpenStore
) -> None:
    leaving = open_store(postgres_url)
    notices = threading.Timer(0.5, leaving.close)
    notices.start()
    open_store(postgres_url)
    notices.join()


def test_an_overtaken_writer_is_refused(postgres_url: str, open_store: OpenStore) -> None:
    store = open_store(postgres_url)
    run, spigot = save_some(store)
    overtaker = CheckpointStore(store._database)
    overtaker.open_run(DIGITS, K, B)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.save(run, advance(spigot, 1).to_state(), 0.0)


def test_a_lost_connection_is_told_and_the_next_save_succeeds(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, spigot = save_some(store)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
    postgres.execute(kill + " AND datname = current_database()", postgres_url)
    with pytest.raises(StorageError, match="cannot be reached"):
        store.save(run, advance(spigot, 1).to_state(), 0.0)
    store.save(run, spigot.to_state(), 0.0)
    assert store.load(run).state == spigot.to_state()


def test_a_reader_changes_nothing_and_makes_no_tables(
    postgres_url: str, open_store: OpenStore
) -> None:
    with pytest.raises(StorageError, match="nothing is saved"):
        open_store(postgres_url, write=False)
    begin(open_store(postgres_url))
    with pytest.raises(StorageError, match="cannot be written"):
        open_store(postgres_url, write=False).delete(DIGITS)


def test_a_backup_is_an_sqlite_file_that_goes_on(
    postgres_url: str, open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store(postgres_url)
    run, spigot = save_some(store)
    copy = str(tmp_path / "copy.db")
    open_store(postgres_url, write=False).backup(copy)
    copied = open_store(copy)
    assert copied.check() == []
    run = copied.open_run(DIGITS, K, B)
    assert copied.load(run).state == spigot.to_state()
    copied.save(run, advance(spigot, 3).to_state(), 0.0)


def test_a_newer_schema_is_refused(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    open_store(postgres_url).close()
    postgres.execute("UPDATE pi_meta SET value = '7'", postgres_url)
    with pytest.raises(NotOursError, match="schema 7"):
        open_store(postgres_url)


def test_a_table_of_somebody_else_is_refused(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    postgres.execute("CREATE TABLE pi_run (id int)", postgres_url)
    with pytest.raises(NotOursError, match="has a table pi_run that pi-tui did not make"):
        open_store(postgres_url)


def test_damage_is_found_there_too(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, spigot = save_some(store)
    postgres.execute(
        "UPDATE pi_checkpoint_part SET data = set_byte(data, 50, 99) WHERE seq = 3", postgres_url
    )
    loaded = store.load(run)
    assert loaded.state is not None
    assert loaded.state.i == 20
    assert loaded.digits == bytes(spigot.result)
