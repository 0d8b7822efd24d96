"""The larger run that a complete one offers by key x."""

from __future__ import annotations

import pytest

from pi_tui.worker.snapshot import State
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_complete_run, a_snapshot, a_still, text_of, until_state


async def test_complete_run_offers_a_larger_one(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await until(lambda: "x more  b date  s draw" in text_of(app))
        await pilot.press("x")
        await until(lambda: "Begin another run, of 20,000 digits?" in text_of(app))
        assert "y  Yes, begin it" in text_of(app)
        await pilot.press("n")
        await until(lambda: app.is_uncovered)
        assert app.worker.snapshot.goal == 2_000
        await pilot.press("x", "y")
        await until(lambda: app.worker.snapshot.goal == 20_000)


async def test_larger_run_is_not_offered_over_another_dialog(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("question_mark")
        await until(lambda: not app.is_uncovered)
        await app.run_action("app.more")
        await pilot.press("escape")
        await until(lambda: app.is_uncovered)
        await app.run_action("app.more")
        await until(lambda: "Begin another run, of 20,000 digits?" in text_of(app))


async def test_larger_run_starts_with_the_digits_of_the_complete_run_as_overture(
    bench: Bench,
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("x", "y")
        await until(lambda: app.worker.snapshot.overture == 2_000)
        assert app.worker.overture == pi(2_000)
        await until_state(app, State.COMPLETE)
        assert app.worker.output == pi(20_000)


async def test_key_x_pressed_right_after_the_start_on_a_complete_run_offers_a_larger_run(
    bench: Bench,
) -> None:
    async with a_complete_run(bench):
        pass
    app = bench.app(2_000)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("x")
        await until(lambda: "Begin another run, of 20,000 digits?" in text_of(app))


@pytest.mark.parametrize("state", [State.COMPLETE, State.RUNNING, State.FAILED])
async def test_search_without_hits_offers_key_x_in_80_columns_only_if_the_run_is_complete(
    state: State,
) -> None:
    snapshot = a_snapshot(state=state, goal=10_000)
    async with a_still(snapshot, (80, 24)) as (app, pilot):
        await pilot.press("slash", *"14031988")
        await until(lambda: "chance" in text_of(app))
        assert ("· x: more" in text_of(app)) == (state is State.COMPLETE)


async def test_key_x_after_a_search_without_hits_begins_a_larger_run_and_shows_the_hit(
    bench: Bench,
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash", *"2718")
        await until(lambda: "x looks in more digits" in text_of(app))
        await pilot.press("x")
        await until(lambda: "of 30,000 digits?" in text_of(app))
        assert "It looks for 2718, which is among so many" in text_of(app)
        await pilot.press("y")
        at = pi(30_000).find(b"2718")
        await until(lambda: app.main_screen.digits.here == (at, at + 4))


async def test_larger_run_for_digits_not_found_says_that_they_are_all_but_certain_there(
    bench: Bench,
) -> None:
    app = bench.app(3_000)
    missing = next(f"{n:03}" for n in range(1_000) if b"%03d" % n not in pi(3_000))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("slash", *missing)
        await until(lambda: "x looks in more digits" in text_of(app))
        await pilot.press("x")
        await until(lambda: "of 30,000 digits?" in text_of(app))
        assert f"It looks for {missing}, which is all but certain to be among" in text_of(app)
