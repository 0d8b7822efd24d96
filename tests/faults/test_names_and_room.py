"""Places where no database can be made: the message gives the cause, and no file is left."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.helpers import advance, save_some
from tests.faults.test_disk import need_namespaces
from tests.helpers import PI_TUI, pi_tui
from tests.tiny import Walks

WRITES = ["run --digits 50", "--digits 50"]


def assert_line(done: subprocess.CompletedProcess[str], words: str, code: int = 6) -> None:
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "rights" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", WRITES)
@pytest.mark.parametrize("name", ["n" * 248, f"{'d' * 200}/{'e' * 200}/{'f' * 200}"])
def test_path_too_long_for_sqlite_leaves_no_file(name: str, command: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    done = pi_tui(*command.split(), "--db", path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (6, "", 1)
    assert "the length of its name" in done.stderr
    assert [one for one in path.parent.iterdir() if one.is_file()] == []


@pytest.mark.parametrize("inodes", range(1, 5))
@pytest.mark.parametrize("command", ["run", "export", "picture", "backup"])
def test_lack_of_inodes_is_named_as_the_cause_and_leaves_no_half_made_file(
    command: str, inodes: int, tmp_path: Path
) -> None:
    need_namespaces()
    database, full = tmp_path / "pi.sqlite3", tmp_path / "full"
    pi_tui("run", "--digits", 50, "--db", database)
    full.mkdir()
    words = {
        "run": ["run", "--digits", "50", "--db", f"{full}/pi.sqlite3"],
        "export": ["export", "-o", f"{full}/pi.txt", "--db", str(database)],
        "picture": [
            "picture",
            "walk",
            "--digits",
            "50",
            "-o",
            f"{full}/pi.svg",
            "--db",
            str(database),
        ],
        "backup": ["backup", f"{full}/copy", "--db", str(database)],
    }
    script = (
        'mount -t tmpfs -o size=20m,nr_inodes="$1" none "$0" || exit 99; full="$0"; shift; '
        'code=0; "$@" || code=$?; [ $code = 0 ] || ls -A "$full"; exit $code'
    )
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script, str(full), str(inodes), *PI_TUI, *words[command]],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 99:
        pytest.skip("no tmpfs with a limit on files here")
    if done.returncode == 0:
        assert inodes > 1
        return
    if (command, inodes) == ("run", 4):  # only the lock of the run had no room
        assert done.stdout == "pi.sqlite3\npi.sqlite3.lock\n"
        done.stdout = ""
    assert_line(done, "no inodes left")


def test_folder_renamed_between_two_saves_is_not_reported_as_full_disk(tmp_path: Path) -> None:
    folder, away = tmp_path / "here", tmp_path / "away"
    folder.mkdir()
    with CheckpointStore.open(str(folder / "pi.db"), Walks()) as store:
        run, walk = save_some(store)
        folder.rename(away)
        with pytest.raises(StorageError, match="was moved or deleted; put it back"):
            store.save(run, advance(walk, 1), 0.0)
        away.rename(folder)
        store.save(run, walk, 0.0)
    shutil.rmtree(folder)


COMMANDS = {
    "status": "status --db f",
    "export": "export -o f",
    "picture": "picture walk --digits 50 -o f.svg",
    "backup": "backup f",
    "run to a file": "run --digits 50 -o f",
    "run": "run --digits 50 --db f",
    "app": "--digits 50 --db f",
    "delete": "delete --digits 50 --db f --yes",
    "serve": "serve --db f",
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_relative_path_in_a_deleted_working_folder_fails_in_one_line(
    command: str, tmp_path: Path
) -> None:
    assert pi_tui("run", "--digits", 50).returncode == 0
    folder = tmp_path / "gone"
    folder.mkdir()
    script = 'cd "$0" && rmdir "$0" && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, str(folder), *PI_TUI, *command.split()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert_line(done, "because the working folder was deleted; change to another folder")


@pytest.mark.parametrize("command", ["status", "export", "check", "runs", "run --digits 50"])
def test_commands_on_a_database_elsewhere_work_in_a_deleted_working_folder(
    command: str, tmp_path: Path
) -> None:
    assert pi_tui("run", "--digits", 50).returncode == 0
    script = 'cd "$0" && rmdir "$0" && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, str(tmp_path), *PI_TUI, *command.split()], check=False
    )
    assert done.returncode == 0


def test_empty_database_file_of_the_user_is_kept_if_its_journal_cannot_be_made(
    tmp_path: Path,
) -> None:
    """Only files made by the failed call are removed."""
    database = tmp_path / "pi.sqlite3"
    database.touch()
    (tmp_path / "pi.sqlite3-journal").symlink_to(tmp_path / "missing" / "journal")
    with pytest.raises(StorageError):
        CheckpointStore.open(str(database), SpigotKind())
    assert database.exists()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")
def test_folder_in_which_no_file_can_be_made_is_named_as_the_cause() -> None:
    assert_line(pi_tui("run", "--digits", 9, "--db", "/proc/x"), "no file can be made in /proc")
