"""Search for a string in digits that arrive in pieces, and report the result."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pi_tui.needle import Needle
from pi_tui.pi.digits.chance import LIKELY, about, chance, chance_in_words, digits_for, expected
from pi_tui.words import counted

AROUND = 10
"""Digits shown before and after a hit."""


class Hits:
    """The places of a string in the digits: their number, and the first few of them.

    The digits come in pieces. Of those searched, only the last few are kept: one fewer than the
    string has.

    >>> hits = Hits("11", keep=2)
    >>> for piece in (b"01", b"110", b"11"):
    ...     hits.feed(piece)
    >>> hits.count, hits.first
    (3, [1, 2])
    """

    def __init__(self, text: str, keep: int) -> None:
        self.text = text
        self.count = 0
        self.first: list[int] = []
        """Offsets of the first `keep` hits."""
        self.searched = 0
        self._needle, self._keep, self._tail = Needle(text), keep, b""

    def feed(self, piece: bytes) -> None:
        """Search the next piece of the digits; find also hits that began in earlier pieces."""
        window = self._tail + piece
        begin = self.searched - len(self._tail)
        hits = islice(self._needle.hits_in(window, 0, len(window)), self._keep - len(self.first))
        self.first += [begin + at for at in hits]
        self.count += self._needle.count_in(window, 0, len(window))
        self.searched += len(piece)
        reach = len(self.text) - 1
        self._tail = window[-reach:] if reach else b""


def headline(hits: Hits) -> str:
    """Return a sentence that tells whether the string was found, and how often.

    >>> headline(Hits("42", 1))
    '42 is not in the first 0 digits of pi.'
    """
    where = f"in the first {counted(hits.searched, 'digit')} of pi"
    if not hits.count:
        return f"{hits.text} is not {where}."
    times = "once" if hits.count == 1 else f"{hits.count:,} times"
    shown = len(hits.first)
    some = "" if shown == hits.count else f"; the first {shown:,}" if shown > 1 else "; the first"
    return f"{hits.text} stands {times} {where}{some}:"


def odds(length: int, digits: int) -> str:
    """Return a sentence on the chance of a string of `length` digits among `digits` digits.

    >>> print(odds(8, 1_000_000))
    A given string of 8 digits occurs in that many digits with a chance of 1.0 %.
    >>> print(odds(2, 1_000_000))
    A given string of 2 digits is expected about 10,000 times in that many digits.
    """
    string = f"A given string of {counted(length, 'digit')}"
    if (times := expected(length, digits)) >= 2:
        return f"{string} is expected about {about(times)} times in that many digits."
    if (likely := chance(length, digits)) <= 0:
        return f"{string} does not fit into so few digits."
    return f"{string} occurs in that many digits with a chance of {chance_in_words(likely)}."


def after_a_miss(length: int, most: int) -> Iterator[str]:
    """Yield two lines of advice for a string of `length` digits that was not found.

    The first tells how many digits contain such a string with a chance of 63 % and of 95 %. The
    second gives the command that computes the larger of these numbers, rounded up, or the smaller
    one if the larger is above `most`. If both are above `most`, the second line says so instead.

    >>> for line in after_a_miss(6, 10**8):
    ...     print(line)
    It takes about 990,000 digits for a chance of 63 %, about 3 million for 95 %.
    `pi-tui run --digits 3000000` computes that many.
    """
    needed = [digits_for(length, likely) for likely in LIKELY]
    (some, many), (low, high) = map(about, needed), (f"{p * 100:.0f} %" for p in LIKELY)
    yield f"It takes about {some} digits for a chance of {low}, about {many} for {high}."
    within = [number for number in map(rounded_up, needed) if number <= most]
    if within:
        yield f"`pi-tui run --digits {within[-1]}` computes that many."
    else:
        yield f"That is more than pi-tui computes: {most:,} digits at most."


def rounded_up(number: int) -> int:
    """Round up to two significant digits, so that the number is easy to read.

    >>> rounded_up(2_995_732), rounded_up(99_425_234), rounded_up(7)
    (3000000, 100000000, 7)
    """
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // unit) * unit
