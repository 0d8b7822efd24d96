"""Rabinowitz and Wagon's algorithm as in their paper: one digit a step, one box at a time.

For the sum of two series it sweeps both and adds up their quotients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Base:
    """The mixed-radix base: its value is 1/q_0·(b(0) + p(1)/q(1)·(b(1) + p(2)/q(2)·(b(2) + …)))."""

    b: Callable[[int], int]
    p: Callable[[int], int]
    q: Callable[[int], int]
    q_0: int = 1


BASES = {
    "rabinowitz-wagon": [Base(lambda j: 2, lambda j: j, lambda j: 2 * j + 1)],
    "gosper": [
        Base(lambda j: 5 * j + 3, lambda j: 2 * j * j - j, lambda j: 27 * j * j + 27 * j + 6)
    ],
    "arctan": [
        Base(lambda j: 28, lambda j: j, lambda j: 50 * j + 25, 10),
        Base(lambda j: 948, lambda j: 9 * j, lambda j: 6250 * j + 3125, 3125),
    ],
}
"""The series, written here a second time, so that a mistake in the spigot's table shows."""


def sweep(row: list[int], base: Base) -> int:
    """Multiply a row of boxes by 10; return what leaves box 0."""
    carry = 0
    for j in range(len(row) - 1, 0, -1):
        x = 10 * row[j] + carry
        row[j] = x % base.q(j)
        carry = x // base.q(j) * base.p(j)
    q, row[0] = divmod(10 * row[0] + carry, 10 * base.q_0)
    return q


class Textbook:
    """Rows of boxes of small integers; box 0 of each holds the integer part."""

    def __init__(self, counts: Sequence[int], bases: Sequence[Base]) -> None:
        self.bases = bases
        self.rows = [[base.b(j) for j in range(n)] for n, base in zip(counts, bases, strict=True)]
        self.i = 0
        self.nines = 0
        self.predigit = 0
        self.have_predigit = False
        self.digits = ""
        """Settled digits, the 3 included."""

    def step(self) -> None:
        q = sum(sweep(row, base) for row, base in zip(self.rows, self.bases, strict=True))
        self.i += 1
        if not self.have_predigit:
            self.predigit, self.have_predigit = q, True
        elif q == 9:
            self.nines += 1
        elif q >= 10:
            assert q < 20
            assert self.predigit < 9
            self.digits += str(self.predigit + 1) + "0" * self.nines
            self.predigit, self.nines = q - 10, 0
        else:
            self.digits += str(self.predigit) + "9" * self.nines
            self.predigit, self.nines = q, 0
