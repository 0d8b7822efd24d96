"""Schedules of steps and saves, with times given as arguments."""

from __future__ import annotations

import itertools
from math import inf

import pytest

from pi_tui.worker.job import AUTO_CADENCE, MAX, Cadence, Pace
from pi_tui.worker.schedule import SaveSchedule, StepSchedule, Stopwatch


def test_step_schedule_at_full_speed_does_not_wait() -> None:
    assert StepSchedule(MAX, now=0.0, count=0).seconds_until_next(0.0, 10**9) == 0.0


def test_step_schedule_waits_until_output_is_due() -> None:
    steps = StepSchedule(Pace.of(10), now=100.0, count=50)
    assert steps.seconds_until_next(100.0, 50) == 0.0
    assert steps.seconds_until_next(101.0, 70) == pytest.approx(1.0)
    assert steps.seconds_until_next(102.0, 70) == 0.0


def test_step_schedule_catches_up_after_late_steps() -> None:
    steps = StepSchedule(Pace.of(10), now=0.0, count=0)
    assert steps.seconds_until_next(10.0, 20) == 0.0
    assert steps.seconds_until_next(10.0, 100) == pytest.approx(0.0)
    assert steps.seconds_until_next(10.0, 101) == pytest.approx(0.1)


def schedule(cadence: Cadence, count: int = 0) -> SaveSchedule:
    saves = SaveSchedule(cadence)
    saves.saved(now=0.0, count=count, took=0.0)
    return saves


def test_save_is_due_when_the_seconds_of_the_cadence_have_passed() -> None:
    saves = schedule(Cadence(seconds=5))
    assert not saves.is_due(4.9, 10**6)
    assert saves.is_due(5.0, 0)


def test_cadence_in_seconds_is_followed_after_a_resume_and_a_long_save() -> None:
    saves = SaveSchedule(Cadence(seconds=5))
    saves.begin(now=100.0, count=0, again=True)
    assert saves.next_save == 105.0
    saves.saved(now=105.0, count=0, took=60.0)
    assert saves.next_save == 110.0


def test_resumed_run_at_auto_cadence_saves_early_then_less_and_less_often() -> None:
    """A kill at any moment loses at most a fifth of a resumed session."""
    saves = SaveSchedule(AUTO_CADENCE)
    saves.begin(now=100.0, count=0, again=True)
    assert saves.is_due(100.0, 0), "the first step is saved as soon as it is done"
    last, waits = 100.1, list[float]()
    while last < 160.0:
        saves.saved(last, count=0, took=0.01)
        assert saves.next_save is not None
        waits.append(saves.next_save - last)
        last = saves.next_save
    assert waits == pytest.approx(sorted(waits))
    assert waits[0] == pytest.approx(0.04), "four times as long as the save"
    assert waits[-1] == pytest.approx(5.0)
    saves.saved(now=130.0, count=0, took=0.5)
    assert saves.next_save == pytest.approx(137.5), "a long save waits in proportion"


def test_auto_cadence_saves_a_new_run_after_one_second_and_then_every_five() -> None:
    saves = SaveSchedule(AUTO_CADENCE)
    saves.begin(now=200.0, count=0, again=False)
    assert saves.next_save == pytest.approx(201.0)
    assert not saves.is_due(200.9, 0)
    saves.saved(201.0, count=0, took=0.01)
    assert saves.next_save == pytest.approx(206.0)


def test_cadence_by_output_saves_by_time_before_the_first_output() -> None:
    saves = SaveSchedule(Cadence(output=1000))
    saves.begin(now=0.0, count=0, again=False)
    assert not saves.is_due(0.9, 0)
    assert saves.is_due(1.0, 0)
    saves.saved(1.0, count=0, took=0.01)
    assert not saves.is_due(5.9, 0)
    assert saves.is_due(6.0, 0)
    saves.saved(6.0, count=0, took=0.2)
    assert saves.is_due(16.0, 0), "at most 2 % of the time goes into saves"
    assert not saves.is_due(15.9, 0)
    assert saves.next_save is None, "the screen shows no time for saves that output decides"


def test_cadence_by_output_does_not_save_by_time_after_one_by_output_while_output_grows() -> None:
    saves = SaveSchedule(Cadence(output=1000))
    saves.begin(now=0.0, count=0, again=False)
    assert saves.is_due(0.1, 1000)
    saves.saved(0.1, count=1000, took=0.01)
    assert not any(saves.is_due(0.5 * look, 1000 + 10 * look) for look in range(1, 100))
    assert saves.is_due(50.0, 2000)


def test_cadence_in_seconds_and_output_saves_by_time_also_after_a_save_by_output() -> None:
    saves = SaveSchedule(Cadence(seconds=1, output=100))
    saves.begin(now=0.0, count=0, again=False)
    assert saves.is_due(0.1, 100)
    saves.saved(0.1, count=100, took=0.0)
    assert not saves.is_due(0.9, 101)
    assert saves.is_due(1.1, 102)
    assert saves.is_due(0.2, 200)


@pytest.mark.parametrize("again", [False, True])
def test_cadence_by_output_saves_by_time_until_the_first_save_by_output_of_a_session(
    again: bool,
) -> None:
    """A run that makes little output, and is killed before every mark, gets on all the same."""
    saves = SaveSchedule(Cadence(output=1_000_000))
    saves.begin(now=0.0, count=500, again=again)
    saved_at = []
    for tenth in range(600):
        now, count = tenth / 10, 500 + tenth
        if saves.is_due(now, count):
            saves.saved(now, count, took=0.01)
            saved_at.append(now)
    assert saved_at[0] <= 1.0
    assert all(later - now <= 5.1 for now, later in itertools.pairwise(saved_at))


def test_cadence_by_output_saves_by_time_again_once_output_stalls() -> None:
    saves = SaveSchedule(Cadence(output=1000))
    saves.begin(now=0.0, count=0, again=True)
    saves.saved(0.1, count=1000, took=0.01)
    assert not saves.is_due(10.0, 1500)
    assert not saves.is_due(14.9, 1500)
    assert saves.is_due(15.0, 1500)


def test_resumed_run_with_cadence_by_output_is_saved_by_time_within_its_first_second() -> None:
    saves = SaveSchedule(Cadence(output=1000))
    saves.begin(now=0.0, count=0, again=True)
    assert saves.is_due(0.0, 0)
    saves.saved(0.4, count=0, took=0.01)
    assert saves.is_due(0.5, 0)


def test_first_save_of_a_new_run_is_due_after_the_seconds_of_the_cadence() -> None:
    saves = SaveSchedule(Cadence(seconds=5))
    saves.begin(now=0.0, count=0, again=False)
    assert saves.next_save == 5.0


def test_save_is_due_at_and_beyond_the_next_multiple_of_the_cadence() -> None:
    saves = schedule(Cadence(output=100))
    assert not saves.is_due(0.0, 99)
    assert saves.is_due(0.0, 100)
    assert saves.is_due(0.0, 1_234)
    saves.saved(now=0.0, count=1_234, took=0.0)
    assert not saves.is_due(0.0, 1_299)
    assert saves.is_due(0.0, 1_300)


def test_output_until_mark_counts_bytes_to_the_next_save_or_is_infinite_if_time_decides() -> None:
    saves = schedule(Cadence(output=100), count=130)
    assert saves.output_until_mark(150) == 50
    saves.failed(0.0)
    assert saves.output_until_mark(150) == inf, "the retry is due by time"
    assert schedule(Cadence(seconds=5)).output_until_mark(150) == inf


def test_no_save_is_ever_due_if_the_cadence_has_neither_seconds_nor_output() -> None:
    assert not schedule(Cadence()).is_due(1e9, 10**9)
    saves = SaveSchedule(Cadence())
    saves.begin(now=0.0, count=0, again=True)
    assert not saves.is_due(1e9, 0)


def test_failed_save_is_retried_after_waits_that_double_up_to_one_minute() -> None:
    saves, now, waits = schedule(Cadence()), 0.0, []
    for _ in range(9):
        saves.failed(now)
        wait = saves.seconds_until_retry(now)
        assert wait is not None
        assert not saves.is_due(now + wait - 0.01, 10**9)
        assert saves.is_due(now + wait, 0)
        waits.append(wait)
        now += wait
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_successful_save_ends_the_retries() -> None:
    saves = schedule(Cadence(output=100))
    saves.failed(0.0)
    assert not saves.is_due(0.5, 500), "a failing disk is not asked at every mark"
    saves.saved(now=1.0, count=500, took=0.0)
    assert saves.seconds_until_retry(2.0) is None
    assert saves.is_due(2.0, 600)
    assert schedule(Cadence(seconds=5)).seconds_until_retry(2.0) is None, "none has failed"


def test_stopwatch_stops_in_pauses_and_keeps_its_count() -> None:
    watch = Stopwatch()
    assert watch.read(50.0) == 0.0
    watch.restart(100.0, before=7.0)
    assert watch.read(103.0) == 10.0
    watch.stop(104.0)
    assert watch.read(999.0) == 11.0
    watch.restart(1000.0, watch.read(1000.0))
    assert watch.read(1001.0) == 12.0
