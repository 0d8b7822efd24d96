"""Rate, share of the work and time left, from given times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_tui.machine import Work
from pi_tui.worker.meter import Meter

TOTAL = 400.0
"""The total work; the first half of it makes no output."""
DIGITS = 20_000


def made(done: float) -> int:
    """Return the bytes of output after work `done`: none in the first half, then more and more."""
    return int(DIGITS * max(0.0, 2 * done / TOTAL - 1) ** 2)


def meter_at(work: float, elapsed: float = 0.0, verifying: float = 0.0) -> Meter:
    return Meter(Work(work, TOTAL), made(work), elapsed, verifying=verifying, length=DIGITS)


def without_total(limit: float | None = None) -> Meter:
    meter = Meter(Work(0, 0), 0, 0.0, length=None if limit is None else DIGITS)
    meter.limit = limit
    return meter


def left(meter: Meter, limit: float | None = None) -> float | None:
    meter.limit = limit
    return meter.left()


def run(meter: Meter, first: float, last: float, speed: float = TOTAL) -> float:
    """Give the meter steps of one unit, from `first` to `last`; return the time of the last one."""
    work, now = first, first / speed
    while work < last:
        work, now = work + 1, now + 1 / speed
        meter.stepped(Work(work, TOTAL), made(work), now, 1 / speed)
    return now


def test_meter_before_the_first_step_knows_no_rate_and_no_time_left() -> None:
    meter = meter_at(0)
    assert (meter.rate(), meter.done, left(meter)) == (0.0, 0.0, None)


def test_time_left_at_a_pace_is_unknown_before_the_first_step_if_total_work_is_known() -> None:
    """Before that step it is not known whether the machine can keep the pace."""
    meter = meter_at(0)
    assert left(meter, 1_000.0) is None
    meter.stepped(Work(TOTAL / 4, TOTAL), 0, 8.0, 8.0)
    assert left(meter, 1_000.0) == pytest.approx(24.0), "it cannot"
    assert without_total(1_000.0).left() == pytest.approx(20.0), "there is nothing else to go by"


def test_machine_of_unknown_total_work_at_full_speed_has_a_rate_and_no_time_left() -> None:
    meter = without_total()
    meter.stepped(Work(1, 0), 100, 1.0, 1.0)
    meter.stepped(Work(2, 0), 200, 2.0, 1.0)
    assert (meter.done, left(meter), meter.rate()) == (0.0, None, 100.0)
    assert meter.work.share is None


def test_share_done_is_that_of_the_machine_once_the_machine_knows_its_total_work() -> None:
    meter = without_total()
    meter.stepped(Work(0.3, 1.0), 100, 1.0, 1.0)
    assert meter.done == pytest.approx(0.3)
    meter.stepped(Work(0.6, 1.0), 100, 2.0, 1.0)
    assert meter.done == pytest.approx(0.6)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_time_left_follows_the_work_and_not_the_output(share: float) -> None:
    meter = meter_at(0)
    now = run(meter, 0, TOTAL * share)
    assert left(meter) == pytest.approx(1 - now, rel=0.01)


def test_time_left_just_after_a_resume_is_estimated_from_earlier_sessions() -> None:
    meter = meter_at(TOTAL / 4, elapsed=10.0)
    assert meter.done == 0.25
    assert left(meter) == pytest.approx(30.0)


def test_time_left_follows_a_change_of_speed() -> None:
    meter = meter_at(0)
    run(meter, 0, 100, speed=100)
    run(meter, 100, 150, speed=0.5)
    assert left(meter) == pytest.approx(250 / 0.5, rel=0.2)


def test_step_made_20_s_ago_counts_half_in_the_speed_used_for_the_time_left() -> None:
    """A long time at 2 steps a second, then 20 s at 1: this counts as 1.5 steps a second."""
    meter = meter_at(0)
    run(meter, 0, 300, speed=2)
    run(meter, 300, 320, speed=1)
    assert left(meter) == pytest.approx(80 / 1.5, rel=0.01)


def test_time_left_is_the_longer_of_the_times_that_machine_and_pace_need() -> None:
    meter = meter_at(0)
    now = run(meter, 0, TOTAL / 2)
    assert left(meter, 100.0) == pytest.approx(200.0)
    assert left(meter, 1e9) == pytest.approx(1.0 - now, rel=0.01)
    assert left(meter, None) == left(meter, 1e9)


def test_time_left_at_a_pace_includes_the_verification_at_the_end() -> None:
    meter = meter_at(0, verifying=TOTAL / 4)
    run(meter, 0, TOTAL / 2, speed=TOTAL)
    assert left(meter, 100.0) == pytest.approx(200.25)
    meter.saw(Work(TOTAL * 7 / 8, TOTAL), DIGITS)
    assert left(meter, 100.0) == pytest.approx(0.125), "half of the comparison is over"


def test_share_at_full_speed_follows_the_work() -> None:
    meter = meter_at(0)
    for limit in (None, 1e9):
        meter.limit = limit
        run(meter, meter.done * TOTAL, meter.done * TOTAL + TOTAL / 4)
    assert meter.done == pytest.approx(0.5)


def paced(meter: Meter, first: float, last: float) -> list[tuple[float, float]]:
    """Let a fast machine run at a pace; return, for each step, the time after it and the share."""
    assert meter.limit
    told, began, done = [], 0.0, first
    while done < last:
        done = min(done + 1, last)
        meter.stepped(Work(done, TOTAL), made(done), began, took=1e-6)
        told.append((made(done) / meter.limit, meter.done))
    return told


def test_share_grows_evenly_with_time_at_a_pace_slower_than_the_machine() -> None:
    """Half of the work makes no output, and takes no time to speak of."""
    meter = meter_at(0, verifying=TOTAL / 5)
    meter.limit = 1_000.0
    for seconds, share in paced(meter, 0, TOTAL):
        assert share == pytest.approx(seconds / (DIGITS / meter.limit), abs=0.001)
    assert meter.done == 1.0


def test_rest_of_the_bar_fills_in_proportion_to_the_work_left_after_the_pace_is_removed() -> None:
    meter = meter_at(0)
    meter.limit = 1_000.0
    at_pace = paced(meter, 0, TOTAL * 3 / 4)[-1][1]
    assert at_pace == pytest.approx(0.25, abs=0.001)
    meter.limit = None
    run(meter, TOTAL * 3 / 4, TOTAL * 7 / 8)
    assert meter.done == pytest.approx((1 + at_pace) / 2, abs=0.001)


def test_work_rate_is_measured_while_no_output_is_made() -> None:
    meter = meter_at(0)
    run(meter, 0, TOTAL / 4, speed=TOTAL / 40)
    assert meter.rate() == 0.0
    assert meter.work_rate() == pytest.approx(1 / 40)


def test_bar_after_a_fallback_starts_at_the_share_shown_before_and_is_full_at_the_end() -> None:
    """Half was shown; after damage an older checkpoint is loaded, and only a quarter is done."""
    meter = Meter(Work(TOTAL / 4, TOTAL), 0, 0.0, shown=0.5)
    assert (meter.done, meter.work) == (0.5, Work(0.5, 1.0))
    meter.saw(Work(TOTAL * 5 / 8, TOTAL))
    assert (meter.done, meter.work.share) == (pytest.approx(0.75), meter.done)
    meter.saw(Work(TOTAL, TOTAL))
    assert meter.done == 1.0


FAR = st.floats(0, 1)


@given(st.lists(st.tuples(FAR, FAR, st.floats(0.5, 2)), min_size=1), FAR)
def test_share_done_never_decreases_after_a_resume_a_fallback_or_a_change_of_total(
    sessions: list[tuple[float, float, float]], shown: float
) -> None:
    """Each session begins at any work and total, with the share that the one before saved."""
    for first, last, total in sessions:
        meter = Meter(Work(first * total, total), 0, 0.0, shown)
        seen = [shown, meter.done]
        for part in range(1, 9):
            meter.saw(Work((first + (last - first) * part / 8) * total, total))
            seen.append(meter.done)
            assert meter.work.share == meter.done, "the share that is saved is the one shown"
        assert seen == sorted(seen)
        assert seen[-1] <= 1
        shown = meter.done


def test_rate_is_measured_over_the_last_seconds() -> None:
    meter = meter_at(0)
    for second in range(1, 10):
        meter.stepped(Work(second, TOTAL), second * 1_000, float(second), 1.0)
    for second in range(10, 20):
        meter.stepped(Work(second, TOTAL), 9_000 + (second - 9) * 10, float(second), 1.0)
    assert meter.rate() == pytest.approx(10.0)


def test_rate_of_the_first_steps_has_no_spike() -> None:
    meter = meter_at(0)
    meter.stepped(Work(1, TOTAL), 300, 0.01, 0.01)
    assert meter.rate() == pytest.approx(300.0)


def test_rate_of_two_samples_at_one_moment_is_zero() -> None:
    meter = meter_at(0)
    meter.stepped(Work(1, TOTAL), 100, 0.0, 0.0)
    assert meter.rate() == 0.0


def test_share_is_one_and_time_left_zero_after_the_last_step() -> None:
    meter = meter_at(0)
    run(meter, 0, TOTAL)
    assert meter.done == pytest.approx(1.0)
    assert left(meter) == pytest.approx(0.0, abs=1e-6)
