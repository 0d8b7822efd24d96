"""Chances compared with a count of all strings; digits needed for a given chance."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_tui.pi.digits.chance import about, chance, digits_for, expected
from pi_tui.pi.digits.hits import after_a_miss, odds


def test_chance_of_a_string_is_near_the_share_of_longer_strings_that_contain_it() -> None:
    # All strings of five digits: 25 does not overlap itself, so the estimate is nearly exact.
    strings = ["".join(digits) for digits in product("0123456789", repeat=5)]
    share = sum("25" in text for text in strings) / len(strings)
    assert chance(2, 5) == pytest.approx(share, rel=0.02)
    assert expected(2, 5) == pytest.approx(sum(text.count("25") for text in strings) / 10**5)


@given(st.integers(1, 11), st.floats(0.001, 0.999))
def test_digits_for_returns_the_fewest_digits_that_contain_a_string_with_the_given_chance(
    length: int, likely: float
) -> None:
    digits = digits_for(length, likely)
    nearly = 1e-6 if length > 8 else 1e-9  # of rounding
    assert chance(length, digits) >= likely - nearly
    assert chance(length, digits - 1) <= likely + nearly


@pytest.mark.parametrize("length", [11, 12, 15, 100])
def test_digits_for_returns_ten_times_as_many_digits_for_a_long_string_one_digit_longer(
    length: int,
) -> None:
    once, longer = digits_for(length, 0.95), digits_for(length + 1, 0.95)
    assert math.isclose(longer // 10, once, rel_tol=1e-8)


def test_chance_of_a_string_of_100_digits_is_stated_without_overflow() -> None:
    assert "chance of 1 in 100,000" in odds(100, 10**8)
    told = next(after_a_miss(100, 10**8))
    assert "9.9 × 10^99 digits" in told
    assert "3 × 10^100 for 95 %" in told
    assert odds(3, 2).endswith("does not fit into so few digits.")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"), (99, "99"), (994, "990"), (996, "1,000"), (999_600, "1 million"),
        (9_960_000, "10 million"), (999_999_999, "1 billion"), (1.2e14, "120 trillion"),
        (9.96e20, "1 × 10^21"), (10**15, "1 × 10^15"),
    ],
)  # fmt: skip
def test_about_rounds_a_number_to_two_figures(number: float, words: str) -> None:
    assert about(number) == words


def test_search_without_a_hit_suggests_a_longer_run_only_if_pi_tui_can_compute_it() -> None:
    assert "--digits 100000000`" in list(after_a_miss(8, 10**8))[1]
    assert list(after_a_miss(9, 10**8))[1].startswith("That is more than pi-tui computes")
