"""Pace and cadence, parsed from the words of the user."""

from __future__ import annotations

from math import inf

import pytest

from pi_tui.errors import UsageError
from pi_tui.pi.settings import parse_cadence, parse_pace
from pi_tui.worker.job import AUTO_CADENCE, MAX, Cadence
from pi_tui.worker.schedule import SaveSchedule


@pytest.mark.parametrize(
    ("digits", "limit"), [(1, 50), (1_500, 50), (20_000, 20_000 / 30), (3_000_000, 100_000)]
)
def test_auto_pace_spreads_a_run_over_half_a_minute_but_is_at_least_50_digits_a_second(
    digits: int, limit: float
) -> None:
    assert parse_pace("auto", digits).limit == pytest.approx(limit)


def test_pace_max_has_no_limit_and_a_number_is_a_limit() -> None:
    assert parse_pace("max", 9) is MAX
    assert MAX.limit is None
    assert parse_pace("500", 9).limit == 500


@pytest.mark.parametrize("text", ["", "0", "-1", "fast", "1.5", "nan", "1" + "0" * 400])
def test_invalid_pace_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_pace(text, 20_000)


@pytest.mark.parametrize("text", ["", "s", "-1", "-1s", "0s", "nans", "infs", "1e9s", "often"])
def test_invalid_cadence_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_cadence(text)


def next_save(cadence: Cadence, took: float) -> float | None:
    saves = SaveSchedule(cadence)
    saves.saved(now=100.0, count=0, took=took)
    return saves.next_save


def test_auto_cadence_waits_longer_after_slow_saves() -> None:
    assert next_save(AUTO_CADENCE, took=0.0) == 105
    assert next_save(AUTO_CADENCE, took=0.2) == 110
    assert next_save(AUTO_CADENCE, took=1.0) == 150


def test_cadence_in_seconds_ignores_how_long_saves_take() -> None:
    assert next_save(parse_cadence("5s"), took=3.0) == 105


def test_cadence_zero_saves_neither_by_time_nor_by_digits() -> None:
    assert next_save(parse_cadence("0"), took=1.0) is None
    assert SaveSchedule(parse_cadence("0")).output_until_mark(10**6) == inf


@pytest.mark.parametrize(("count", "mark"), [(0, 100), (99, 100), (100, 200), (101, 200)])
def test_next_save_mark_is_the_next_multiple_above_the_output(count: int, mark: int) -> None:
    saves = SaveSchedule(Cadence(output=100))
    saves.saved(now=0.0, count=count, took=0.0)
    assert count + saves.output_until_mark(count) == mark
