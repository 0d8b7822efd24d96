"""Files to export to: any text that is typed gets an answer, and none crashes the app."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pi_tui.app.talk.answers import explain_file
from pi_tui.app.talk.export import save_file
from pi_tui.errors import PiTuiError, UsageError
from pi_tui.pi.app.taking_digits import digits_in_file
from tests.helpers import pi, pi_tui, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import text_of

NAMES = {
    "nobody's home": "~nosuch/pi.txt",
    "nobody": "~nosuch",
    "a long name": "x" * 300,
    "a long path": "x/" * 3000,
    "no name": "",
    "blanks": "   ",
    "a folder": ".",
    "under a file": "file/pi.txt",
    "a loop of links": "loop",
    "under a loop of links": "loop/pi.txt",
    "a null byte": "a\0b",
    "half a character": "a\ud800b",
    "a null byte in a home": "~a\0b",
    "half a character in a home": "~\ud800/x",
    "no terminal's friend": "\x1b[2J",
}

FILE = digits_in_file(pi(20), 0, 20)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    Path("file").write_text("mine")
    return tmp_path


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_export_to_an_odd_name_writes_the_file_or_refuses_in_one_line(name: str) -> None:
    good, hint = explain_file(name, "pi.sqlite3")
    assert hint.isprintable()
    try:
        path = save_file(name, lambda _: FILE, "pi.sqlite3")
    except PiTuiError as error:
        refusal = str(error).splitlines()
    else:
        refusal = ["it was written"]
        assert good or not name.strip()
        assert path.read_bytes() == b"3." + pi(20) + b"\n"
    assert len(refusal) == 1


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_export_to_any_name_without_a_slash_writes_it_or_raises_pi_tui_error(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        typed = f"{folder}/{name}" if "/" not in name else name
        explain_file(typed, f"{folder}/pi.sqlite3")
        if "/" not in name:
            try:
                path = save_file(typed, lambda _: FILE, f"{folder}/pi.sqlite3")
            except PiTuiError:
                assert os.listdir(folder) == []
            else:
                assert path.read_bytes() == b"3." + pi(20) + b"\n"


@pytest.mark.parametrize("name", ["pi.sqlite3", "other.txt", "pi.sqlite3-journal"])
def test_export_refuses_the_file_of_a_database(name: str, database: Path) -> None:
    pi_tui("run", "--digits", 90, "--db", database)
    os.link(database, "other.txt")
    before = database.read_bytes()
    good, hint = explain_file(name, str(database))
    assert not good
    assert "belongs to a database" in hint
    with pytest.raises(UsageError):
        save_file(name, lambda _: FILE, str(database))
    assert database.read_bytes() == before


@pytest.mark.parametrize(("name", "is_replaced"), [("file", True), ("new", False), ("pipe", False)])
def test_export_names_the_file_and_says_only_of_a_regular_one_that_it_is_replaced(
    name: str, is_replaced: bool, here: Path
) -> None:
    os.mkfifo("pipe")
    assert explain_file(name, "pi.sqlite3") == (
        True,
        f"{here / name}{' is replaced' * is_replaced}",
    )


async def test_export_dialog_says_why_it_refuses_a_file_and_stays_open(bench: Bench) -> None:
    app = bench.app(300)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.main_screen.count == 300)
        await pilot.press("e")
        await until(lambda: "which positions" in text_of(app))
        await pilot.press("enter")
        await until(lambda: "which file" in text_of(app))
        for name, hint in {bench.location: "belongs to a data", "~nosuch/x": "no folder"}.items():
            app.screen.query_one("Input").value = name  # type: ignore[attr-defined]
            await until(lambda hint=hint: hint in text_of(app))  # type: ignore[misc]
            await pilot.press("enter")
            assert "which file" in text_of(app)
