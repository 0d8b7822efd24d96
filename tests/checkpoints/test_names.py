"""Databases with long names, as version 1.1 took them, and files with several names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, UsageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import another_process, files, save_some, told
from tests.checkpoints.old_databases import KIND, old
from tests.helpers import pi_tui
from tests.terminal.emulator import Terminal
from tests.tiny import Walks


def of_length(length: int, character: str = "n") -> str:
    size = len(character.encode())
    return "x" * (length % size) + character * (length // size)


@pytest.mark.parametrize("character", ["n", "界"])
@pytest.mark.parametrize("schema", [1, 2])
@pytest.mark.parametrize("length", [235, 238, 239, 247])
def test_old_database_with_a_long_name_is_migrated_and_has_a_backup(
    length: int, schema: int, character: str, tmp_path: Path
) -> None:
    path = tmp_path / of_length(length, character)
    old("several" if schema == 1 else "finished", str(path), schema)
    for _ in range(2):
        with CheckpointStore.open(str(path), KIND) as store:
            assert store.runs()
    (backup,) = (name for name in files(tmp_path) if ".schema-" in name)
    assert backup.startswith(path.name[:70])
    assert backup.endswith(f".schema-{schema}")
    with CheckpointStore.open(str(tmp_path / backup), KIND) as store:
        assert store.runs()


def test_second_backup_before_a_migration_gets_another_name(tmp_path: Path) -> None:
    path = tmp_path / of_length(247)
    for _ in range(2):
        old("several", str(path))
        CheckpointStore.open(str(path), KIND).close()
    copies = {name.lstrip("n") for name in files(tmp_path) if ".schema-1" in name}
    assert copies == {".schema-1", ".schema-1.2"}


@pytest.mark.parametrize("length", [238, 239, 247])
def test_run_is_locked_even_if_the_name_of_its_database_is_long(
    length: int, tmp_path: Path, open_store: OpenStore
) -> None:
    path = str(tmp_path / of_length(length))
    beside = str(tmp_path / (of_length(length)[:-1] + "m"))
    with another_process(path) as pid:
        store = open_store(path)
        run = store.find_run(Walks().task())
        assert store.writer(run).startswith(f"pid {pid} on ")
        with pytest.raises(AlreadyOpenError, match="the run of walk 27 is already open"):
            store.open_run(Walks().task())
        open_store(beside).open_run(Walks().task())  # a database of its own
    open_store(path).open_run(Walks().task())


def test_lock_file_of_a_run_in_a_database_with_a_long_name_is_removed_at_a_clean_end(
    tmp_path: Path, open_store: OpenStore
) -> None:
    name = of_length(247)
    with open_store(str(tmp_path / name)) as store:
        save_some(store)
        assert len(files(tmp_path)) == 3
    assert files(tmp_path) == [name, f"{name}.lock"]


@pytest.fixture
def linked(path: str, open_store: OpenStore) -> str:
    """Make a database with a run, and give its file another name."""
    with open_store() as store:
        save_some(store)
    os.link(path, f"{path}.other")
    return f"{path}.other"


def test_database_file_with_two_names_is_refused_for_writing_under_both(
    linked: str, path: str, open_store: OpenStore
) -> None:
    before = files(Path(path).parent)
    for name in (linked, path):
        with pytest.raises(UsageError, match=r"2 names \(hard links\).*use a copy"):
            open_store(name)
    assert files(Path(path).parent) == before


def test_database_file_with_two_names_can_be_read_and_copied(
    linked: str, path: str, open_store: OpenStore, tmp_path: Path
) -> None:
    states = []
    for name in (linked, path):
        reader = open_store(name, write=False)
        states.append(told(reader.load(reader.runs()[0]).machine))
    assert states[0] == states[1] is not None
    open_store(linked, write=False).backup(str(tmp_path / "copy"))
    open_store(str(tmp_path / "copy")).open_run(Walks().task())


def test_opening_a_hard_link_made_while_a_run_is_open_is_refused(
    path: str, open_store: OpenStore
) -> None:
    with another_process(path):
        os.link(path, f"{path}.other")
        with pytest.raises(UsageError, match="hard links"):
            open_store(f"{path}.other")
    os.unlink(f"{path}.other")
    open_store().open_run(Walks().task())


@pytest.mark.parametrize("command", ["run --digits 90", "--digits 90", "delete --digits 90 --yes"])
def test_cli_prints_one_line_when_it_refuses_a_database_file_with_two_names(
    command: str, database: Path
) -> None:
    pi_tui("run", "--digits", 90, "--db", database)
    other = database.with_name("other.db")
    os.link(database, other)
    done = pi_tui(*command.split(), "--db", other)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "hard links" in done.stderr
    assert pi_tui("export", "--db", other).returncode == 0


def test_app_fails_on_a_file_with_two_names_and_prints_the_reason_at_end(database: Path) -> None:
    pi_tui("run", "--digits", 90, "--db", database)
    other = database.with_name("other.db")
    os.link(database, other)
    with Terminal("--digits", 900, "--db", other) as terminal:
        terminal.see("failed")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (2, [])
        assert "hard links" in terminal.screen
