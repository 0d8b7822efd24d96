"""Odd text typed by the user or read from the settings file never crashes the app."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pi_tui.app.looks.remembered import default_path
from pi_tui.app.talk.answers import explain_place
from pi_tui.needle import Needle
from pi_tui.pi.app.pi_app import PiLooks
from pi_tui.pi.app.screens.digit_answers import explain_digits, explain_range
from pi_tui.pi.app.widgets.digit_search_bar import meant
from pi_tui.pi.digits.dates import explain_date
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import text_of

OTHER_DIGITS = "٣١٤²Ⅷ๑１"


@given(st.text(max_size=30) | st.text(OTHER_DIGITS + "0123456789.-%e", max_size=30))
def test_any_text_typed_in_a_dialog_or_the_search_raises_no_error(text: str) -> None:
    explain_date(text)
    explain_digits(text)
    explain_place(text, 1_000, "digits")
    explain_range(text, 1_000)
    if digits := meant(text)[0]:
        Needle(digits).feed(pi(1_000), 1_000)


@pytest.mark.parametrize("key", OTHER_DIGITS)
async def test_search_ignores_digits_that_are_not_ascii(key: str, bench: Bench) -> None:
    app = bench.app(300)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.main_screen.count == 300)
        await pilot.press("slash")
        await until(lambda: app.main_screen.searching.bar is not None)
        bar = app.main_screen.searching.bar
        assert bar is not None
        bar.input.value = f"14{key}15"
        await until(lambda: "1 of 1" in text_of(app))


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x), max_leaves=5
    ),
    st.sampled_from(["theme", "view", "colored", "bell", "else"]),
)
def test_settings_file_with_odd_json_gives_valid_settings(value: object, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "face.json"
        path.write_text(json.dumps({name: value}), encoding="utf-8")
        looks = PiLooks().recalled(path)
        assert isinstance(looks, PiLooks)
        assert isinstance(looks.view, str)
        assert isinstance(looks.theme, str)
        path.write_text(json.dumps(value), encoding="utf-8")
        assert PiLooks().recalled(path) == PiLooks()


async def test_unknown_view_in_the_settings_file_leaves_the_digits_on_the_screen(
    bench: Bench,
) -> None:
    bench.memory.write_text('{"view": "sky"}', encoding="utf-8")
    app = bench.app(300)
    async with app.run_test():
        assert app.main_screen.stage.view == "digits"
        assert app.main_screen.digits.display


def deep(path: Path) -> None:
    path.write_text("[" * 50_000)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, deep, endless], ids=lambda f: f.__name__)
def test_settings_file_that_cannot_be_read_is_ignored(make: object, tmp_path: Path) -> None:
    path = tmp_path / "face.json"
    make(path)  # type: ignore[operator]
    assert PiLooks().recalled(path) == PiLooks()


def test_user_without_a_home_has_no_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_name: str) -> str:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("pi_tui.app.looks.remembered.user_state_dir", nobody)
    assert default_path() is None
