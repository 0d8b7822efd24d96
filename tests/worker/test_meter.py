"""Rate, share of work and time left, with times handed in."""

from __future__ import annotations

import pytest

from pi_tui.spigot.plan import iterations, work_done, work_of_making, work_total
from pi_tui.worker.meter import Meter

SIZE = (20_000, 100, 512)
ITERATIONS = iterations(20_000, 100)


def honest_seconds(i: int) -> float:
    """When iteration i ends on a machine that needs one second for all of the work."""
    return work_done(*SIZE, i) / work_total(*SIZE)


def making_seconds(i: int) -> float:
    """What making the blocks for going on after iteration i takes that machine."""
    return work_of_making(*SIZE, done=i, numbers=i == 0) / work_total(*SIZE)


def run(meter: Meter, first: int, last: int) -> float:
    """The meter sees blocks made, then these iterations, at that speed; the time of the last."""
    meter.made(1.0, making_seconds(first))
    for i in range(first + 1, last + 1):
        took = honest_seconds(i) - honest_seconds(i - 1)
        meter.stepped(i, max(0, i - 2) * 100, honest_seconds(i), took)
    return honest_seconds(last)


def test_nothing_is_known_before_the_first_step() -> None:
    meter = Meter(*SIZE, i=0)
    assert (meter.rate(), meter.done, meter.left(20_000, None, elapsed=0.0)) == (0.0, 0.0, None)


def test_at_a_pace_the_time_left_is_known_at_once() -> None:
    assert Meter(*SIZE, i=0).left(20_000, 1_000.0, elapsed=0.0) == pytest.approx(20.0)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_time_left_follows_the_work_and_not_the_digits(share: float) -> None:
    meter, i = Meter(*SIZE, i=0), int(ITERATIONS * share)
    now = run(meter, 0, i)
    assert meter.left(20_000 - i * 100, None, now) == pytest.approx(1.0 - now, rel=0.01)


def test_right_after_a_resume_the_time_left_comes_from_the_sessions_before() -> None:
    half = ITERATIONS // 2
    meter = Meter(*SIZE, i=half)
    assert meter.resumed_done == meter.done == pytest.approx(honest_seconds(half))
    assert meter.left(10_000, None, elapsed=honest_seconds(half)) == pytest.approx(
        making_seconds(half) + 1.0 - honest_seconds(half)
    )


def test_while_blocks_are_made_the_time_left_holds_the_rest_of_them_and_all_steps() -> None:
    meter = Meter(*SIZE, i=0)
    meter.made(0.25, making_seconds(0) / 4)
    assert meter.left(20_000, None, elapsed=0.0) == pytest.approx(0.75 * making_seconds(0) + 1.0)


def test_the_slower_of_machine_and_pace_decides() -> None:
    meter = Meter(*SIZE, i=0)
    now = run(meter, 0, ITERATIONS // 2)
    assert meter.left(10_000, 100.0, now) == pytest.approx(100.0)
    assert meter.is_paced(10_000, 100.0, now)
    assert meter.left(10_000, 1e9, now) == pytest.approx(1.0 - now, rel=0.01)
    assert not meter.is_paced(10_000, 1e9, now)
    assert not meter.is_paced(10_000, None, now)


def test_the_rate_is_that_of_the_last_seconds() -> None:
    meter = Meter(*SIZE, i=0)
    for second in range(10):
        meter.sample(second * 1_000, float(second))
    for second in range(10, 20):
        meter.sample(9_000 + (second - 9) * 10, float(second))
    assert meter.rate() == pytest.approx(10.0)


def test_the_first_steps_of_a_run_are_no_spike() -> None:
    meter = Meter(*SIZE, i=0)
    meter.sample(0, 0.0)
    meter.sample(300, 0.01)
    assert meter.rate() == pytest.approx(300.0)


def test_two_samples_at_one_moment_are_no_rate() -> None:
    meter = Meter(*SIZE, i=0)
    meter.sample(0, 1.0)
    meter.sample(100, 1.0)
    assert meter.rate() == 0.0


def test_all_work_is_done_at_the_last_iteration() -> None:
    meter = Meter(*SIZE, i=0)
    run(meter, 0, ITERATIONS)
    assert meter.done == pytest.approx(1.0)
    assert meter.left(0, None, 1.0) == pytest.approx(0.0, abs=1e-6)
