"""The promises of the store, on a real PostgreSQL server."""

from __future__ import annotations

import errno
import os
import re
import threading
from pathlib import Path

import pytest

from pi_tui.checkpoints.connection import answer_timeout
from pi_tui.checkpoints.connection.answer_timeout import NoAnswerError
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, DamagedError, NotOursError, StorageError
from pi_tui.machine import Piece, State, Task
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
from tests.checkpoints.server import Server
from tests.helpers import wait_until
from tests.tiny import Walk, Walks


def test_postgres_run_resumes_from_another_store(postgres_url: str, open_store: OpenStore) -> None:
    store = open_store(postgres_url)
    save_some(store, times=4)
    store.close()
    store = open_store(postgres_url)
    run = store.open_run(Walks().task(bulk=999))
    assert run.task == Walks().task()
    loaded = store.load(run)
    assert loaded.checkpoint is not None
    assert loaded.machine is not None
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [4, 3]
    loaded.machine.finalize()
    store.complete(run, loaded.machine, 1.0, verified=False)
    store.mark_verified(run)
    reader = open_store(postgres_url, write=False)
    assert reader.load(run).output == tale()
    assert reader.load(run).run.verified
    assert reader.check() == []
    assert reader.output(run, 100, 200) == tale()[100:200]
    assert [(found.goal, found.size) for found in reader.runs()] == [(GOAL, len(tale()))]


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


def test_postgres_refuses_to_open_while_version_1_1_writes(
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


def test_postgres_start_right_after_a_kill_waits_for_the_lock(
    postgres_url: str, open_store: OpenStore
) -> None:
    leaving, coming = open_store(postgres_url), open_store(postgres_url)
    run, _ = save_some(leaving)
    notices = threading.Timer(0.5, leaving.close)
    notices.start()
    coming.open_run(run.task)
    notices.join()


def test_postgres_refuses_commits_of_an_overtaken_writer(
    postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    overtaker = same_database_opened_again(store)
    overtaker.open_run(run.task)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.save(run, advance(walk, 1), 0.0)


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


def test_postgres_keeps_lock_when_a_save_fails_on_the_client(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    """If the lock were released and taken again, another process could take it in between."""

    def fail() -> bytes:
        raise OSError(errno.EIO, "Input/output error")

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
    with pytest.raises(StorageError, match="cannot be used"):
        store.save(run, advance(Failing(walk.task), 40), 0.0)
    assert postgres.query(locks, postgres_url) == holder
    store.save(run, advance(walk, 1), 0.0)
    assert told(store.load(run).machine) == told(walk)


def test_postgres_reader_changes_nothing_and_makes_no_tables(
    postgres_url: str, open_store: OpenStore
) -> None:
    with pytest.raises(StorageError, match="nothing is saved"):
        open_store(postgres_url, write=False)
    begin(open_store(postgres_url))
    with pytest.raises(StorageError, match="cannot be written"):
        open_store(postgres_url, write=False).delete(Walks().task())


def test_postgres_backup_is_an_sqlite_file_that_resumes(
    postgres_url: str, open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    copy = str(tmp_path / "copy.db")
    open_store(postgres_url, write=False).backup(copy)
    copied = open_store(copy)
    assert copied.check() == []
    run = copied.open_run(run.task)
    assert told(copied.load(run).machine) == told(walk)
    copied.save(run, advance(walk, 3), 0.0)


def test_postgres_refuses_a_newer_schema(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    open_store(postgres_url).close()
    postgres.execute("UPDATE pi_meta SET value = '7'", postgres_url)
    with pytest.raises(NotOursError, match="schema 7"):
        open_store(postgres_url)


@pytest.mark.parametrize("table", ["pi_run", "pi_output"])
def test_postgres_refuses_a_foreign_table_of_our_name(
    table: str, postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    postgres.execute(f"CREATE TABLE {table} (id int)", postgres_url)
    with pytest.raises(NotOursError, match=f"has a table {table} that this program did not make"):
        open_store(postgres_url)


def test_postgres_load_skips_damage_with_a_note(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    where = "convert_from(data, 'UTF8') LIKE '30 %'"  # where the third checkpoint stands
    change = "UPDATE pi_piece SET data = set_byte(data, 0, 57) WHERE length(data) < 20"
    postgres.execute(f"{change} AND {where}", postgres_url)
    loaded = store.load(run)
    assert loaded.machine is not None
    assert loaded.machine.steps == 20
    assert loaded.output == bytes(walk.output)
    store.save(run, advance(loaded.machine, 20), 0.0)
    assert store.check() == []


def test_postgres_damaged_lasting_piece_is_written_again(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, _ = save_some(store)
    postgres.execute("DELETE FROM pi_piece WHERE length(data) > 50", postgres_url)
    loaded = store.load(run)
    assert loaded.machine is not None
    assert loaded.notes[0] == "checkpoint 3: lost or damaged: table"
    store.save(run, advance(loaded.machine, 5), 0.0)
    assert store.load(run).notes == ()
    assert store.check() == []


def test_postgres_truncates_wrong_output(postgres_url: str, open_store: OpenStore) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    store.cut(run, 60)
    loaded = store.load(run)
    assert (loaded.output, loaded.notes) == (bytes(walk.output)[:60], ())
    assert loaded.machine is not None
    loaded.machine.finalize()
    store.complete(run, loaded.machine, 1.0, verified=True)
    assert store.load(run).output == tale()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE pi_run RENAME COLUMN committed TO done",
        "ALTER TABLE pi_output RENAME COLUMN chain TO link",
        "DROP TABLE pi_piece",
    ],
)
@pytest.mark.parametrize("write", [True, False])
def test_postgres_changed_tables_raise_damaged_error(
    change: str, write: bool, postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    with open_store(postgres_url) as store:
        save_some(store)
    postgres.execute(change, postgres_url)
    with pytest.raises(DamagedError, match="left untouched"):
        open_store(postgres_url, write=write)


ENCODINGS = {
    "of the database": ("ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'", "", {}),
    "of the client, by the database": ("", "ALTER DATABASE {} SET client_encoding = SQL_ASCII", {}),
    "of the client, by its environment": ("", "", {"PGCLIENTENCODING": "SQL_ASCII"}),
    "another of the client": ("", "", {"PGCLIENTENCODING": "LATIN9"}),
    "another of the database": ("ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'", "", {}),
}


@pytest.mark.parametrize(("options", "change", "more"), ENCODINGS.values(), ids=ENCODINGS)
def test_postgres_works_with_any_encoding(
    options: str,
    change: str,
    more: dict[str, str],
    postgres: Server,
    open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres.new_database(options)
    if change:
        postgres.execute(change.format(name_in(url)))
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    run, walk = save_some(open_store(url))
    reader = open_store(url, write=False)
    assert told(reader.load(run).machine) == told(walk)
    assert reader.check() == []


def name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def test_postgres_text_invalid_in_its_encoding_is_damage(
    postgres: Server, open_store: OpenStore
) -> None:
    url = postgres.new_database(ENCODINGS["of the database"][0])
    with open_store(url) as store:
        save_some(store)
    postgres.execute("UPDATE pi_run SET owner = E'\\xff\\xfe'", url)
    with pytest.raises(DamagedError, match="left untouched"):
        open_store(url, write=False).runs()


@pytest.mark.parametrize("is_leaving", [False, True])
def test_postgres_server_that_hangs_times_out_and_next_save_works(
    is_leaving: bool, postgres: Server, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "LONGEST_WHEN_LEAVING" if is_leaving else "LONGEST"
    monkeypatch.setattr(answer_timeout, name, 0.3)
    with CheckpointStore.open(postgres_url, Walks(), is_leaving=lambda: is_leaving) as store:
        run, walk = save_some(store)
        with postgres.stopped(), pytest.raises(NoAnswerError, match="cannot be reached"):
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


def as_nobody(postgres: Server, url: str, *rights: str) -> str:
    """Create a user with only these rights; return a URL for that user."""
    user = f"u{os.urandom(6).hex()}"
    postgres.execute(f"CREATE ROLE {user} LOGIN")
    for statement in ("REVOKE ALL ON SCHEMA public FROM public", *rights):
        postgres.execute(statement.format(user), url)
    return re.sub(r"//[^/]*/", f"//{user}@/", url)


@pytest.mark.parametrize(
    "rights", [(), ("GRANT USAGE ON SCHEMA public TO {}",)], ids=["none", "to look"]
)
@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("used", [True, False])
def test_postgres_user_without_rights_gets_that_message(
    rights: tuple[str, ...],
    write: bool,
    used: bool,
    postgres: Server,
    postgres_url: str,
    open_store: OpenStore,
) -> None:
    if used:
        with open_store(postgres_url) as store:
            save_some(store)
    url = as_nobody(postgres, postgres_url, *rights)
    with pytest.raises(StorageError, match="ask its owner for the rights") as caught:
        open_store(url, write=write)
    assert caught.value.exit_code == 6


def test_postgres_user_with_read_rights_can_read(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    run, _ = save_some(open_store(postgres_url))
    all_tables = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}"
    url = as_nobody(postgres, postgres_url, "GRANT USAGE ON SCHEMA public TO {}", all_tables)
    assert [found.goal for found in open_store(url, write=False).runs()] == [run.goal]


def test_postgres_rejected_login_is_reported_as_that(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    url = as_nobody(postgres, postgres_url)
    postgres.execute(f"REVOKE CONNECT ON DATABASE {name_in(url)} FROM public")
    with pytest.raises(StorageError, match="cannot be used: permission denied for database"):
        open_store(url, write=False)
