"""Clicks in pictures, and zooming and moving in the walk by keys and mouse."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from textual.geometry import Offset

from pi_tui.app.widgets.braille import Braille
from pi_tui.pi.app.views.heat_view import HeatView
from pi_tui.pi.app.views.roaming_walk import RoamingWalk
from pi_tui.pi.app.widgets.note_line import NoteLine
from pi_tui.pi.digits.walk import CAPACITY
from pi_tui.pi.pictures.walk_points import STEPS
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_complete_run, a_snapshot, a_still, text_of

IN_FRAME = Offset(2, 1)
"""Cells of a picture's frame at the left and at the top."""


async def test_click_on_the_walk_shows_the_digit_whose_step_ends_there(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("v")
        await until(lambda: "walk: 2,000 steps" in text_of(app))
        view = app.main_screen.query_one(RoamingWalk)
        for step in (1, 700, 1_400):
            x, y = view._dot(view._walk.points[step])
            await pilot.click(view, IN_FRAME + Offset(x // 2, y // 4))
            await until(lambda: app.main_screen.stage.view == "digits")
            assert app.main_screen.digits.here is not None
            chosen = view._dot(view._walk.points[app.main_screen.digits.here[0] + 1])
            assert abs(chosen[0] - x) <= 1
            assert abs(chosen[1] - y) <= 3
            await pilot.press("v")


async def test_click_on_a_square_of_the_heat_map_shows_its_digits(bench: Bench) -> None:
    async with a_complete_run(bench, (60, 20)) as (app, pilot):
        await pilot.press("v", "v")
        await until(lambda: "heat map: a square is" in text_of(app))
        view = app.main_screen.query_one(HeatView)
        first = (6 * view.content_size.width + 5) * view._stride
        await pilot.click(view, IN_FRAME + Offset(5, 3))
        assert app.main_screen.digits.here == (first, first + view._stride)
        assert app.main_screen.stage.view == "digits"
        await pilot.press("v", "v")
        await until(lambda: view.content_size.height)
        await pilot.click(view, IN_FRAME + Offset(3, view.content_size.height - 1))
        assert app.main_screen.stage.view == "heat", "there is no square"


async def test_keys_zoom_and_move_the_walk_and_show_all_of_it_again(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("v")
        await until(lambda: "walk: 2,000 steps" in text_of(app))
        view = app.main_screen.query_one(RoamingWalk)
        whole, picture = view._frame, bytes(view._canvas.dots)
        await pilot.press("plus", "plus")
        await until(lambda: view._frame[0] == 4 * whole[0])
        app.clear_notifications()  # toasts and notes cover the caption, and stay in tests
        while app.main_screen.query_one(NoteLine).dismiss():
            pass
        await until(lambda: "× 4.0" in text_of(app))
        scale, x, y = view._frame
        for key, moved in {"left": (1, 0), "right": (0, 0), "up": (0, 1), "down": (0, 0)}.items():
            await pilot.press(key)
            right, down = moved[0] * view._canvas.width / 4, moved[1] * view._canvas.height / 4
            assert view._frame == pytest.approx((scale, x + right, y + down))
        await pilot.press("minus", "minus")
        assert view._frame == whole
        await pilot.press(*["plus"] * 20, "0")
        await until(lambda: bytes(view._canvas.dots) == picture)
        assert app.worker.snapshot.pace.limit is None, "plus and minus meant the walk"


async def test_mouse_wheel_zooms_the_walk_at_the_mouse_and_dragging_moves_it(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("v")
        await until(lambda: "walk: 2,000 steps" in text_of(app))
        view = app.main_screen.query_one(RoamingWalk)
        at = IN_FRAME + Offset(20, 8)
        here = view._there(20 * 2 + 0.5, 8 * 4 + 1.5)
        for _ in range(5):
            await pilot._post_mouse_events([_wheel()], view, at)
        assert view._sight is not None
        assert view._there(20 * 2 + 0.5, 8 * 4 + 1.5) == pytest.approx(here)
        await pilot.mouse_down(view, at)
        await pilot.hover(view, at + Offset(6, -2))
        await pilot.mouse_up(view, at + Offset(6, -2))
        assert view._there(26 * 2 + 0.5, 6 * 4 + 1.5) == pytest.approx(here)
        assert app.main_screen.stage.view == "walk", "that was no click"


def _wheel() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


async def test_enlarged_long_walk_is_drawn_with_every_step() -> None:
    digits = pi(20_000)
    async with a_still(a_snapshot(made=20_000, saved=20_000), (100, 30)) as (app, pilot):
        await pilot.press("v")
        await until(lambda: app.main_screen.stage.walk.walked == 20_000)
        view = app.main_screen.query_one(RoamingWalk)
        assert view._walk.stride > 1
        assert len(view._walk.points) <= CAPACITY
        path = [*accumulate(map(STEPS.__getitem__, digits), initial=0j)]
        expected = Braille(view._canvas.columns, view._canvas.rows)
        away = 6.0 * path[9_001]  # the middle of the window
        view._look_at((6.0, expected.width / 2 - away.real, expected.height / 2 + away.imag))
        for (x0, y0), (x1, y1) in pairwise(map(view._dot, path)):
            expected.line(x0, y0, x1, y1)
        assert view._canvas.dots == expected.dots
        assert path[view._steps_to(path[9_001])] == pytest.approx(path[9_001])
