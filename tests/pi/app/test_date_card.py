"""The search for a birthday, and the card that it shows."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from pi_tui.pi.app.pi_app import PiApp
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import DIGITS, a_complete_run, text_of


async def see_the_card(app: PiApp, pilot: Pilot[int]) -> None:
    """Search for a birthday, and wait for the card with its position."""
    await pilot.press("b")
    await until(lambda: isinstance(app.focused, Input))
    await pilot.press(*"28.6.3589", "enter")
    await until(lambda: "written as month day" in text_of(app))


async def test_birthday_search_shows_a_card_with_the_position(bench: Bench, tmp_path: Path) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("b")
        await until(lambda: "Where is your date in pi?" in text_of(app))
        await pilot.press(*"28.6.3589")
        await until(lambda: "28 June 3589: 28063589" in text_of(app))
        await pilot.press("enter")
        at = pi(DIGITS).find(b"0628")
        await until(lambda: f"at position {at + 1:,} of 2,000 after the point" in text_of(app))
        assert "28 June is in pi as 0628, without the year" in text_of(app)
        assert "The full date, 28063589, takes about 99 million digits" in text_of(app)
        await pilot.press("y")
        await until(lambda: "Copied the card" in text_of(app))
        assert f"position {at + 1:,}" in app.clipboard
        for name in ("card.svg", "card.png"):
            target = tmp_path / name
            await see_the_card(app, pilot)
            await pilot.press("s")
            await until(lambda: isinstance(app.focused, Input))
            await pilot.press("ctrl+u", *str(target), "enter")
            await until(target.exists)
        await see_the_card(app, pilot)
        await pilot.press("enter")
        await until(lambda: app.main_screen.digits.here == (at, at + 4))


async def test_birthday_search_without_a_hit_shows_the_chance(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("b", *"99999999", "enter")
        await until(lambda: "is not in the first 2,000 digits" in text_of(app))
        await until(lambda: "A string of 8 digits is" in text_of(app))
        await pilot.press("escape", "b", *"30.13.1")
        await until(lambda: "a date like 14.3.1988" in text_of(app))
