"""Estimate what a run will take, before it begins: time, memory and disk.

The constants were measured on whole runs at full speed, verification included, on two cores.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

from pi_tui import words

_MEASURED = ((1_000, 0.22), (20_000, 0.23), (100_000, 0.29), (1_000_000, 1.0), (10_000_000, 14.0))
"""Digits, and the seconds they take; values between are interpolated on logarithmic scales."""
_GROWTH = 1.22
"""Beyond the last, time grows as this power of the digits: a billion took 6,300 s of CPU."""
_ALONE = 1.8
"""A run with one thread takes so many times as long."""
_BASE = 60_000_000
"""Bytes of memory that Python, Textual and SQLAlchemy take."""
_PER_DIGIT, _PER_THREAD = 9, 1
"""Bytes of memory at the peak for each digit, of 10 million or fewer; more for each thread."""
_THINNER = 0.09
"""Beyond 10 million, bytes for a digit fall as this power: a billion took 7.2 GB."""
_ON_DISK = 8
"""Bytes of the database for each digit, while the run is under way."""
LONG = 60.0
"""A run of more seconds is announced: what it takes is told before it begins."""


class Forecast(NamedTuple):
    """The time, memory and disk that a run of `digits` digits takes."""

    digits: int
    seconds: float
    memory: int
    """Bytes of memory of the whole process, at its peak."""
    disk: int
    """Bytes of the database at its largest."""

    def in_words(self, done: float = 0.0) -> str:
        """Return in words what the run takes in time, memory and disk.

        `done` is the share of the work done before, 0 to 1: the time is for the rest of the work.

        >>> print(forecast(100_000_000, 2).in_words())
        100,000,000 digits take about 3 min 52 s, 954.1 MB of memory and 800.0 MB of disk
        """
        time = words.duration(self.seconds * (1 - done)) + (" more" if done else "")
        memory, disk = words.size(self.memory), words.size(self.disk)
        return f"{self.digits:,} digits take about {time}, {memory} of memory and {disk} of disk"


def forecast(digits: int, threads: int) -> Forecast:
    """Estimate the time, memory and disk of a run of `digits` digits with `threads` threads.

    The time of two or more threads is that of two on two cores.

    >>> forecast(10_000_000, 2)[2:]
    (170000000, 80000000)
    """
    each = (_PER_DIGIT + _PER_THREAD * threads) * min(1.0, math.pow(1e7 / digits, _THINNER))
    memory = _BASE + int(digits * each)
    took = seconds(digits) * (_ALONE if threads == 1 else 1)
    return Forecast(digits, took, memory, digits * _ON_DISK)


def seconds(digits: int) -> float:
    """Estimate the seconds that `digits` digits take at full speed on two cores.

    >>> round(seconds(100_000), 2), round(seconds(100_000_000))
    (0.29, 232)
    """
    pairs = list(pairwise(_MEASURED))
    (n0, t0), (n1, t1) = next((pair for pair in pairs if digits <= pair[1][0]), pairs[-1])
    if digits > n1:
        return t1 * math.pow(digits / n1, _GROWTH)
    slope = math.log(t1 / t0) / math.log(n1 / n0)
    return t0 * math.exp(slope * math.log(digits / n0))


def threads_within(digits: int, threads: int, memory: int) -> int:
    """Return how many of `threads` may work side by side within `memory` bytes; 0 if none.

    >>> [threads_within(10_000_000, 4, memory) for memory in (10**9, 175_000_000, 10**8)]
    [4, 2, 0]
    """
    within = (n for n in range(threads, 0, -1) if forecast(digits, n).memory <= memory)
    return next(within, 0)
