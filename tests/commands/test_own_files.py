"""No command's output ever overwrites a database, its journal, its lock or a backup."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import PI_TUI, pi, pi_tui, saved, started, wait_until

NAMES: dict[str, Callable[[Path], Path]] = {
    "itself": lambda database: database,
    "another spelling": lambda database: database.parent / "." / "x" / ".." / database.name,
    "a symbolic link": lambda database: linked(database, os.symlink),
    "a hard link": lambda database: linked(database, os.link),
    "its journal": lambda database: Path(f"{database}-journal"),
    "a write-ahead log": lambda database: Path(f"{database}-wal"),
    "its lock": lambda database: Path(f"{database}.lock"),
    "the lock of a run": lambda database: Path(f"{database}.run-1.lock"),
    "a link to its lock": lambda database: linked(Path(f"{database}.lock"), os.link),
    "a backup": lambda database: backed_up(database),
    "the lock of a backup": lambda database: Path(f"{backed_up(database)}.lock"),
}


def linked(path: Path, link: Callable[[Path, Path], None]) -> Path:
    other = path.parent / "other.txt"
    link(path, other)
    return other


def backed_up(database: Path) -> Path:
    copy = database.parent / "copy.sqlite3"
    assert pi_tui("backup", copy, "--db", database).returncode == 0
    return copy


@pytest.fixture
def filled(database: Path) -> Path:
    """Make a database with a finished run of 90 digits."""
    (database.parent / "x").mkdir()
    assert pi_tui("run", "--digits", 90, "--db", database).returncode == 0
    return database


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("command", ["run", "export", "backup"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_output_to_a_file_of_a_database_is_refused(
    name: Callable[[Path], Path], command: str, filled: Path
) -> None:
    target = name(filled)
    before = contents(filled.parent)
    to: dict[str, list[object]] = {
        "run": ["--digits", 90, "-o", target],
        "export": ["-o", target],
        "backup": [target],
    }
    done = pi_tui(command, *to[command], "--db", filled)
    assert (done.returncode, done.stdout) == (2, "")
    assert "belongs to a database" in done.stderr or "never replaces" in done.stderr
    assert done.stderr.count("\n") == 1
    assert contents(filled.parent) == before


def test_same_new_path_for_output_and_database_is_refused_and_nothing_is_created(
    database: Path,
) -> None:
    done = pi_tui("run", "--digits", 90, "-o", database, "--db", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert "belongs to a database" in done.stderr
    assert list(database.parent.iterdir()) == []


def test_output_to_a_database_with_an_ordinary_name_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "pi.txt"
    pi_tui("run", "--digits", 90, "--db", database)
    assert pi_tui("export", "-o", database, "--db", database).returncode == 2
    assert saved(database) == 90


def test_text_file_named_like_a_lock_file_is_replaced_by_the_output(filled: Path) -> None:
    notes = filled.parent / "notes.lock"
    notes.write_text("mine")
    assert pi_tui("export", "-o", notes, "--db", filled).returncode == 0
    assert notes.read_bytes() == b"3." + pi(90) + b"\n"


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm", ".lock"])
def test_backup_refuses_names_of_files_beside_a_database(end: str, filled: Path) -> None:
    target = filled.parent / f"copy.sqlite3{end}"
    done = pi_tui("backup", target, "--db", filled)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is the name of a file beside a database" in done.stderr
    assert not target.exists()


def test_backup_after_killed_ones_succeeds_and_names_leftovers_if_any(database: Path) -> None:
    pi_tui("run", "--digits", 300_000, "--db", database)
    copy = database.parent / "nightly.sqlite3"
    for _ in range(3):
        with started("backup", copy, "--db", database) as child:
            wait_until(lambda: list(database.parent.glob("*nightly*")) or child.poll() is not None)
            child.send_signal(signal.SIGKILL)
            child.wait()
        if copy.exists():  # the backup was complete before the signal
            assert saved(copy) == 300_000
            copy.unlink()
    left = sorted(database.parent.glob(".nightly.sqlite3.*.partial"))
    done = pi_tui("backup", copy, "--db", database)
    told = f"backed up to {copy}\n" + "".join(
        f"note: {path} is half a backup; delete it if no other backup runs\n" for path in left
    )
    assert (done.returncode, done.stderr) == (0, told)
    assert saved(copy) == 300_000


def test_backup_removes_only_files_it_made(filled: Path) -> None:
    thesis = filled.parent / ".copy.sqlite3.mine.partial" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("ten years")
    names = {path.name for path in filled.parent.iterdir()}
    done = pi_tui("backup", filled.parent / "copy.sqlite3", "--db", filled)
    assert done.returncode == 0
    assert thesis.read_text() == "ten years"
    assert {path.name for path in filled.parent.iterdir()} == names | {"copy.sqlite3"}


def test_read_only_output_file_is_not_replaced(filled: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # a folder that other users can reach
        Path(folder).chmod(0o777)
        notes = Path(folder) / "notes.txt"
        notes.write_text("mine")
        notes.chmod(0o444)
        done = subprocess.run(
            [*stranger(), *PI_TUI, "run", "--digits", "9", "--db", f"{folder}/x", "-o", notes],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (6, "")
        assert "it is read-only; choose another file" in done.stderr
        assert notes.read_text() == "mine"
        assert os.listdir(folder) == ["notes.txt"]


def stranger() -> list[str]:
    """Return a command prefix to run a program as another user, for root; [] for others."""
    if os.getuid():
        return []
    words = ["setpriv", "--reuid=54321"]
    if shutil.which("setpriv") is None or subprocess.run([*words, *PI_TUI, "--version"]).returncode:
        pytest.skip("root may write to every file, and no one else finds Python here")
    return words


def test_output_file_keeps_permissions_except_set_user_id(filled: Path) -> None:
    old = filled.parent / "old.txt"
    old.write_text("old")
    old.chmod(0o4750)
    assert pi_tui("export", "-o", old, "--db", filled).returncode == 0
    assert stat.S_IMODE(old.stat().st_mode) == 0o750


def test_output_path_ending_in_a_slash_is_refused_as_folder(filled: Path) -> None:
    done = pi_tui("export", "-o", f"{filled.parent}/new/", "--db", filled)
    assert (done.returncode, done.stdout) == (6, "")
    assert "it is a folder" in done.stderr
    assert not (filled.parent / "new").exists()


def test_output_option_with_an_empty_name_is_refused(filled: Path) -> None:
    """A shell variable that is not set gives an empty name."""
    done = pi_tui("export", "--db", filled, "-o", "")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the output's file has no name" in done.stderr


def test_output_through_a_link_is_written_to_its_target_on_another_file_system(
    filled: Path,
) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == filled.stat().st_dev:
        pytest.skip("needs a second file system")
    with tempfile.TemporaryDirectory(dir=elsewhere) as folder:
        link, far = filled.parent / "far.txt", Path(folder) / "pi.txt"
        link.symlink_to(far)
        for _ in range(2):
            done = pi_tui("export", "-o", link, "--db", filled)
            assert (done.returncode, done.stderr) == (0, "")
            assert far.read_bytes() == b"3." + pi(90) + b"\n"
            assert link.is_symlink()
        assert os.listdir(folder) == ["pi.txt"]


def test_files_made_under_umask_777_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    child = (*PI_TUI, "run", "--digits", "90", "-o", "pi.txt")
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path / "data")}
    subprocess.run(child, umask=0o777, cwd=tmp_path, env=environment, check=True)
    made = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "data").rglob("*")}
    assert made == {"pi-tui": 0o700, "pi.sqlite3": 0o600, "pi.sqlite3.lock": 0o600}
    assert stat.S_IMODE((tmp_path / "pi.txt").stat().st_mode) == 0o600


def test_data_folder_with_too_long_a_name_is_reported_in_one_line(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path / ("x" * 300))}
    done = pi_tui("run", "--digits", 9, env=environment)
    assert done.returncode == 6
    assert re.fullmatch(r"pi-tui: there is no folder .*, and it cannot be made: .*\n", done.stderr)
