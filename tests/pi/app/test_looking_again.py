"""Statistics and the replay of the walk; what panels, bars, notes and questions show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pi_tui.app.face import tell
from pi_tui.app.screens.dialogs import Choice
from pi_tui.app.widgets.run_panels import SpeedPanel
from pi_tui.pi.app.screens.replay import ReplayScreen
from pi_tui.pi.app.views.walk_view import WalkView
from pi_tui.pi.app.widgets import note_line
from pi_tui.pi.digits.facts import FACTS
from pi_tui.pi.digits.walk import Walk
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import State
from tests.helpers import pi, until
from tests.pi.app.helpers import Still, a_frame, a_snapshot, a_still, some_figures, text_of


async def test_statistics_screen_shows_pairs_gaps_and_runs_of_digits() -> None:
    async with a_still(a_snapshot(), (80, 120)) as (app, pilot):
        await pilot.press("S")
        await until(lambda: "PAIRS among 8,640 digits" in text_of(app))
        text = text_of(app)
        for title in ("GAPS:", "RUNS:", "LONGEST GAPS:", "A run of six 9s is expected"):
            assert title in text
        assert "…" not in text.partition("LONGEST GAPS")[2].partition("Esc goes back")[0]
        await pilot.press("escape")
        await until(lambda: app.is_uncovered)


async def test_replay_draws_the_walk_from_first_digit_to_last() -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, pilot):
        await pilot.press("w")
        await until(lambda: isinstance(app.screen, ReplayScreen))
        replay = app.screen
        assert isinstance(replay, ReplayScreen)
        await pilot.press("space", "end")
        await until(lambda: "digit 8,640 of 8,640" in text_of(app))
        walk = replay.query_one(WalkView)._walk
        await until(lambda: walk.walked == 8_640)
        assert not (whole := Walk()).feed(pi(8_640), 8_640)
        assert walk.points == whole.points
        await pilot.press("left", "left")
        await until(lambda: "digit 7,776 of 8,640" in text_of(app))
        assert "‖" in text_of(app)
        await pilot.press("home", "space")
        await until(lambda: 0 < replay.at < 8_640)
        await pilot.press("escape")
        await until(lambda: app.is_uncovered)


async def test_click_on_the_slider_moves_the_replay() -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, pilot):
        await pilot.press("w", "space")
        await pilot.click("#slider", offset=(38, 0))
        replay = app.screen
        assert isinstance(replay, ReplayScreen)
        await until(lambda: replay.at > 3_000)


def test_speed_panel_shows_work_per_minute_while_there_is_only_an_overture() -> None:
    silent = a_frame(made=400, overture=400, resumed=0, saved=0, rate=0.0, done=0.5, left=30.0)
    told = [line.plain for line in SpeedPanel().lines(silent, 34, 4)]
    assert told[0].split() == ["work", "100", "%", "a", "minute"]
    assert not any("/s" in line for line in told)


def test_speed_panel_of_a_watched_run_without_digits_shows_work_per_minute() -> None:
    silent = a_frame(
        state=State.WATCHING, made=0, saved=0, resumed=0, rate=0.0, work_rate=0.01, left=None
    )
    told = [line.plain for line in SpeedPanel().lines(silent, 34, 4)]
    assert told[0].split() == ["work", "60", "%", "a", "minute"]
    assert not any("/s" in line for line in told)


@pytest.mark.parametrize("state", [State.RUNNING, State.COMPLETE])
def test_speed_shown_is_within_the_range_shown_below_it(state: State) -> None:
    frame = a_frame(state=state, rate=900.0, elapsed=2.0)
    first, *_, last = (line.plain for line in SpeedPanel().lines(frame, 40, 4))
    shown = int(first.split()[-1].removesuffix("/s"))
    low, high = (int(part.split("/s")[0]) for part in last.split(" – "))
    assert low <= shown <= high


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_spigot_panel_shows_long_numbers_uncut_in_a_window_of_120_or_more_columns(
    size: tuple[int, int],
) -> None:
    figures = some_figures(digits_per_step=312_500)
    async with a_still(a_snapshot(figures=figures), size) as (app, _):
        text = text_of(app)
        assert "312,500 digits" in text
        assert "2 threads" in text
        assert "threa…" not in text


async def test_spigot_panel_of_a_complete_run_without_figures_has_no_digits_per_iteration() -> None:
    shown = a_snapshot(state=State.COMPLETE, figures=None, made=20_000, saved=20_000, done=1.0)
    async with a_still(shown, (120, 40)) as (app, _):
        assert "the last is done" in text_of(app)
        assert "at once" not in text_of(app)
        assert "being opened" not in text_of(app)


@pytest.mark.parametrize("figures", [None, some_figures()], ids=["first", "after a fallback"])
async def test_spigot_panel_says_that_a_run_is_being_opened_until_figures_are_known(
    figures: Figures | None,
) -> None:
    shown = a_snapshot(state=State.PREPARING, figures=figures)
    async with a_still(shown, (120, 40)) as (app, _):
        assert ("the run is being opened" in text_of(app)) == (figures is None)
        assert ("boxes left" in text_of(app)) == (figures is not None)


async def test_checkpoint_panel_shows_a_pause_at_the_next_frame() -> None:
    running = a_snapshot()
    paused = replace(running, state=State.PAUSED)
    async with a_still(running, (120, 40)) as (app, pilot):
        assert isinstance(app.worker, Still)
        for snapshot, said in 2 * ((paused, "when there is something new"), (running, "in 2 s")):
            app.worker.snapshot = snapshot
            app.live.look()
            await pilot.pause()
            assert said in text_of(app)


async def test_digit_counts_are_shown_in_a_window_of_36_rows() -> None:
    async with a_still(a_snapshot(), (120, 36)) as (app, _):
        text = text_of(app)
        assert "χ² 9.01" in text
        assert "9 ███" in text


@pytest.mark.parametrize(
    ("width", "keys"),
    [(80, ("g go", "d colour", "r runs")), (200, ("l landmarks", "h heart", "^P all"))],
)
async def test_key_bar_shows_the_keys_that_fit(width: int, keys: tuple[str, ...]) -> None:
    async with a_still(a_snapshot(), (width, 40)) as (app, _):
        bar = text_of(app).splitlines()[-1]
        for key in keys:
            assert key in bar
        assert "…" not in bar


async def test_heat_map_has_a_legend_of_its_colours() -> None:
    async with a_still(a_snapshot(), (100, 30)) as (app, pilot):
        while app.main_screen.note.dismiss():
            pass
        await pilot.press("v", "v")
        await until(lambda: "low ■■■■■■■■■ high" in text_of(app))


async def test_long_note_does_not_overlap_the_text_beside_it() -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, pilot):
        await until(lambda: "✦" in text_of(app))
        await pilot.press("home")
        await until(lambda: "digits 1 –" in text_of(app))
        await pilot.pause()
        bottom = next(row for row in text_of(app).splitlines() if "✦" in row)
        assert "G follows the tail" in bottom or "tail" not in bottom


async def test_note_with_a_short_minimum_time_is_replaced_by_a_newer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(note_line, "AT_LEAST", 0.05)
    async with a_still(a_snapshot(), (120, 40)) as (app, _):
        await until(lambda: "✦ 8,553" in text_of(app))
        app.main_screen.note.tell([FACTS[0]])
        await until(lambda: FACTS[0].saying in text_of(app))


async def test_markup_in_a_message_is_shown_as_text(tmp_path: Path) -> None:
    async with a_still(a_snapshot(), (100, 30), location=str(tmp_path / "none")) as (app, _):
        tell(app, "saved as [bold]a[/] and [b")
        await until(lambda: "saved as [bold]a[/] and [b" in text_of(app))


@pytest.mark.parametrize(("key", "is_asked"), [("n", False), ("y", True)])
async def test_yes_no_question_names_the_keys_y_and_n_and_accepts_them(
    key: str, is_asked: bool
) -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, pilot):
        question = Choice("Do it?", "Really.", {"keep": "No", "do": "Yes, do it"}, keys="ny")
        answers: list[str | None] = []
        app.push_screen(question, answers.append)
        await until(lambda: "y  Yes, do it" in text_of(app))
        assert "y or n answers" in text_of(app)
        await pilot.press(key)
        await until(lambda: answers == ["do" if is_asked else "keep"])
