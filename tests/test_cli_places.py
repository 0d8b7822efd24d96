"""Places of databases and outputs on the command line: missing, unusable, oddly named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.helpers import PI_TUI, pi_tui
from tests.refusals import refused, untouched


@pytest.mark.parametrize(
    "command",
    [
        "run --digits 9",
        "run",
        "",
        "status",
        "status --json",
        "runs",
        "export",
        "check",
        "backup x",
        "verify --digits 9",
        "delete --digits 9",
    ],
)
def test_cli_names_the_missing_folder_of_a_database_in_one_line(
    command: str, tmp_path: Path
) -> None:
    folder = tmp_path / "not"
    for options in (
        {"--db": f"{folder}/there.sqlite3"},
        {"--db": f"sqlite:///{folder}/there.sqlite3"},
        {},
    ):
        variable = {} if options else {"PI_TUI_DB": f"{folder}/there.sqlite3"}
        words = [word for pair in options.items() for word in pair]
        line = refused(6, *command.split(), *words, env=os.environ | variable, cwd=tmp_path)
        assert f"there is no folder {folder}; make it first" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing/pi.txt", ".", "pi.txt/under-a-file"])
def test_cli_refuses_an_unwritable_output_before_computing(name: str, tmp_path: Path) -> None:
    (tmp_path / "pi.txt").write_text("old")
    database = tmp_path / "pi.sqlite3"
    line = refused(6, "run", "--digits", "9", "--db", database, "-o", tmp_path / name)
    assert "choose another file" in line
    assert not database.exists()
    assert (tmp_path / "pi.txt").read_text() == "old"


@pytest.mark.parametrize("command", ["export", "check", "backup", "delete"])
def test_cli_refuses_a_missing_database_and_creates_no_file(command: str, tmp_path: Path) -> None:
    more = {"backup": [str(tmp_path / "copy")], "delete": ["--digits", "9", "--yes"]}
    line = refused(2, command, "--db", tmp_path / "pi.sqlite3", *more.get(command, []))
    assert "nothing is saved" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", [["--db", ""], ["--db="]], ids=str)
@pytest.mark.parametrize(
    "command",
    ["delete --digits 9 --yes", "run --digits 9 --fresh", "9", "status", "export", "backup x"],
)
def test_cli_refuses_an_empty_path_after_option_db_and_keeps_the_default_database(
    command: str, flag: list[str], tmp_path: Path, private_home: Path
) -> None:
    pi_tui("run", "--digits", "9")
    (usual,) = private_home.rglob("pi.sqlite3")
    before = untouched(usual)
    line = refused(2, *command.split(), *flag, cwd=tmp_path)
    assert "--db is empty; give the path or URL of a database, or leave --db out" in line
    assert untouched(usual) == before


def test_escape_codes_in_a_folder_name_are_not_printed(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[2Jevil\u202e"
    line = refused(6, "run", "--digits", "9", "--db", folder / "pi.sqlite3")
    assert "\u202e" not in line


def test_escape_codes_in_the_name_of_a_picture_are_not_printed(database: Path) -> None:
    pi_tui("run", "--digits", "9", "--db", database)
    picture = database.parent / "\x1b[2Jevil.svg"
    done = pi_tui("picture", "walk", "-o", picture, "--db", database)
    assert (done.returncode, picture.exists(), "\x1b" in done.stderr) == (0, True, False)


PLACES = {
    "a long name": (6, "x" * 5_000),
    "a long path": (6, "x/" * 2_500 + "x"),
    "a long name of a folder": (2, "x" * 5_000 + "/"),
    "a null device": (7, "/dev/null"),
}


@pytest.mark.parametrize(("code", "place"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("command", ["run", "run --digits 9", "status", "--digits 9", "check"])
def test_cli_refuses_unusable_db_path_in_one_line(
    command: str, code: int, place: str, tmp_path: Path
) -> None:
    refused(code, *command.split(), "--db", place, cwd=tmp_path)


def test_cli_treats_an_unknown_user_s_home_as_a_missing_folder(tmp_path: Path) -> None:
    assert "there is no folder" in refused(
        6, "run", "--digits", "9", "--db", "~nosuch/x", cwd=tmp_path
    )
    assert "there is no folder" in refused(6, "check", "--db", "~nosuch/x", cwd=tmp_path)


def test_cli_accepts_a_path_that_is_not_utf8(tmp_path: Path) -> None:
    name, copy = (os.fsencode(tmp_path) + end for end in (b"/\xff\xfe", b"/copy \xff"))
    for command in ([b"run", b"--digits", b"90"], [b"backup", copy], [b"check"]):
        child = [*map(os.fsencode, PI_TUI), *command, b"--db", name]
        assert subprocess.run(child, capture_output=True, check=False).returncode == 0
    assert sorted(os.listdir(os.fsencode(tmp_path))) == [
        b"copy \xff",
        b"\xff\xfe",
        b"\xff\xfe.lock",
    ]


STRANGER = ("setpriv", "--reuid=54321")
"""A user id that is not in the list of users."""


@pytest.fixture
def stranger() -> None:
    try:
        subprocess.run([*STRANGER, sys.executable, "-c", "pass"], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may be others, and only where those find Python")


def told_to_a_stranger(*arguments: str, **options: object) -> tuple[int, str]:
    command = [*STRANGER, *PI_TUI, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.stdout == ""
    assert re.fullmatch(r"pi-tui: [^\n]+\n", done.stderr), done.stderr
    return done.returncode, done.stderr


@pytest.mark.usefixtures("stranger")
def test_cli_without_a_home_folder_tells_to_name_the_database() -> None:
    homeless = {k: v for k, v in os.environ.items() if k != "HOME" and not k.startswith("XDG_")}
    code, line = told_to_a_stranger("run", "--digits", "9", env=homeless)
    assert code == 2
    assert "--db" in line


@pytest.mark.usefixtures("stranger")
@pytest.mark.parametrize("command", ["run", "status", "run --digits 9"])
def test_cli_refuses_an_inaccessible_folder_in_one_line(command: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        code, _ = told_to_a_stranger(*command.split(), "--db", f"{folder}/pi.sqlite3")
    assert code == 6


def test_cli_ignores_relative_folders_in_xdg_variables(tmp_path: Path, private_home: Path) -> None:
    relative = {f"XDG_{name}_HOME": "here" for name in ("DATA", "STATE", "CACHE", "CONFIG")}
    done = pi_tui("run", "--digits", 9, cwd=tmp_path, env=os.environ | relative)
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []
    assert [path.name for path in private_home.rglob("pi.sqlite3")] == ["pi.sqlite3"]
