"""Pi by heart: digits typed from memory, and the best score."""

from __future__ import annotations

import re

import pytest

from pi_tui.worker.snapshot import State
from tests.helpers import until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import DIGITS, a_complete_run, text_of, until_state


async def test_screen_for_reciting_by_heart_shows_mistakes_and_saves_the_best_score(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[str] = []
    async with a_complete_run(bench) as (app, pilot):
        monkeypatch.setattr(app, "bell", lambda: rings.append("rung"))
        await pilot.press("home", "h")
        await until(lambda: "Pi by heart" in text_of(app))
        assert not re.search(r"\d{5}", text_of(app)), "nothing to read it from, around it either"
        await pilot.press(*"14158", *"2")
        await until(lambda: "3.141592" in text_of(app))
        await until(lambda: "4 digits without a mistake · 1 mistake" in text_of(app))
        assert rings == ["rung"]
        await pilot.press("escape")
        await until(lambda: "4 digits by heart, your best" in text_of(app))
    again = bench.app(DIGITS)
    async with again.run_test(size=(100, 30)) as pilot:
        await until_state(again, State.COMPLETE)
        await pilot.press("h")
        await until(lambda: "best 4" in text_of(again))
        await pilot.press(*"141", "escape")
        await until(lambda: again.screen is again.main_screen)
        assert again._looks.by_heart == 4
