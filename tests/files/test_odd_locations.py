"""Locations that are no database are refused at once, and no secret in them is printed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.errors import UsageError
from pi_tui.files.location import parse_location
from pi_tui.pi.spigot.kind import SpigotKind
from tests.helpers import pi_tui

MARK = "SeKretPw"


@pytest.mark.parametrize("command", ["run --digits 100", "status", "export", "check"])
def test_fifo_as_database_is_refused_without_waiting(command: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f")
    done = pi_tui(*command.split(), "--db", tmp_path / "f")
    assert done.returncode == 7
    assert "is not a regular file" in done.stderr


def test_glance_at_a_fifo_or_a_server_returns_none_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f")
    for location in ("postgresql://localhost:1/db", str(tmp_path / "f")):
        assert glance(location, SpigotKind(), None) is None


@pytest.mark.parametrize(
    "location",
    [
        f"postgresql:/u:{MARK}@h/db",
        f" postgresql+psycopg://u:{MARK}@h/db",
        f"postgresql+psycopg:u:{MARK}@h/db",
        f"jdbc:postgresql://u:{MARK}@h/db",
        f"host=127.0.0.1 port=1 password={MARK}",
        f"postgresql+psycopg//me:{MARK}@localhost/x",
        f"postgresql//me:p/{MARK}@localhost/x",
        f"//me:{MARK}@localhost/x",
        f"me:{MARK}@localhost/x",
        f"postgresql//localhost/x?password={MARK}",
    ],
)
def test_mistyped_url_is_refused_without_printing_its_password(location: str) -> None:
    with pytest.raises(UsageError, match="looks like a server") as refusal:
        parse_location(location)
    assert MARK not in str(refusal.value)
    done = pi_tui("status", "--db", location)
    assert done.returncode == 2
    assert MARK not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "location", [f"sqlite:///x.db?password={MARK}", f"sqlite://u:{MARK}@/x.db"]
)
def test_sqlite_url_with_a_password_is_refused_without_printing_it(location: str) -> None:
    done = pi_tui("status", "--db", location)
    assert done.returncode == 2
    assert "names no file" in done.stderr
    assert MARK not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        *("status", "watch", "export -o", "find", "backup", "run --digits", "run --pace"),
        *("open", "open a:b", "open a:b 9", "--print-completion", "status --bd", ""),
    ],
)
@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://me:{MARK}@localhost/x",
        f"postgresql+psycopg://me:{MARK}x@{'y' * 300}@localhost/x",
        f"postgresql+psycopg//me:{MARK}@localhost/x",
        f"mysql://me:{MARK}@localhost/x",
        f"me:{MARK}@localhost/x",
    ],
)
def test_url_of_a_server_not_after_db_option_is_refused_without_printing_its_password(
    url: str, command: str, tmp_path: Path
) -> None:
    done = pi_tui(*command.split(), url, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the URL of a database goes after --db" in done.stderr
    assert MARK not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a:b", "me@home.sqlite3", "./a:b@c", "~/a:b@c", "postgres/x"])
def test_path_that_resembles_a_url_is_parsed_as_a_path(name: str, tmp_path: Path) -> None:
    assert parse_location(name).path == Path(name).expanduser().absolute()
    assert parse_location(f"{tmp_path}/a:b@c").path == tmp_path / "a:b@c"


@pytest.mark.parametrize("name", ["new/", "pi.db/", "./new//"])
def test_database_name_that_ends_in_a_slash_is_refused_as_folder(name: str, tmp_path: Path) -> None:
    pi_tui("run", "--digits", 9, "--db", "pi.db", cwd=tmp_path)
    before = sorted(tmp_path.iterdir())
    for command in ("run --digits 9", "status"):
        done = pi_tui(*command.split(), "--db", name, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is the name of a folder; name a file in it" in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_path_without_permission_is_refused_with_the_reason(tmp_path: Path) -> None:
    try:
        os.readlink("/proc/1/root")
    except PermissionError:
        done = pi_tui("run", "--digits", 9, "--db", "/proc/1/root/x", cwd=tmp_path)
        assert done.returncode == 6
        assert "/proc/1/root/x cannot be reached: Permission denied" in done.stderr
    except OSError:
        pytest.skip("no /proc")
    else:
        pytest.skip("every link may be followed here")


def test_url_whose_password_may_end_at_two_places_is_refused_without_printing_it() -> None:
    location = f"postgresql://u:a?{MARK}@{MARK}@localhost:1/db"
    done = pi_tui("status", "--db", location)
    assert done.returncode == 2
    assert "set it as PGPASSWORD" in done.stderr
    assert MARK not in done.stdout + done.stderr
