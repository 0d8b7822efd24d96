"""Files that are not ours, on the command line: each is named and left untouched."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pi_tui.cli import main
from tests.helpers import pi_tui
from tests.refusals import refused, untouched


def text_file(path: Path) -> None:
    path.write_text("my diary\n" * 500)


def foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.execute("INSERT INTO songs VALUES ('pi')")
    connection.commit()
    connection.close()


def newer_database(path: Path) -> None:
    assert main(["run", "--digits", "50", "--db", str(path)]) == 0
    connection = sqlite3.connect(path)
    connection.execute("UPDATE pi_meta SET value = '99' WHERE key = 'schema_version'")
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("command", [["run"], ["status"], ["check"], ["export"]], ids=str)
@pytest.mark.parametrize("make", [Path.mkdir, text_file, foreign_database, newer_database])
def test_cli_leaves_a_foreign_file_untouched(
    make: Callable[[Path], None], command: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "theirs"
    make(path)
    (tmp_path / "theirs.lock").unlink(missing_ok=True)
    before = untouched(path)
    digits = ["--digits", "60"] if command in (["run"], ["export"]) else []
    assert str(path) in refused(7, *command, "--db", path, *digits)
    assert untouched(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["theirs"], "nothing was left beside it"


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm", ".lock", ".run-7.lock"])
@pytest.mark.parametrize("command", ["run --digits 9", "--digits 9", "status", "check", "export"])
def test_cli_refuses_the_name_of_a_journal_or_lock_file_and_names_the_database(
    end: str, command: str, database: Path
) -> None:
    pi_tui("run", "--digits", "90", "--db", database)
    before = {path: path.read_bytes() for path in database.parent.iterdir()}
    line = refused(2, *command.split(), "--db", f"{database}{end}")
    assert f"name the database itself ({database.name})" in line
    assert {path: path.read_bytes() for path in database.parent.iterdir()} == before


def to_a_folder(lock: Path) -> None:
    lock.mkdir()


def to_a_link(lock: Path) -> None:
    lock.symlink_to(lock.parent / "elsewhere")


def to_a_pipe(lock: Path) -> None:
    os.mkfifo(lock)


def to_a_diary(lock: Path) -> None:
    lock.write_text("my diary\n" * 500)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (to_a_folder, "is a folder; move it away"),
        (to_a_link, "is a link; move it away"),
        (to_a_pipe, "is not a regular file; move it away"),
        (to_a_diary, "is a file of another program; move it away"),
    ],
)
def test_cli_names_a_foreign_lock_file_and_keeps_it(
    make: Callable[[Path], None], what: str, database: Path
) -> None:
    lock = Path(f"{database}.lock")
    make(lock)
    before = lock.lstat()
    line = refused(6, "run", "--digits", "9", "--db", database)
    assert f"{lock} should be a lock file, but {what}" in line
    assert list(database.parent.iterdir()) == [lock]
    assert lock.lstat() == before
