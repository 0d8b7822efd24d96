"""Pairs, gaps and runs compared with a count digit by digit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from itertools import groupby, pairwise

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_tui.pi.digits.pattern_table import in_words, lines
from pi_tui.pi.digits.patterns import (
    CHUNK,
    Longest,
    Patterns,
    chance_of_any,
    expected_gaps,
    expected_runs,
)
from pi_tui.pi.digits.statistics import chance_of_more
from tests.helpers import pi


@dataclass
class Counts:
    """What there is to count among the first `count` digits."""

    count: int
    pairs: list[int]
    gaps: Counter[int]
    runs: list[Longest]
    longest_gaps: list[Longest]


def counts_of(patterns: Patterns) -> Counts:
    return Counts(*(getattr(patterns, one.name) for one in fields(Counts)))


def brute_force(digits: bytes) -> Counts:
    """Count everything digit by digit."""
    text = digits.decode()
    pairs = Counter(text[at : at + 2] for at in range(0, len(text) - 1, 2))
    places = {d: [at for at, c in enumerate(text) if c == d] for d in sorted(set(text))}
    waits = {d: [(b - a, a) for a, b in pairwise(p)] for d, p in places.items()}
    runs: dict[str, Longest] = {}
    at = 0
    for d, same in groupby(text):
        length = len(list(same))
        if d not in runs or length > runs[d].length:
            runs[d] = Longest(int(d), length, at + 1)
        at += length
    longest = {
        d: max(found, key=lambda gap: (gap[0], -gap[1])) for d, found in waits.items() if found
    }
    return Counts(
        len(text),
        [pairs[f"{pair:02}"] for pair in range(100)],
        Counter(gap for found in waits.values() for gap, _ in found),
        [runs[d] for d in sorted(runs)],
        [Longest(int(d), gap, a + 1) for d, (gap, a) in sorted(longest.items())],
    )


@given(st.text("0179", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_patterns_of_digits_fed_in_any_pieces_equal_brute_force(
    text: str, stops: list[int]
) -> None:
    digits, statistics = text.encode(), Patterns()
    for stop in [*sorted(stops), len(digits)]:
        assert not statistics.feed(digits, stop)
    assert counts_of(statistics) == brute_force(digits)


def test_patterns_of_pi_over_several_chunks_equal_brute_force() -> None:
    digits, statistics, turns = pi(40 * CHUNK + 2_345), Patterns(), 1
    while statistics.feed(bytearray(digits), len(digits)):
        turns += 1
    assert (turns, statistics.count) == (41, len(digits))
    assert counts_of(statistics) == brute_force(digits)


@pytest.mark.parametrize("chi_square", [0.5, 60.0, 98.3, 150.0, 2_000.0])
@pytest.mark.parametrize("freedom", [1, 9, 99])
def test_chance_of_a_greater_chi_square_equals_the_incomplete_gamma_function(
    chi_square: float, freedom: int
) -> None:
    exact = mpmath.gammainc(freedom / 2, chi_square / 2, regularized=True)
    assert chance_of_more(chi_square, freedom) == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_expected_runs_and_gaps_equal_the_exact_means() -> None:
    # All 100,000 strings of five digits: their means are exact.
    everything = [brute_force(b"%05d" % number) for number in range(100_000)]
    gaps = Counter[int]()
    for patterns in everything:
        gaps.update(patterns.gaps)
    for length in (1, 2, 3, 4):
        assert gaps[length] / 100_000 == pytest.approx(expected_gaps(length, 5))
    strings = [f"{number:05}" for number in range(100_000)]
    for length in (1, 2, 3, 5, 6):
        begins = sum(
            text.startswith("7" * length, at) and (at == 0 or text[at - 1] != "7")
            for text in strings
            for at in range(5)
        )
        assert begins / 100_000 == pytest.approx(expected_runs(length, 5))


def test_table_of_runs_lists_the_seven_threes_at_710100_and_fits_80_columns() -> None:
    statistics, digits = Patterns(), pi(710_200)
    while statistics.feed(digits, len(digits)):
        pass
    told = list(lines(statistics))
    assert max(map(len, told)) <= 80
    (run,) = [run for run in statistics.runs if run.length == 7]
    assert in_words(run) == (
        "A run of seven 3s is expected once in 11 million digits. Here it is at 710,100."
    )
    assert any(
        line.split()[:3] == ["3", "7", "710,100"] and line.endswith("6.2 %") for line in told
    )
    assert any("as chance would" in line for line in told)


@pytest.mark.parametrize("count", [0, 1, 2, 9, 20, 300])
def test_table_of_few_digits_has_no_nan_or_inf(count: int) -> None:
    statistics = Patterns()
    statistics.feed(pi(300), count)
    told = "\n".join(lines(statistics))
    assert told
    assert "nan" not in told
    assert "inf" not in told


def test_expected_number_of_gaps_of_at_least_50_digits_is_ten_times_that_of_exactly_50() -> None:
    exact = sum(expected_gaps(length, 10**6) for length in range(50, 2_000))
    assert 10 * expected_gaps(50, 10**6) == pytest.approx(exact, rel=0.01)
    assert chance_of_any(1e-12) == pytest.approx(1e-12)
