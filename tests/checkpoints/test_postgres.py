"""The promises of the store, on a real PostgreSQL server."""

from __future__ import annotations

from pathlib import Path

import pytest

from pi_tui.errors import DamagedError, NotOursError, StorageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import GOAL, advance, begin, save_some, tale, told
from tests.checkpoints.server import Server, name_in
from tests.tiny import Walks


def test_postgres_run_resumes_in_a_second_store(postgres_url: str, open_store: OpenStore) -> None:
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


def test_postgres_reader_refuses_an_empty_database_and_cannot_delete_a_run(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    with pytest.raises(StorageError, match="nothing is saved"):
        open_store(postgres_url, write=False)
    assert postgres.query("SELECT 1 FROM pg_tables WHERE tablename = 'pi_run'", postgres_url) == []
    begin(open_store(postgres_url))
    reader = open_store(postgres_url, write=False)
    with pytest.raises(StorageError, match="cannot be written"):
        reader.delete(Walks().task())
    assert reader.find_run(Walks().task()) is not None


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


def test_postgres_load_uses_the_checkpoint_before_a_damaged_one(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    where = "convert_from(data, 'UTF8') LIKE '30 %'"  # where the third checkpoint stands
    change = "UPDATE pi_piece SET data = set_byte(data, 0, 57) WHERE length(data) < 20"
    postgres.execute(f"{change} AND {where}", postgres_url)
    loaded = store.load(run)
    assert loaded.machine is not None
    assert loaded.notes[0].startswith("checkpoint 3 is damaged")
    assert loaded.machine.steps == 20
    assert loaded.output == bytes(walk.output)
    store.save(run, advance(loaded.machine, 20), 0.0)
    assert store.check() == []


def test_postgres_lost_piece_is_written_again_by_the_next_save(
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


def test_postgres_run_that_is_cut_can_complete(postgres_url: str, open_store: OpenStore) -> None:
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
def test_postgres_saves_and_loads_with_sql_ascii_and_latin_encodings(
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


def test_postgres_text_that_is_not_utf_8_is_reported_as_damage(
    postgres: Server, open_store: OpenStore
) -> None:
    url = postgres.new_database(ENCODINGS["of the database"][0])
    with open_store(url) as store:
        save_some(store)
    postgres.execute("UPDATE pi_run SET owner = E'\\xff\\xfe'", url)
    with pytest.raises(DamagedError, match="left untouched"):
        open_store(url, write=False).runs()
