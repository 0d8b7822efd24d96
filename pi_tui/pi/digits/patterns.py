"""Count pairs, gaps and runs as the digits arrive, and compare them with chance.

Ten million digits take one to two seconds of one core.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import NamedTuple

from pi_tui.pi.digits.statistics import Digits

CHUNK = 10_000
"""Digits counted by one `feed`: 1 to 2 ms."""


class Longest(NamedTuple):
    """The longest run of a digit, or its longest gap, at the first position where it occurs."""

    digit: int
    length: int
    """For a run: its digits. For a gap: positions from one occurrence of the digit to the next."""
    position: int
    """Position of the first digit of the run or gap; 1 is the first after the point."""


class Patterns:
    """Counts of digit pairs and of gaps between equal digits; longest run and gap of each digit.

    All are of the first `count` digits; call `feed` when digits arrive.
    """

    def __init__(self) -> None:
        self.count = 0
        self.gaps: Counter[int] = Counter()
        """How often the same digit occurs again after 1, 2, 3, … positions."""
        self._pairs: Counter[int] = Counter()
        self._last: list[int | None] = [None] * 10
        """The offset of each digit's last occurrence."""
        self._longest_gaps: dict[int, Longest] = {}
        self._runs: dict[int, Longest] = {}

    def feed(self, digits: Digits, stop: int) -> bool:
        """Count patterns in the next digits, up to offset `stop`; return True if digits are left.

        One call counts at most CHUNK digits.
        """
        start, stop = self.count, min(stop, len(digits))
        end = min(stop, start + CHUNK)
        if end > start:
            piece = bytes(digits[start:end])
            self._count_pairs(digits, start, end)
            for digit in range(10):
                self._count_gaps(piece, digit)
                self._find_runs(digits, digit, end)
            self.count = end
        return end < stop

    def _count_pairs(self, digits: Digits, start: int, end: int) -> None:
        """Count the pairs of digits whose second digit is at an offset from `start` to `end - 1`.

        Pairs do not overlap: each begins at an even offset. The two bytes of a pair are read as one
        16-bit number: a Counter of numbers works in C.
        """
        pairs = bytes(digits[start - start % 2 : end - end % 2])
        self._pairs.update(memoryview(pairs).cast("H"))

    def _count_gaps(self, piece: bytes, digit: int) -> None:
        """Count the gaps of `digit` that end in `piece`; record one that is the longest so far.

        A gap is the distance from one such digit to the next. The first gap in a piece may have
        begun in an earlier piece.
        """
        between = [len(part) + 1 for part in piece.split(b"%d" % digit)]
        last, before = self._last[digit], between.pop()
        if not between:
            return  # the digit is not in this piece
        first, *gaps = between
        if last is not None:
            gaps = [self.count + first - 1 - last, *gaps]
        self.gaps.update(gaps)
        newest = self._last[digit] = self.count + len(piece) - before
        longest, known = max(gaps, default=0), self._longest_gaps.get(digit)
        if longest > (known.length if known else 0):
            start = newest - sum(gaps[gaps.index(longest) :])
            self._longest_gaps[digit] = Longest(digit, longest, start + 1)

    def _find_runs(self, digits: Digits, digit: int, end: int) -> None:
        """Record the longest run of `digit` up to offset `end`, if it is longer than the known one.

        The search begins before offset `self.count`, because the run may have begun among the
        digits counted already.
        """
        known = self._runs.get(digit)
        length = known.length if known else 0
        at = max(0, self.count - length)
        while (at := digits.find(b"%d" % digit * (length + 1), at, end)) >= 0:
            length += 1
            self._runs[digit] = Longest(digit, length, at + 1)

    @property
    def pairs(self) -> list[int]:
        """Return how often 00, 01, … 99 occur at positions 1-2, 3-4, 5-6 and so on."""
        keys = (int.from_bytes(b"%02d" % pair, sys.byteorder) for pair in range(100))
        return [self._pairs[key] for key in keys]

    @property
    def runs(self) -> list[Longest]:
        """Return one Longest for each digit that occurs: its longest run."""
        return sorted(self._runs.values())

    @property
    def longest_gaps(self) -> list[Longest]:
        """Return one Longest for each digit that occurs at least twice: its longest gap."""
        return sorted(self._longest_gaps.values())


def expected_runs(length: int, count: int) -> float:
    """Return how many runs of a given digit, `length` or longer, are expected in `count` digits.

    A run begins at the first digit or after a different digit. Of all ten digits together, ten
    times as many are expected.

    >>> round(expected_runs(7, 11_111_111), 2), expected_runs(2, 1)
    (1.0, 0.0)
    """
    places = count - length + 1
    return 10.0**-length * (1 + 0.9 * (places - 1)) if places > 0 else 0.0


def expected_gaps(length: int, count: int) -> float:
    """Return how many gaps of exactly `length` are expected in `count` digits.

    A gap is the distance from a digit to the next equal digit; those of all ten digits count. If
    `count` is far above `length`, the result is also, very nearly, how many gaps of `length` or
    more are expected of a single digit. Gaps of `length` or more are then ten times as frequent as
    those of exactly `length`, and a tenth of them are of that digit.

    >>> round(expected_gaps(1, 1_001)), round(expected_gaps(2, 1_002))
    (100, 90)
    """
    return max(0, count - length) * 0.1 * 0.9 ** (length - 1)


def chance_of_any(expected: float) -> float:
    """Return the chance that a rare event, expected `expected` times, happens at least once.

    >>> round(chance_of_any(1.0), 2), chance_of_any(0.0)
    (0.63, 0.0)
    """
    return -math.expm1(-expected)
