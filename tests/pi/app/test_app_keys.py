"""Every key that controls the run, pressed on a real worker."""

from __future__ import annotations

import pytest

from pi_tui.app.frames.flow import Flow
from pi_tui.checkpoints.glance import Glance
from pi_tui.pi.settings import FASTEST, auto_pace
from pi_tui.worker.job import MAX
from pi_tui.worker.snapshot import State
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_snapshot, a_still, text_of, until_state

WATCHABLE = 200_000
"""Digits of a run that at the pace `auto` never ends before its test does."""
LONG = 2_000_000
"""Digits of a run that at full speed never ends before its test does."""


async def test_app_computes_and_shows_the_digits_of_pi(bench: Bench) -> None:
    app = bench.app(2_000)
    async with app.run_test(size=(120, 40)):
        await until_state(app, State.COMPLETE)
        assert app.main_screen.digits.count == 2_000
        assert bytes(app.worker.output) == pi(2_000)
        assert "complete, verified" in text_of(app)


async def test_key_p_pauses_with_a_checkpoint_and_resumes(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "auto")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.worker.snapshot.made > 100)
        assert "p pause" in text_of(app)
        await pilot.press("p")
        await until_state(app, State.PAUSED)
        paused = app.worker.snapshot
        assert paused.saved == paused.made > 0
        await until(lambda: "p resume" in text_of(app))
        await pilot.press("p")
        await until_state(app, State.RUNNING)
        await until(lambda: app.worker.snapshot.made > paused.made)


async def test_key_space_pauses(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "auto")
    async with app.run_test() as pilot:
        await until_state(app, State.RUNNING)
        await pilot.press("space")
        await until_state(app, State.PAUSED)


async def test_key_c_saves_a_checkpoint_without_a_pause(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "auto", checkpoint_every="0")
    async with app.run_test() as pilot:
        await until(lambda: app.worker.snapshot.made > 100)
        assert app.worker.snapshot.checkpoint is None
        await pilot.press("c")
        await until(lambda: app.worker.snapshot.checkpoint)
        assert app.worker.snapshot.state in (State.RUNNING, State.SAVING)


async def test_key_f_switches_to_full_speed_and_back(bench: Bench) -> None:
    app = bench.app(LONG, "auto")
    async with app.run_test(size=(120, 40)) as pilot:
        await until_state(app, State.RUNNING)
        assert "auto 66,667/s · f full speed" in text_of(app)
        await pilot.press("f")
        await until(lambda: app.worker.snapshot.pace == MAX)
        await until(lambda: "full speed · f auto" in text_of(app))
        await pilot.press("f")
        await until(lambda: app.worker.snapshot.pace == auto_pace(LONG))


async def test_keys_plus_and_minus_double_and_halve_the_pace(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "1000")
    async with app.run_test() as pilot:
        await until_state(app, State.RUNNING)
        await pilot.press("plus")
        await until(lambda: app.worker.snapshot.pace.limit == 2_000)
        await pilot.press("minus", "minus")
        await until(lambda: app.worker.snapshot.pace.limit == 500)


async def test_key_plus_raises_the_pace_to_the_fastest_one_and_not_above_it(bench: Bench) -> None:
    app = bench.app(WATCHABLE, f"{FASTEST * 3 // 4}")
    async with app.run_test() as pilot:
        await until(lambda: app.worker.snapshot.made)
        await pilot.press("plus")
        assert app.worker.pace.limit == FASTEST


async def test_key_question_mark_opens_the_help_and_escape_closes_it(bench: Bench) -> None:
    app = bench.app(1_000)
    async with app.run_test(size=(100, 40)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("question_mark")
        await until(lambda: "What a spigot is" in text_of(app) or "twice as many" in text_of(app))
        await pilot.press("escape")
        await until(lambda: app.screen is app.main_screen)


async def test_key_q_saves_and_exits_and_the_next_start_resumes(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "auto", checkpoint_every="0")
    async with app.run_test() as pilot:
        await until(lambda: app.worker.snapshot.made > 500)
        await pilot.press("q")
        await until(lambda: app.quitting.is_over)
    left = app.worker.snapshot
    assert app.return_code == 0
    assert left.saved == left.made > 500
    again = bench.app(WATCHABLE, "auto")
    async with again.run_test():
        await until_state(again, State.RUNNING)
        assert again.worker.snapshot.resumed == left.saved
        assert again.main_screen.digits.count >= left.saved


async def test_ctrl_c_saves_and_exits(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "auto")
    async with app.run_test() as pilot:
        await until(lambda: app.worker.snapshot.made > 100)
        await pilot.press("ctrl+c")
        await until(lambda: app.quitting.is_over)
    assert app.worker.snapshot.saved == app.worker.snapshot.made


async def test_click_on_a_key_in_the_key_bar_does_what_the_key_does(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "auto")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_state(app, State.RUNNING)
        await pilot.click("#keys", offset=(3, 0))
        await until_state(app, State.PAUSED)


async def test_saved_digits_are_shown_before_the_worker_has_loaded_them(bench: Bench) -> None:
    app = bench.app(WATCHABLE, "auto")
    app.live._flow = Flow(Glance(WATCHABLE, 300, pi(300)))
    async with app.run_test(size=(80, 24)):
        assert app.main_screen.digits.count >= 300


@pytest.mark.parametrize("first", [State.RUNNING, State.SAVING])
@pytest.mark.parametrize("before", [State.PREPARING, State.WATCHING])
async def test_resume_message_is_shown_whether_the_run_is_first_seen_running_or_saving(
    before: State, first: State
) -> None:
    async with a_still(a_snapshot(state=before), (80, 24)) as (app, _):
        assert "goes on after" not in text_of(app)
        app.worker.snapshot = a_snapshot(state=first)
        app.hurry()
        await until(lambda: "goes on after 3,000 digits" in text_of(app))
