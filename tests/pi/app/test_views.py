"""Views that follow one another by key v: digits, walk, heat map, and their pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pi_tui.pi.app.views import heat_view
from pi_tui.pi.app.views.heat_view import HeatView
from pi_tui.pi.app.views.walk_view import WalkView
from pi_tui.pi.digits import walk
from pi_tui.worker.snapshot import State
from tests.helpers import until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import DIGITS, Still, a_complete_run, a_snapshot, a_still, text_of

WHOLE: dict[str, Any] = {"state": State.COMPLETE, "made": 20_000, "saved": 20_000}
"""What a snapshot of a complete run of 20,000 digits has besides the usual."""


async def test_key_v_shows_the_next_view_and_the_next_start_shows_it_again(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("v")
        await until(lambda: "walk: " in text_of(app))
        await until(lambda: "2,000 steps" in text_of(app))
        await pilot.press("v")
        await until(lambda: "heat map" in text_of(app))
        await pilot.press("d")
    again = bench.app(DIGITS)
    async with again.run_test(size=(100, 30)):
        await until(lambda: "heat map" in text_of(again))
        assert again.main_screen.digits.colored


async def test_walk_that_is_catching_up_shows_only_the_new_run_if_a_smaller_one_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walk, "CHUNK", 100)
    async with a_still(a_snapshot(**WHOLE), (100, 30)) as (app, pilot):
        await pilot.press("v")
        await until(lambda: app.main_screen.stage.walk.walked)
        view = app.main_screen.query_one("#walk", WalkView)
        assert view._busy, "a step is pending"
        small = {"state": State.COMPLETE, "goal": 50, "length": 50, "made": 50, "saved": 50}
        app.take(Still(a_snapshot(**small)))
        await until(lambda: app.main_screen.count == 50 and not view._busy)
        assert app.main_screen.stage.walk.walked == 50
        await until(lambda: "walk: 50 steps" in text_of(app))


async def test_heat_map_colours_both_halves_of_a_cell(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("v", "v")
        await until(lambda: "▀▀▀" in text_of(app))
        cells = [
            segment.style
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if "▀" in segment.text and segment.style is not None
        ]
        assert len({style.color for style in cells}) > 3
        assert len({style.bgcolor for style in cells}) > 3


async def test_heat_map_that_is_catching_up_shows_no_squares_of_the_run_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run begins again: its goal is the same, and nothing of it is there."""
    monkeypatch.setattr(heat_view, "CHUNK", 100)
    async with a_still(a_snapshot(**WHOLE), (100, 30)) as (app, pilot):
        await pilot.press("v", "v")
        heat = app.main_screen.query_one(HeatView)
        await until(lambda: heat._values)
        assert heat._busy, "a step is pending"
        app.take(Still(a_snapshot(made=0, saved=0)))
        await until(lambda: app.main_screen.count == 0 and not heat._busy)
        assert not heat._values


async def test_heat_map_of_a_complete_run_has_a_square_for_its_last_digits_too(
    bench: Bench,
) -> None:
    async with a_complete_run(bench, (44, 12)) as (app, pilot):
        await pilot.press("v", "v")
        heat = app.main_screen.query_one(HeatView)
        await until(lambda: heat._values and not heat._busy)
        whole, rest = divmod(DIGITS, heat._stride)
        assert rest, "the last square has fewer digits"
        assert len(heat._values) == whole + 1


async def test_range_in_the_title_is_never_reversed_after_a_switch_from_a_picture_to_digits(
    bench: Bench,
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        seen: set[str] = set()
        view = app.main_screen.digits
        await pilot.press("v", "v")
        await until(lambda: "heat map" in text_of(app))
        app.main_screen.show_place()
        seen.add(str(view.border_title))
        await pilot.press("v")
        seen.add(str(view.border_title))
        await until(lambda: view.size.height and app.main_screen.stage.view == "digits")
        await pilot.pause()
        seen.add(str(view.border_title))
        for title in seen:
            first, last = (int(n.replace(",", "")) for n in title.split()[1::2])
            assert first <= last


async def test_key_s_saves_a_picture_of_the_walk_or_the_heat_map(
    bench: Bench, tmp_path: Path
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        for name, turns in (("a.svg", ()), ("b.png", ("v", "v"))):
            target = tmp_path / name
            await pilot.press(*turns, "s", "ctrl+u", *str(target), "enter")
            await until(target.exists)
            await until(lambda: "Drew 2,000 digits" in text_of(app))
        await pilot.press("s", "ctrl+u", *"a.gif")
        await until(lambda: "end the file's name" in text_of(app))
