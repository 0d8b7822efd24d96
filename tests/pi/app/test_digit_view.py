"""The digit view: few lines drawn of ten million digits; scrolling, following, looks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.color import Color
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection
from textual.strip import Strip

import pi_tui.app
from pi_tui.app.looks.themes import NIGHT_THEME, own_variables, selected
from pi_tui.needle import Needle
from pi_tui.pi.app.pi_colors import pi_variables
from pi_tui.pi.app.pi_screen import PiScreen
from pi_tui.pi.app.views.digit_view import DigitView
from pi_tui.pi.spigot.series import Series
from pi_tui.worker.job import MAX
from pi_tui.worker.snapshot import Snapshot, State
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import text_of
from tests.pi.spigot.helpers import EVERY_SERIES, ready

MANY = 10_000_000


class ViewApp(App[None]):
    """An app with nothing but the view."""

    CSS_PATH = Path(pi_tui.app.__file__).parent / "app.tcss"

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.digits = digits
        self.animation_level = "none"
        self.register_theme(NIGHT_THEME)
        self.theme = NIGHT_THEME.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return own_variables(self.current_theme) | pi_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        yield DigitView(self.digits)


@asynccontextmanager
async def a_view(
    digits: int, source: bytes, size: tuple[int, int] = (80, 10), **shown: Any
) -> AsyncIterator[tuple[DigitView, Pilot[Any]]]:
    app = ViewApp(digits)
    async with app.run_test(size=size) as pilot:
        view = app.query_one(DigitView)
        view.show(source, **({"count": len(source), "saved": len(source)} | shown))
        await pilot.pause()
        yield view, pilot


@pytest.fixture(scope="module")
def many() -> bytes:
    """Return ten million digits in which every line is different: each group is its own offset."""
    return b"".join(b"%010d" % at for at in range(0, MANY, 10))


def first_line(pilot: Pilot[Any]) -> str:
    return text_of(pilot.app).splitlines()[0].strip(" │╭╮─")


async def test_digit_lines_have_a_position_and_groups_of_ten() -> None:
    async with a_view(1_000, pi(1_000)) as (view, pilot):
        await pilot.press("home")
        lines = [line.strip(" │") for line in text_of(pilot.app).splitlines()[1:]]
        assert lines[0].split() == [
            "1",
            "3." + pi(10).decode(),
            *(pi(60)[at : at + 10].decode() for at in range(10, 60, 10)),
        ]
        assert lines[1].split()[0] == "61"
        assert view.virtual_size.height == 17


async def test_view_of_ten_million_digits_jumps_to_either_end_and_to_marked_digits(
    many: bytes,
) -> None:
    async with a_view(MANY, many) as (view, pilot):
        assert view.following
        assert view.in_view[1] == MANY
        await pilot.press("home")
        assert view.scroll_offset.y == 0
        await pilot.press("pagedown")
        assert 0 < view.scroll_offset.y <= view.size.height
        await pilot.press("end")
        assert view.scroll_offset.y == view.max_scroll_y
        view.mark(5_000_000, 5_000_010)
        await pilot.pause()
        first, end = view.in_view
        assert first <= 5_000_000 < end
        assert "0005000000" in text_of(pilot.app)


async def test_view_draws_only_visible_lines(many: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    paint = DigitView.paint

    def painted(view: DigitView, line: int) -> Strip:
        drawn.append(line)
        return paint(view, line)

    monkeypatch.setattr(DigitView, "paint", painted)
    async with a_view(MANY, many) as (view, pilot):
        drawn.clear()
        for _ in range(20):
            await pilot.press("pageup")
        await pilot.pause()
        assert 0 < len(drawn) <= 20 * view.size.height


async def test_view_stops_following_when_scrolled_up_and_follows_again_at_the_end() -> None:
    source = pi(5_000)
    async with a_view(5_000, source, count=2_000, saved=2_000) as (view, pilot):
        await pilot.press("up")
        place = view.in_view[0]
        view.show(source, 3_000, 2_000)
        await pilot.pause()
        assert view.in_view[0] == place
        assert not view.following
        for _ in range(40):
            await pilot.press("pagedown")
        view.show(source, 5_000, 5_000)
        await pilot.pause()
        assert view.in_view[1] == 5_000


async def test_mouse_wheel_scrolls_and_ends_following() -> None:
    async with a_view(5_000, pi(5_000)) as (view, pilot):
        bottom = view.scroll_offset.y
        await pilot._post_mouse_events([_scroll_up()], DigitView)
        await pilot.pause()
        assert view.scroll_offset.y < bottom
        assert not view.following


def _scroll_up() -> Any:
    from textual.events import MouseScrollUp

    return MouseScrollUp


async def test_view_keeps_its_place_when_resized() -> None:
    async with a_view(9_000, pi(9_000), size=(120, 12)) as (view, pilot):
        view.mark(4_321, 4_322)
        await pilot.pause()
        top = view.in_view[0]
        for width in (60, 200, 43, 120):
            await pilot.resize_terminal(width, 12)
            await pilot.pause()
            first = view.in_view[0]
            assert first <= top < first + view.lines.per_line
        assert view.in_view[0] == top


async def test_saved_unsaved_and_held_digits_look_different() -> None:
    async with a_view(1_000, pi(120), count=100, saved=60, held=b"12345") as (view, _):
        looks = view.styles_of_looks
        second = view.render_line(1)
        styles = {segment.text.strip(): segment.style for segment in second if segment.style}
        fresh = next(style for text, style in styles.items() if text.startswith("5923078164"))
        held = next(style for text, style in styles.items() if text.endswith("5"))
        assert fresh.color == looks[1].color
        assert held.color == looks[2].color
        assert held.italic
        saved = view.render_line(0)._segments[1].style
        assert saved is not None
        assert len({saved.color, fresh.color, held.color}) == 3


async def test_coloured_digits_look_different_if_saved() -> None:
    async with a_view(1_000, pi(120), count=100, saved=60, held=b"12345") as (view, _):
        view.colored = True
        view.forget_lines()
        saved = [s for s in view.render_line(0)._segments[1:] if s.text.strip()]
        fresh = [s for s in view.render_line(1)._segments[1:] if s.text.strip()]
        assert {bool(s.style and s.style.bold) for s in saved} == {False}
        assert {s.style.bold for s in fresh[:10] if s.style} == {True}
        shown = {s.text: s.style.color for s in (*saved, *fresh[:10]) if s.style}
        assert len(set(shown.values())) == len({text[0] for text in shown}) == 10


def lit(view: DigitView, y: int, paper: Color | None) -> str:
    """Return the digits of a line that have this background."""
    parts = (
        part.text for part in view.render_line(y) if part.style and part.style.bgcolor == paper
    )
    return "".join(parts).replace(" ", "")


async def test_hit_across_two_lines_is_highlighted_in_both() -> None:
    async with a_view(1_000, pi(1_000)) as (view, pilot):
        await pilot.press("home")
        view.needle = Needle(pi(62)[58:].decode())
        view.forget_lines()
        paper = view.get_component_rich_style("output--hit").bgcolor
        assert lit(view, 0, paper) == pi(60)[58:].decode()
        assert lit(view, 1, paper) == pi(62)[60:].decode()


async def test_marked_digits_in_view_are_highlighted_without_scrolling() -> None:
    async with a_view(1_000, pi(1_000)) as (view, pilot):
        await pilot.press("home")
        here = view.get_component_rich_style("output--here").bgcolor
        for start, stop in ((3, 6), (70, 75)):
            view.mark(start, stop)
            await pilot.pause()
            assert view.scroll_offset.y == 0
            strips = pilot.app.screen._compositor.render_strips()
            parts = (s for strip in strips for s in strip if s.style and s.style.bgcolor == here)
            assert "".join(part.text for part in parts) == pi(stop)[start:].decode()


async def test_selection_across_two_lines_is_visible_in_both() -> None:
    async with a_view(1_000, pi(1_000)) as (view, pilot):
        await pilot.press("home")
        left, paper = view.lines.left, selected(pilot.app).bgcolor
        pilot.app.screen.selections = {view: Selection(Offset(left + 3, 0), Offset(left + 14, 1))}
        await pilot.pause()
        assert lit(view, 0, paper) == pi(60)[3:].decode()
        assert lit(view, 1, paper) == pi(73)[60:].decode()


async def test_held_digits_appear_and_vanish_in_every_line_they_reach() -> None:
    source, held = pi(120), b"12345678901234567890"
    async with a_view(1_000, source, count=55, saved=55) as (view, pilot):
        for behind in (held, b"", held[:3], held):
            view.show(source, 55, 55, behind)
            await pilot.pause()
            lines = [line.strip(" │╭╮╰╯─").split()[1:] for line in text_of(pilot.app).splitlines()]
            shown = "".join(group for line in lines for group in line)
            assert shown == "3." + (source[:55] + behind).decode()


async def test_view_without_held_digits_shows_none_beyond_the_settled_ones() -> None:
    async with a_view(1_000, pi(1_000), count=75, saved=75) as (view, _):
        assert view.render_line(1).text.split() == ["61", "5923078164", "06286"]
        assert not view.render_line(2).text.strip()


async def test_view_at_a_pace_draws_as_held_only_digits_of_pi_that_follow_those_shown(
    bench: Bench,
) -> None:
    """At a pace, fewer digits are shown than are made; the spigot's held ones are further on."""
    app, seen = bench.app(20_000, pace="2000"), 0
    async with app.run_test(size=(120, 40)):
        view = app.main_screen.digits
        while view.count < 5_000:
            before = view.count
            await until(lambda: view.count > before)  # noqa: B023 - called at once
            assert view._held in (b"", pi(20_000)[view.count : view.count + len(view._held)])
            seen += bool(view._held)
    assert seen


@EVERY_SERIES
def test_held_digits_of_the_first_iterations_are_drawn_only_if_they_follow_the_point(
    series: Series,
) -> None:
    """The spigot holds a 2 or 3 after iteration 1, which is the 3 before the point."""
    spigot = ready(500, 1, series=series)
    for iteration in range(1, 12):
        spigot.step()
        figures = spigot.figures()
        snapshot = Snapshot(State.RUNNING, 500, MAX, made=spigot.count, figures=figures)
        screen = cast("PiScreen", SimpleNamespace(source=spigot.output))
        held = PiScreen.held(screen, snapshot, snapshot)
        assert (held == b"") == (iteration == 1)
        drawn = int(bytes(spigot.output) + held or b"0")
        digits = spigot.count + len(held)
        assert 0 <= int(b"0" + pi(500)[:digits]) - drawn <= 1, "a carry may still come"
