"""Foreign files are refused in one line that says what to do, and not changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import NothingSavedError, NotOursError, PiTuiError, StorageError, UsageError
from pi_tui.files.location import display_location, parse_location
from pi_tui.pi.settings import Settings
from tests.checkpoints.helpers import execute, save_some
from tests.helpers import pi_tui
from tests.tiny import Walks


def text_file(path: Path) -> None:
    path.write_text("Dear diary, today I computed pi.\n" * 100)


def short_text_file(path: Path) -> None:
    path.write_text("3")


def random_file(path: Path) -> None:
    path.write_bytes(os.urandom(10_000))


def foreign_database(path: Path) -> None:
    execute(str(path), "CREATE TABLE bookmarks (url TEXT)")


def foreign_database_with_a_write_ahead_log(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def foreign_database_without_tables(path: Path) -> None:
    execute(str(path), "PRAGMA user_version=3")


def newer_schema(path: Path) -> None:
    ours(path)
    execute(str(path), "PRAGMA user_version=7")


def newer_schema_row(path: Path) -> None:
    ours(path)
    execute(str(path), "UPDATE pi_meta SET value = '7' WHERE key = 'schema_version'")


def ours(path: Path) -> None:
    with CheckpointStore.open(str(path), Walks()) as store:
        save_some(store, times=1)


def with_a_trigger(path: Path) -> None:
    ours(path)
    execute(
        str(path),
        "CREATE TRIGGER t AFTER INSERT ON pi_run BEGIN DELETE FROM pi_output; END",
    )


def with_a_trigger_behind_a_thousand_tables(path: Path) -> None:
    ours(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        for n in range(1000):
            connection.execute(f"CREATE TABLE t{n} (x)")
        connection.execute("CREATE TRIGGER t AFTER INSERT ON pi_run BEGIN DELETE FROM pi_run; END")


def with_a_virtual_table(path: Path) -> None:
    ours(path)
    execute(str(path), "CREATE VIRTUAL TABLE v USING rtree(id, x, y)")


def with_a_view(path: Path) -> None:
    ours(path)
    execute(str(path), "CREATE VIEW v AS SELECT * FROM pi_run")


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (text_file, "is not a database of checkpoints"),
        (short_text_file, "is not a database of checkpoints"),
        (random_file, "is not a database of checkpoints"),
        (foreign_database, "is not a database of checkpoints"),
        (foreign_database_with_a_write_ahead_log, "is not a database of checkpoints"),
        (foreign_database_without_tables, "is not a database of checkpoints"),
        (newer_schema, "schema 7, this one knows 3"),
        (newer_schema_row, "schema 7, this one knows 3"),
        (with_a_trigger, "triggers or views"),
        (with_a_trigger_behind_a_thousand_tables, "triggers or views"),
        (with_a_virtual_table, "triggers or views"),
        (with_a_view, "triggers or views"),
    ],
)
def test_foreign_newer_or_tampered_file_is_refused_and_not_changed(
    make: Callable[[Path], None], words: str, write: bool, tmp_path: Path
) -> None:
    path = tmp_path / "file.db"
    make(path)
    (tmp_path / "file.db.lock").unlink(missing_ok=True)
    before = path.read_bytes()
    with pytest.raises(NotOursError, match=words) as caught:
        CheckpointStore.open(str(path), Walks(), write=write)
    assert_one_clear_line(caught.value)
    assert path.read_bytes() == before
    assert not (tmp_path / "file.db.lock").exists()


def assert_one_clear_line(error: PiTuiError) -> None:
    text = str(error)
    assert text.isprintable()
    assert "Traceback" not in text
    assert len(text) < 300


def test_empty_file_becomes_a_database(path: str) -> None:
    Path(path).touch()
    store = CheckpointStore.open(path, Walks())
    save_some(store)
    assert store.check() == []
    store.close()


def test_sqlite_database_without_tables_becomes_ours(path: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("PRAGMA page_size=512", "CREATE TABLE t (x)", "DROP TABLE t", "VACUUM"):
            connection.execute(statement)
    assert Path(path).stat().st_size == 512
    with CheckpointStore.open(path, Walks()) as store:
        save_some(store)
        assert store.check() == []


def test_folder_is_refused_as_database(tmp_path: Path) -> None:
    with pytest.raises(NotOursError, match="is a folder; name a file in it"):
        CheckpointStore.open(str(tmp_path), Walks())


def test_device_is_refused_as_database() -> None:
    with pytest.raises(NotOursError, match="not a regular file"):
        CheckpointStore.open("/dev/null", Walks())


def test_missing_folder_is_named_and_not_created(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing" / "pi.db")
    with pytest.raises(StorageError, match=r"there is no folder .*/missing; make it first"):
        CheckpointStore.open(missing, Walks())
    with pytest.raises(NothingSavedError, match="nothing is saved at"):
        CheckpointStore.open(missing, Walks(), write=False)
    assert os.listdir(tmp_path) == []


def test_reader_of_a_missing_file_creates_none(path: str) -> None:
    with pytest.raises(StorageError, match="nothing is saved at"):
        CheckpointStore.open(path, Walks(), write=False)
    assert glance(path, Walks(), None) is None
    assert os.listdir(Path(path).parent) == []


def test_default_folder_is_created_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    job = Settings().job(100)
    CheckpointStore.open(job.location, job.kind).close()
    folder = tmp_path / "data" / "pi-tui"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "pi.sqlite3").exists()


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("mysql://me:secret@host/pi", "mysql:// are not supported"),
        ("oracle+oracledb://me:secret@host/pi", "not supported"),
        ("postgresql+psycopg2://me:secret@host/pi", "not supported"),
        ("postgres://me:secret@host/pi", "not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///pi.db?mode=memory", "names no file"),
        ("", "names no file"),
        (":memory:", "names no file"),
        ("pi\0.db", "names no file"),
        ("pi\ud800.db", "names no file"),
        ("postgresql://me:secret@host:port/pi", "cannot be read"),
    ],
)
def test_invalid_or_unsupported_location_is_a_usage_error(location: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        CheckpointStore.open(location, Walks())
    assert_one_clear_line(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["sqlite:///", "sqlite+pysqlite:///"])
def test_sqlite_url_of_a_path_names_the_same_file_as_the_path_alone(scheme: str, path: str) -> None:
    assert parse_location(scheme + path) == parse_location(path)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/home/me/pi.db", "/home/me/pi.db"),
        ("/tmp/\x1b[2J\u202epi.db", "/tmp/·[2J·pi.db"),
        ("postgresql://me:secret@host/pi", "postgresql://me@host/pi"),
        ("postgresql+psycopg://host:5433/pi", "postgresql+psycopg://host:5433/pi"),
        ("postgresql://me@/pi?host=/run/pg&password=secret", "postgresql://me@/pi?host=/run/pg"),
        ("postgresql://me:se@cr/et@host/pi", "postgresql://me@host/pi"),
        ("postgresql://me:secret?secret@host/pi", "postgresql://…"),
        ("postgresql://me:secret/secret", "postgresql://…"),
        ("postgresql://me@host/pi?options=-csecret@x", "postgresql://…"),
        ("sqlite:///pi.db?password=secret", "sqlite:///pi.db?…"),
        ("sqlite://me:secret@/pi.db", "sqlite://…/pi.db"),
        ("SQLite://me:se/cr?et@/pi.db", "SQLite://…/pi.db"),
        ("sqlite:////home/me@work/pi.db", "sqlite:////home/me@work/pi.db"),
    ],
)
def test_displayed_location_shows_no_secret_or_control_character(location: str, shown: str) -> None:
    assert display_location(location) == shown


def test_missing_postgres_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'psycopg\[binary\]'"):
        CheckpointStore.open("postgresql://me@localhost/pi", Walks())


def test_postgres_driver_that_cannot_be_loaded_says_what_to_install() -> None:
    """As without its C library: importing the driver then fails in another way."""
    env = {**os.environ, "PSYCOPG_IMPL": "none"}
    done = pi_tui("status", "--db", "postgresql://me@localhost/pi", env=env, fresh=True)
    assert (
        done.stderr
        == "pi-tui: PostgreSQL needs the driver psycopg: pip install 'psycopg[binary]'\n"
    )
    assert done.returncode == 2


def test_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(
        StorageError, match=r"postgresql://me@127\.0\.0\.1:1/pi cannot be reached"
    ) as e:
        CheckpointStore.open("postgresql://me:secret@127.0.0.1:1/pi", Walks())
    assert_one_clear_line(e.value)
    assert "secret" not in str(e.value)
