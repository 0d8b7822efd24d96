"""Count how often each digit occurs, as the digits arrive."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add

from pi_tui.needle import Output

Digits = Output
"""Digits as ASCII: bytes, or the worker's growing bytearray."""

CHUNK = 200_000
"""Digits counted at once: about 2 ms, so the screen responds while a billion are loaded."""


class DigitCounts:
    """The number of 0s, 1s, … 9s among the first `counted` digits."""

    def __init__(self) -> None:
        self.counts = [0] * 10
        self.counted = 0

    def feed(self, digits: Digits, stop: int) -> bool:
        """Count more digits, up to offset `stop`; return True if some of these are not counted yet.

        One call counts at most CHUNK digits.
        """
        start, stop = self.counted, min(stop, len(digits))
        end = min(stop, start + CHUNK)
        if end > start:
            new = [digits.count(b"%d" % digit, start, end) for digit in range(10)]
            self.counts = [*map(add, self.counts, new)]
            self.counted = end
        return end < stop


def chi_square(counts: Sequence[int]) -> float:
    """Return Pearson's chi-square of these counts, if equal counts were expected.

    For n counts it has n - 1 degrees of freedom.

    >>> chi_square([3, 5]), chi_square([0, 0])
    (0.5, 0.0)
    """
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 for count in counts) / (expected or 1)


def chance_of_more(chi_square: float, freedom: int = 9) -> float:
    """Return the chance that equally likely outcomes have a chi-square above `chi_square`.

    `freedom` is the number of degrees of freedom, which must be odd: 9 for counts of the ten
    digits. The result is the upper tail of the chi-square distribution, in closed form (Abramowitz
    & Stegun 26.4.4).

    >>> round(chance_of_more(16.919), 3), chance_of_more(0), round(chance_of_more(123.225, 99), 3)
    (0.05, 1.0, 0.05)
    """
    if chi_square <= 0:
        return 1.0
    root = math.sqrt(chi_square)
    density = math.exp(-chi_square / 2) / math.sqrt(2 * math.pi)
    series = 0.0
    for odd in range(freedom - 2, 1, -2):
        series = chi_square / odd * (1 + series)
    return math.erfc(root / math.sqrt(2)) + 2 * density * root * (1 + series) * (freedom > 1)


def verdict(chance: float) -> str:
    """Return words for how even some counts are, from the result of `chance_of_more`.

    >>> verdict(0.5), verdict(0.01), verdict(0.999)
    ('as chance would', 'rather uneven', 'rather even')
    """
    if chance < 0.02:
        return "rather uneven"
    return "rather even" if chance > 0.98 else "as chance would"
