"""Rabinowitz and Wagon's algorithm as in their paper: one digit a step, one box at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Base:
    """The mixed-radix base of a series: pi = b(0) + p(1)/q(1)·(b(1) + p(2)/q(2)·(b(2) + …))."""

    b: Callable[[int], int]
    p: Callable[[int], int]
    q: Callable[[int], int]


BASES = {
    "rabinowitz-wagon": Base(lambda j: 2, lambda j: j, lambda j: 2 * j + 1),
    "gosper": Base(lambda j: 5 * j + 3, lambda j: 2 * j * j - j, lambda j: 27 * j * j + 27 * j + 6),
}
"""The series, written here a second time, so that a mistake in the spigot's table shows."""


class Textbook:
    """A row of boxes of small integers; box 0 holds the integer part."""

    def __init__(self, boxes: int, base: Base) -> None:
        self.base = base
        self.boxes = [base.b(j) for j in range(boxes)]
        self.i = 0
        self.nines = 0
        self.predigit = 0
        self.have_predigit = False
        self.digits = ""
        """Settled digits, the 3 included."""

    def step(self) -> None:
        carry = 0
        for j in range(len(self.boxes) - 1, 0, -1):
            x = 10 * self.boxes[j] + carry
            self.boxes[j] = x % self.base.q(j)
            carry = x // self.base.q(j) * self.base.p(j)
        x = 10 * self.boxes[0] + carry
        q, self.boxes[0] = divmod(x, 10)
        self.i += 1
        if not self.have_predigit:
            self.predigit, self.have_predigit = q, True
        elif q == 9:
            self.nines += 1
        elif q == 10:
            self.digits += str(self.predigit + 1) + "0" * self.nines
            self.predigit, self.nines = 0, 0
        else:
            self.digits += str(self.predigit) + "9" * self.nines
            self.predigit, self.nines = q, 0
