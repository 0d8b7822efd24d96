"""Errors of disks and servers become messages that say what to do."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pi_tui.checkpoints.connection.trouble import in_our_words
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, StorageError
from pi_tui.files.location import parse_location
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, save_some, told
from tests.checkpoints.server import Server
from tests.tiny import Walks


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT], ids=["space", "quota"])
def test_enospc_and_edquot_are_reported_as_a_full_disk(number: int, path: str) -> None:
    error = in_our_words(OSError(number, "no"), parse_location(path), lambda: 5_000_000)
    assert isinstance(error, StorageError)
    assert f"disk full at {path}" in str(error)
    assert "5.0 MB to be written" in str(error)


def test_full_disk_message_gives_only_the_free_space_if_the_needed_space_is_unknown(
    path: str,
) -> None:
    error = in_our_words(OSError(errno.ENOSPC, "no"), parse_location(path))
    assert str(error).endswith(" free)")


def test_os_error_message_names_file_and_reason(path: str) -> None:
    error = in_our_words(OSError(errno.EACCES, "Permission denied"), parse_location(path))
    assert str(error) == f"{path} cannot be used: Permission denied; look at its folder"


def test_journal_that_sqlite_cannot_open_is_reported_with_advice_about_rights(
    path: str, open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store()
    run, walk = save_some(store)
    (tmp_path / "pi.sqlite3-journal").symlink_to(tmp_path / "missing" / "journal")
    with pytest.raises(StorageError, match="cannot be opened; look at the rights"):
        store.save(run, advance(walk, 1), 0.0)
    (tmp_path / "pi.sqlite3-journal").unlink()
    store.save(run, walk, 0.0)
    assert told(store.load(run).machine) == told(walk)


def test_missing_file_that_sqlite_cannot_open_is_reported_as_moved_or_deleted(path: str) -> None:
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(f"file:{path}?mode=rw", uri=True)
    error = in_our_words(raised.value, parse_location(path))
    assert str(error) == f"{path} was moved or deleted; put it back to go on saving"


WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from tests.checkpoints.helpers import advance, save_some
from tests.tiny import Walks
folder = Path(sys.argv[1]).parent
with CheckpointStore.open(sys.argv[1], Walks()) as store:
    run, walk = save_some(store)
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        print("all rights")
    try:
        store.save(run, advance(walk, 1), 0.0)
    except PiTuiError as error:
        print(error.exit_code, error)
    folder.chmod(0o755)
    store.save(run, walk, 0.0)
"""


def test_message_about_a_folder_made_read_only_blames_the_folder_of_the_file(path: str) -> None:
    without = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    if without and shutil.which("setpriv") is None:
        pytest.skip("root, and no setpriv")
    command = [*without, sys.executable, "-c", WITHOUT_RIGHTS, path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if done.stdout == "all rights\n":
        pytest.skip("the folder cannot be made read-only here")
    assert done.stdout.startswith(f"6 the folder of {path} is read-only; make it writable, or ")


@pytest.mark.parametrize("wrong", ["?sslmode=bogus", "?foo=bar", ":99999/db"])
def test_error_about_a_wrong_url_blames_the_url_and_not_the_server(wrong: str) -> None:
    start = "" if wrong.startswith(":") else "/db"
    with pytest.raises(StorageError) as refusal:
        CheckpointStore.open(f"postgresql+psycopg://127.0.0.1{start}{wrong}", Walks())
    assert " cannot be used: " in str(refusal.value)
    assert str(refusal.value).endswith("; look at its URL")


STARVED = """
import sys
from contextlib import suppress
from pi_tui.checkpoints.connection.engine import outside_transactions
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from tests.checkpoints.helpers import advance, save_some
from tests.tiny import Walks
with CheckpointStore.open(sys.argv[1], Walks()) as store:
    run, walk = save_some(store)
    with suppress(MemoryError):  # even for the answer to this
        outside_transactions(store._engine, "PRAGMA hard_heap_limit=1")
    try:
        store.save(run, advance(walk, 1), 0.0)
    except PiTuiError as error:
        print(error.exit_code, error)
"""


def test_sqlite_out_of_memory_is_reported_and_saved_data_kept(
    path: str, open_store: OpenStore
) -> None:
    command = [sys.executable, "-c", STARVED, path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("6 not enough memory to save or load")
    store = open_store()
    (run,) = store.runs()
    loaded = store.load(run)
    assert loaded.notes == ()
    assert loaded.machine is not None
    assert loaded.machine.steps == 30


def test_postgres_without_space_is_reported_and_next_save_works(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url)
    run, walk = save_some(store)
    full = (
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RAISE disk_full USING MESSAGE = ''no space left''; END'; "
        "CREATE TRIGGER full_disk BEFORE INSERT ON pi_checkpoint "
        "FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )
    postgres.execute(full, postgres_url)
    with pytest.raises(StorageError, match="is out of space: no space left"):
        store.save(run, advance(walk, 1), 0.0)
    postgres.execute("DROP TRIGGER full_disk ON pi_checkpoint", postgres_url)
    store.save(run, walk, 0.0)
    assert told(store.load(run).machine) == told(walk)


def test_unknown_database_error_is_shown_with_its_text(path: str) -> None:
    error = in_our_words(sqlite3.OperationalError("something new"), parse_location(path))
    assert str(error) == f"{path} cannot be used: something new"


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_signal_in_a_transaction_is_raised_even_if_the_rollback_fails(
    kind: type[BaseException], path: str
) -> None:
    def be_interrupted() -> None:
        with CheckpointStore.open(path, Walks()) as store, store.transaction() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.close()  # so that a rollback fails
            raise kind

    with pytest.raises(kind):
        be_interrupted()


def test_failure_after_a_signal_that_came_before_the_transaction_is_reported(path: str) -> None:
    with CheckpointStore.open(path, Walks()) as store:
        try:
            raise SystemExit(143)
        except SystemExit:
            with pytest.raises(DamagedError), store.transaction() as connection:
                connection.exec_driver_sql("SELECT * FROM missing")
