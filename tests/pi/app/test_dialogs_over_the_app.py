"""A dialog leaves the run visible around it; lists show their cursor in 16 colours too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.app import App

from pi_tui.app.looks.themes import NIGHT
from tests.helpers import until
from tests.pi.app.helpers import a_snapshot, a_still, text_of

ANSI = ("ansi-dark", "ansi-light")
LISTS = {"t": "Theme", "l": "Landmarks", "r": "Runs"}


def styles_of(app: App[Any], text: str) -> Style:
    """Return the style of the row on the screen that has this text."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if text in segment.text:
                return segment.style or Style()
    raise AssertionError(f"{text!r} is not on the screen")


@pytest.mark.parametrize("theme", [*ANSI, NIGHT])
@pytest.mark.parametrize("key", [*LISTS, "g", "b", "e", "question_mark"])
async def test_dialog_leaves_the_app_visible_around_it(runs: Path, theme: str, key: str) -> None:
    async with a_still(a_snapshot(), (80, 40), theme, location=str(runs)) as (app, pilot):
        await pilot.press(key)
        await until(lambda: len(app.screen_stack) == 2 and app.screen.is_mounted)
        await pilot.pause()
        await until(lambda: "20,000 digits" in text_of(app).splitlines()[0])
        assert "63.2 %" in text_of(app) or key == "t"


@pytest.mark.parametrize("theme", ANSI)
@pytest.mark.parametrize("key", LISTS)
async def test_themes_landmarks_and_runs_lists_show_their_cursor_line_in_ansi_themes(
    runs: Path, theme: str, key: str
) -> None:
    async with a_still(a_snapshot(), (120, 40), theme, location=str(runs)) as (app, pilot):
        await pilot.press(key)
        await until(lambda: LISTS[key] in text_of(app))
        await pilot.pause()
        under = {"t": theme, "l": "The first 0.", "r": " verified "}[key]
        if key == "l":
            await pilot.press("home")
        elif key == "r":
            await until(lambda: under in text_of(app))
        await pilot.pause()
        await until(lambda: is_marked(styles_of(app, under)))


async def test_command_palette_shows_its_cursor_line_in_the_ansi_dark_theme() -> None:
    async with a_still(a_snapshot(), (120, 40), "ansi-dark") as (app, pilot):
        await pilot.press("ctrl+p")
        await until(lambda: "Search for commands" in text_of(app))
        await pilot.press(*"theme")
        await until(lambda: "choose a theme" in text_of(app))
        await until(lambda: is_marked(styles_of(app, "choose a theme")))


def is_marked(style: Style) -> bool:
    """Return True if a terminal draws these cells differently from others."""
    is_plain = style.bgcolor is None or style.bgcolor.type is ColorType.DEFAULT
    return bool(style.reverse) or not is_plain
