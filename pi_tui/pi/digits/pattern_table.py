"""Tables of pairs, gaps and runs as plain text for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from pi_tui.pi.digits.chance import about, chance_in_words
from pi_tui.pi.digits.patterns import (
    Longest,
    Patterns,
    chance_of_any,
    expected_gaps,
    expected_runs,
)
from pi_tui.pi.digits.statistics import chance_of_more, chi_square, verdict

_GAPS = (*((n, n) for n in range(1, 11)), (11, 20), (21, 50), (51, 10**9))
"""Gaps with a line of their own, and ranges of gaps that share a line."""

_NAMES = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def lines(patterns: Patterns) -> Iterator[str]:
    """Yield the lines of four tables, each with what chance predicts.

    They show pairs of digits, gaps between equal digits, and the longest runs and gaps; an empty
    line follows each. With fewer than two digits, yield only a line: there is nothing to count yet.
    """
    if patterns.count < 2:
        yield "There is nothing to count yet."
        return
    for table in (pair_lines, gap_lines, run_lines, long_gap_lines):
        yield from table(patterns)
        yield ""


def pair_lines(patterns: Patterns) -> Iterator[str]:
    """Yield the counts of the digit pairs 00 to 99 as ten rows of ten, then a chi-square test.

    If a count has reached a million, all are shown in thousands. The test tells how likely random
    pairs would be more uneven. It is omitted while a pair was found fewer than five times.
    """
    pairs = patterns.pairs
    scale = 1_000 if max(pairs) >= 10**6 else 1  # ten columns of seven figures are too wide
    width = max(5, len(str(max(pairs) // scale)))
    yield f"PAIRS among {patterns.count:,} digits: 00 to 99 at positions 1-2, 3-4, 5-6, …"
    yield "    " + "".join(f"{f'.{digit}':>{width + 1}}" for digit in range(10))
    for row in range(10):
        counts = pairs[row * 10 : row * 10 + 10]
        yield f"  {row}." + "".join(f"{round(count / scale):>{width + 1}}" for count in counts)
    unit = "Counts are in thousands. " if scale > 1 else ""
    yield f"{unit}Each is expected {about(sum(pairs) / 100)} times."
    if min(pairs) >= 5:  # the usual condition for chi-square
        uneven = chi_square(pairs)
        likely = chance_of_more(uneven, 99)
        yield f"Random pairs are more uneven with a chance of {chance_in_words(likely)}:"
        yield f"{verdict(likely)} (chi-square {uneven:.1f}, 99 degrees of freedom)."


def gap_lines(patterns: Patterns) -> Iterator[str]:
    """Yield a table of the distances between equal digits, with the counts expected by chance."""
    yield "GAPS: positions until the same digit comes again"
    yield f"  {'after':<10}{'found':>14}{'expected':>14}{'difference':>14}"
    for low, high in _GAPS:
        found = sum(times for gap, times in patterns.gaps.items() if low <= gap <= high)
        expected = sum(expected_gaps(gap, patterns.count) for gap in range(low, min(high, 999) + 1))
        name = f"{low}" if low == high else f"{low} to {high}" if high < 999 else f"{low} or more"
        apart = f"{found / expected * 100 - 100:+.2f} %" if expected >= 1 else ""
        yield f"  {name:<10}{found:>14,}{expected:>14,.0f}{apart:>14}"


def run_lines(patterns: Patterns) -> Iterator[str]:
    """Yield the lines of a table: the longest run of each digit, and how rare it is."""
    yield "RUNS: the longest row of each digit"
    yield f"  {'digit':<7}{'in a row':>9}{'first at':>14}  {'expected once in':<22}chance here"
    for run in patterns.runs:
        once_in = f"{about(1 / expected_runs(run.length, 10**9) * 10**9)} digits"
        likely = chance_of_any(expected_runs(run.length, patterns.count))
        yield _row(run) + f"  {once_in:<22}{chance_in_words(likely)}"


def long_gap_lines(patterns: Patterns) -> Iterator[str]:
    """Yield a table: the longest gap between two equal digits, for each digit, and its chance."""
    yield "LONGEST GAPS: the longest wait between two equal digits"
    yield f"  {'digit':<7}{'positions':>9}{'from':>14}  chance of one this long"
    for gap in patterns.longest_gaps:
        likely = chance_of_any(expected_gaps(gap.length, patterns.count))
        yield _row(gap) + f"  {chance_in_words(likely)}"


def _row(longest: Longest) -> str:
    return f"  {longest.digit:<7}{longest.length:>9,}{longest.position:>14,}"


def in_words(run: Longest) -> str:
    """Describe a run in two sentences: how rare it is, and where it is.

    >>> print(in_words(Longest(3, 7, 710_100)))
    A run of seven 3s is expected once in 11 million digits. Here it is at 710,100.
    """
    length = _NAMES.get(run.length, f"{run.length}")
    once_in = about(1 / expected_runs(run.length, 10**9) * 10**9)
    return (
        f"A run of {length} {run.digit}s is expected once in {once_in} digits. "
        f"Here it is at {run.position:,}."
    )
