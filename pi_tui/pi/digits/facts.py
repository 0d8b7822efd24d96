"""Facts about the digits: remarkable strings and their positions. Each is checked when shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pi_tui.pi.digits.statistics import Digits


class Fact(NamedTuple):
    """A remarkable string of digits at a position."""

    position: int
    """Position of the first digit; 1 is the first after the point."""
    text: str
    """The digits at this position."""
    saying: str

    @property
    def end(self) -> int:
        """Return the number of digits that must be known to check the fact."""
        return self.position + len(self.text) - 1


_ALL = "By here every string of {} digits has occurred."
FACTS = (
    Fact(32, "0", "The first 0. Now every digit has occurred."),
    Fact(144, "9", "The first 144 digits add up to 666."),
    Fact(153, "111", "Three equal digits in a row, for the first time."),
    Fact(307, "00", "Two zeros in a row, for the first time."),
    Fact(358, "360", "Positions 358 to 360 read 360, a full circle."),
    Fact(605, "68", _ALL.format("two")),
    Fact(762, "999999", "The Feynman point: six nines in a row, so early."),
    Fact(8553, "483", _ALL.format("three")),
    Fact(16_470, "16470", "Self-locating: 16470 stands at position 16,470."),
    Fact(33_789, "271828", "The first six digits of e."),
    Fact(44_899, "44899", "Self-locating: 44899, and the next is 79,873,884."),
    Fact(49_702, "12345", "12345, for the first time."),
    Fact(52_638, "1414213", "The first seven digits of the square root of two."),
    Fact(99_846, "6716", _ALL.format("four")),
    Fact(144_979, "161803", "The first six digits of the golden ratio."),
    Fact(176_451, "314159", "Pi begins again: its own first six digits."),
    Fact(710_100, "3333333", "Seven equal digits in a row, for the first time."),
    Fact(1_369_560, "33394", _ALL.format("five")),
    Fact(1_526_800, "2718281", "The first seven digits of e."),
    Fact(2_458_885, "123456", "123456, for the first time."),
    Fact(9_470_344, "1234567", "1234567, for the first time."),
)
"""Facts found by searching ten million digits, in the order in which they become true.

The tests search again, in all digits they have.
"""


_TOGETHER = 1_000
"""Number of positions searched at once; they differ only in the last three digits."""


def reached(digits: Digits, start: int, stop: int) -> Iterator[Fact]:
    """Yield the facts that became true when the number of digits grew from `start` to `stop`.

    Those in FACTS come first, then those of `further`.
    """
    for fact in FACTS:
        if start < fact.end and is_reached(fact, digits, stop):
            yield fact
    yield from further(digits, start, stop)


def is_reached(fact: Fact, digits: Digits, count: int) -> bool:
    """Return True if the fact is true of the first `count` digits."""
    there = bytes(digits[fact.position - 1 : fact.end])
    return fact.end <= count and there == fact.text.encode()


def further(digits: Digits, start: int, stop: int) -> Iterator[Fact]:
    """Yield the facts of `self_locating(digits, start, stop)` at whose positions FACTS has none."""
    known = {fact.position for fact in FACTS}
    return (fact for fact in self_locating(digits, start, stop) if fact.position not in known)


def self_locating(digits: Digits, start: int, stop: int) -> Iterator[Fact]:
    """Yield a fact for each number from 10 on that stands at the position it names.

    Only numbers that are complete in the first `stop` digits, but not in the first `start`, are
    yielded.

    One search finds the candidates among a thousand positions, because their numbers begin alike.
    Ten million digits take about 20 ms.

    >>> [fact.position for fact in self_locating(b"0000000001011", 0, 13)]
    [10]
    """
    for first in range(max(0, start - 20) // _TOGETHER * _TOGETHER, stop, _TOGETHER):
        last = min(first + _TOGETHER - 1, stop)
        for position in _candidates(digits, max(first, start - 20, 10), last, first // _TOGETHER):
            name = str(position)
            fact = Fact(position, name, f"Self-locating: {name} stands at position {position:,}.")
            if start < fact.end and is_reached(fact, digits, stop):
                yield fact


def _candidates(digits: Digits, first: int, last: int, thousands: int) -> Iterator[int]:
    """Yield each position from `first` to `last` at which its own number may stand.

    For positions from 16,000 to 16,999 `thousands` is 16, so 16,470 is yielded if the digits at
    position 16,470 begin with 16. If `thousands` is 0, every position is yielded.
    """
    begin = str(thousands).encode() if thousands else b""  # which is found at every position
    at = digits.find(begin, first - 1, last + len(begin) - 1)
    while at >= 0:
        yield at + 1
        at = digits.find(begin, at + 1, last + len(begin) - 1)
