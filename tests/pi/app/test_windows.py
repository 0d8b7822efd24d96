"""Windows of unusual sizes, the terminal's title, and numbers that agree and are not cut."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pi_tui.app.terminal.title import title
from pi_tui.pi.app.pi_naming import PiNaming
from tests.helpers import pi, until
from tests.pi.app.helpers import a_checkpoint, a_snapshot, a_still, some_figures, text_of


async def test_help_in_a_very_narrow_window_puts_meanings_below_keys() -> None:
    async with a_still(a_snapshot(), (40, 40)) as (app, pilot):
        await pilot.press("question_mark")

        def rows() -> str:
            raw = (row.strip("│ ▁▂▃▄▅▆▇") for row in text_of(app).splitlines())  # its scroll bar
            return "\n".join(raw)

        await until(lambda: re.search("^p Space\npause, which saves; again:\ngo on$", rows(), re.M))


@pytest.mark.parametrize("width", [50, 60])
async def test_help_keeps_its_two_columns_in_a_narrow_window(width: int) -> None:
    async with a_still(a_snapshot(), (width, 40)) as (app, pilot):
        await pilot.press("question_mark")
        await until(lambda: "p Space" in text_of(app))
        await pilot.pause()
        raw = text_of(app).splitlines()
        start = next(at for at, row in enumerate(raw) if "p Space" in row)
        column = raw[start].index("pause")
        stop = next(
            at
            for at in range(start + 1, len(raw))
            if raw[at][column - 20 :].strip() != "│" and raw[at][column - 20] != " "
        )
        for row in raw[start + 1 : stop]:
            assert not row[column - 20 : column].strip()
            assert row[column] != " "


async def test_walk_panel_is_hidden_while_the_walk_is_the_view() -> None:
    async with a_still(a_snapshot(), (300, 80)) as (app, pilot):
        assert app.main_screen.query_one("#walk-panel").region
        await pilot.press("v")
        await until(lambda: text_of(app).count("walk: 8,640 steps") == 1)
        assert not app.main_screen.query_one("#walk-panel").region


@pytest.mark.parametrize("size", [(40, 12), (30, 8), (20, 5)])
async def test_tiny_window_shows_the_key_of_the_help_and_opens_it(size: tuple[int, int]) -> None:
    async with a_still(a_snapshot(), size) as (app, pilot):
        assert "?" in text_of(app).splitlines()[-1]
        await pilot.press("question_mark")
        await until(lambda: app.screen is not app.main_screen)


async def test_speed_panel_shows_a_wide_range_of_speeds_uncut_in_80_columns() -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, _):
        app.live.rates.samples = [55_556.0, 1_234_567.0] * 100
        app.live.shown = None
        app.live.look()
        await until(lambda: "/s – 1.23 M/s" in text_of(app))
        assert "…" not in text_of(app)


def test_terminal_title_without_a_run_is_the_program_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMUX", "here")
    shown = title(a_snapshot(goal=0, made=0, done=0.0), PiNaming())
    assert shown == "\x1b]2;π pi-tui\x07"


async def test_progress_panel_and_digit_view_show_the_same_number_of_digits() -> None:
    async with a_still(a_snapshot(), (120, 40)) as (app, _):
        panel, view = app.main_screen.query_one("#progress-panel"), app.main_screen.digits
        for count in range(8_650, 8_750, 7):
            changed = a_snapshot(made=count, saved=count, figures=some_figures(predigit=""))
            app.worker.output, app.worker.snapshot = pi(count), changed
            app.live.look()
            assert f"{count:,} of 20,000" in str(panel.render())
            assert view.in_view[1] == count


async def test_checkpoint_panel_shows_the_size_of_a_slow_large_save_uncut() -> None:
    slow = replace(a_checkpoint(0), size=388_700, duration=0.37)
    async with a_still(a_snapshot(checkpoints=(slow,)), (80, 24)) as (app, _):
        assert "388.7 kB " in text_of(app)
        assert "…" not in text_of(app)
