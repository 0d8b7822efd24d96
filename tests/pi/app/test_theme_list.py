"""The list of themes."""

from __future__ import annotations

from pi_tui.app.looks.themes import DAY
from tests.helpers import until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_complete_run, text_of


async def test_theme_list_previews_a_theme_which_escape_undoes_and_enter_keeps(
    bench: Bench,
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        before = app.theme
        await pilot.press("t")
        await until(lambda: "Enter chooses" in text_of(app))
        await pilot.press("down")
        await until(lambda: app.theme != before)
        await pilot.press("escape")
        await until(lambda: app.theme == before)
        app.looks.suit(light=True)
        assert app.theme == DAY, "a theme that was only tried is not the user's choice"
        assert not bench.memory.exists()
        await pilot.press("t", "down", "enter")
        await until(lambda: app.looks.now.theme == app.theme != before)


async def test_theme_list_shows_its_keys_in_one_line_of_80_columns(bench: Bench) -> None:
    async with a_complete_run(bench, (80, 24)) as (app, pilot):
        await pilot.press("t")
        await until(lambda: "pi-day" in text_of(app))
        assert app.screen.query_one(".keys").size.height == 1, "it is cut, not wrapped"
