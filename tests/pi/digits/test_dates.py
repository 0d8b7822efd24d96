"""Dates: which exist, how they are read, and what a card claims."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_tui.pi.digits.dates import card, explain_date, look, notations
from tests.helpers import pi


@given(st.dates())
def test_every_day_of_the_calendar_is_accepted_in_five_notations(day: datetime.date) -> None:
    ways = notations(f"{day.day}.{day.month}.{day.year:04}")
    assert ways[0].text == f"{day.day:02}{day.month:02}{day.year:04}"
    assert ways == notations(f"{day.month}/{day.day}/{day.year:04}")
    assert ways == notations(day.isoformat())
    assert notations(f"{day.day}.{day.month}.{day.year % 100:02}")
    assert notations(f"{day.day}.{day.month}.")


@given(st.integers(0, 40), st.integers(0, 20), st.integers(1, 9999))
def test_days_outside_the_calendar_are_refused(day: int, month: int, year: int) -> None:
    text = f"{day:02}.{month:02}.{year:04}"
    try:
        datetime.date(year, month, day)
    except ValueError:
        assert notations(text) == []
        assert look(text, pi(100), 100) is None
        is_date, told = explain_date(text)
        assert not is_date
        assert " has 2" in told or " has 3" in told or "no month" in told
    else:
        assert explain_date(text)[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("31.2.1990", "February 1990 has 28 days"),
        ("29.2.1900", "February 1900 has 28 days"),
        ("30.2.2000", "February 2000 has 29 days"),
        ("2/30", "February has 29 days"),
        ("29.2.89", "February has 28 days"),
        ("31.4.", "April has 30 days"),
        ("0.4.1988", "April has 30 days"),
        ("14/3/1988", "there is no month 14; with dots the day is first, with slashes the month"),
        ("tomorrow", "a date like 14.3.1988, 3/14/1988 or 1988-03-14; or only its digits"),
    ],
)
def test_invalid_dates_are_explained(text: str, told: str) -> None:
    assert explain_date(text) == (False, told)


def test_card_names_the_notation_found_and_if_it_lacks_a_part_what_the_full_date_takes() -> None:
    digits = b"0" * 50 + b"1403" + b"9" * 50 + b"140388" + b"9" * 50 + b"14031988" + b"0" * 50
    claims = {
        60: "14 March is in pi as 1403, without the year",
        120: "14 March 1988 is in pi as 140388, without the century",
        len(digits): "14 March 1988 is in pi as 14031988",
    }
    for count, claim in claims.items():
        place = look("14.3.1988", digits, count)
        assert place is not None
        lines = card("14.3.1988", place)
        assert lines[0] == claim
        needs = "The full date, 14031988, takes about 99 million digits for a chance of 63 %."
        assert (needs in lines) == ("without" in claim)


def test_card_of_a_date_typed_without_a_year_says_nothing_about_a_full_date() -> None:
    place = look("14.3.", pi(30_000), 30_000)
    assert place is not None
    lines = card("14.3.", place)
    assert lines[0] == f"14 March is in pi as {place.notation.text}"
    assert not any("full date" in line for line in lines)


def test_card_of_a_date_that_is_not_found_says_how_many_digits_probably_contain_it() -> None:
    digits = b"5" * 1_000
    place = look("14.3.1988", digits, len(digits))
    assert place is not None
    lines = card("14.3.1988", place)
    assert lines[0] == "14 March 1988 is not in the first 1,000 digits of pi,"
    assert lines[1] == "not as 14031988, nor in 7 other notations."
    assert lines[-1] == "It takes about 99 million digits for a chance of 63 %."


def test_card_of_a_date_found_in_neither_of_its_two_notations_says_1_other_notation() -> None:
    place = look("14.3.", b"5" * 100, 100)
    assert place is not None
    assert card("14.3.", place)[1] == "not as 1403, nor in 1 other notation."


def test_equal_day_and_month_give_no_duplicate_notations() -> None:
    texts = [way.text for way in notations("5.5.2005")]
    assert len(texts) == len(set(texts))
    assert texts[0] == "05052005"
