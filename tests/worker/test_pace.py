"""Pace and cadence: what the words mean."""

from __future__ import annotations

import pytest

from pi_tui.errors import UsageError
from pi_tui.settings import parse_cadence, parse_pace
from pi_tui.worker.pace import AUTO_CADENCE, MAX, Cadence


@pytest.mark.parametrize(
    ("digits", "limit"), [(1, 50), (1_500, 50), (20_000, 20_000 / 30), (3_000_000, 100_000)]
)
def test_auto_spreads_a_run_over_half_a_minute_but_never_crawls(digits: int, limit: float) -> None:
    assert parse_pace("auto", digits).limit == pytest.approx(limit)


def test_max_has_no_limit_and_a_number_is_one() -> None:
    assert parse_pace("max", 9) is MAX
    assert MAX.limit is None
    assert parse_pace("500", 9).limit == 500


@pytest.mark.parametrize("text", ["", "0", "-1", "fast", "1.5", "nan", "1" + "0" * 400])
def test_what_is_no_pace_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_pace(text, 20_000)


@pytest.mark.parametrize("text", ["", "s", "-1", "-1s", "0s", "nans", "infs", "1e9s", "often"])
def test_what_says_no_time_to_save_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_cadence(text)


def test_auto_waits_longer_where_saving_takes_longer() -> None:
    assert AUTO_CADENCE.seconds_until_next(last_save_took=0.0) == 5
    assert AUTO_CADENCE.seconds_until_next(last_save_took=1.0) == 50


def test_seconds_asked_for_are_kept_whatever_saving_takes() -> None:
    assert parse_cadence("5s").seconds_until_next(last_save_took=3.0) == 5


def test_zero_means_neither_by_time_nor_by_digits() -> None:
    never = parse_cadence("0")
    assert never.seconds_until_next(1.0) is None
    assert never.next_mark(10**6) is None


@pytest.mark.parametrize(("count", "mark"), [(0, 100), (99, 100), (100, 200), (101, 200)])
def test_the_next_mark_is_always_ahead(count: int, mark: int) -> None:
    assert Cadence(output=100).next_mark(count) == mark
