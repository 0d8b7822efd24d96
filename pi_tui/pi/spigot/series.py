"""The series that a spigot can use, as data.

    pi = (1/q_0)·(b_0 + p_1/q_1·(b_1 + p_2/q_2·(b_2 + …)))

Each value of `SERIES` holds everything the other modules must know about one series; none of them
depends on a particular one. A series must meet two conditions. Its numbers are not negative. And
once every b_j is below q_j, everything but the integer part adds up to less than 2, so that one
carry settles a digit. Both series here meet them:

- Euler's series, pi = 2 + 1/3·(2 + 2/5·(2 + 3/7·(…))), is the one in the paper of Rabinowitz and
  Wagon.
- Gosper's of 1974, pi = 3 + 1/60·(8 + 6/168·(13 + 15/330·(…))), is the one they call better. Each
  box is worth 1/13.5 of the one before, not 1/2, so it needs a quarter of the boxes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only code that computes loads gmpy2, so that naming a series is fast
    from gmpy2 import mpz

Term = Callable[[int], int]
"""A function from the box number j to a number: a polynomial in j."""


def odd_part(number: mpz) -> mpz:
    """Return the number without its powers of two.

    >>> from gmpy2 import mpz
    >>> odd_part(mpz(40))
    mpz(5)
    """
    return number >> number.bit_scan1(0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Series:
    """A series: the initial content of each box j, and the value of a box."""

    name: str
    """Name of the series on the command line and in a saved state."""
    title: str
    """Title of the series on the screen."""
    b: Term
    """Initial content of box j."""
    p: Term
    """p_j, for j ≥ 1: the factor of the carry out of box j."""
    q: Term
    """q_j, for j ≥ 1: box j holds a number below q_j."""
    q_0: int
    """q of box 0, where the polynomial has another value."""
    degree: int
    """Degree of p_j and q_j as polynomials in j; that of b_j is not larger."""
    boxes_per_billion: int
    """Boxes that hold 10^9 decimals, rounded up."""
    guard_boxes: int
    """Boxes beyond the last digit, worth 2^-128 of it up to a factor like √j (see plan.py)."""
    rest: Callable[[mpz], mpz]
    """rest(h!) divides P1 and D2 of neighbours of h boxes; rest(x·y) = rest(x)·rest(y)."""
    leaf: int
    """Boxes made at once by Newton's formula (making.py), as measured."""
    block_scale: float
    """`plan` chooses B near 2^(block_scale + 0.89·log2(digits)), as measured."""
    box_bits: tuple[float, float]
    """(x, y): a box takes x·log2(s/B) + y bits, where s is the first box of its block."""

    def __repr__(self) -> str:
        return f"Series({self.name})"


RABINOWITZ_WAGON = Series(
    name="rabinowitz-wagon",
    title="Rabinowitz–Wagon",
    b=lambda j: 2,
    p=lambda j: j,
    q=lambda j: 2 * j + 1,
    q_0=1,
    degree=1,
    boxes_per_billion=3_321_928_095,  # a box is worth half of the one before, or less
    guard_boxes=128,
    rest=odd_part,
    leaf=16,
    block_scale=-0.7,
    box_bits=(1.0, 5.4),
)

GOSPER = Series(
    name="gosper",
    title="Gosper",
    b=lambda j: 5 * j + 3,
    p=lambda j: j * (2 * j - 1),
    q=lambda j: 3 * (3 * j + 1) * (3 * j + 2),
    q_0=1,
    degree=2,
    boxes_per_billion=884_694_440,  # a box is worth 2/27 of the one before, or less
    guard_boxes=35,
    rest=lambda factorial: factorial * odd_part(factorial),
    leaf=4,
    block_scale=-1.7,
    box_bits=(2.0, 12.6),
)

SERIES = {series.name: series for series in (GOSPER, RABINOWITZ_WAGON)}
"""All series by name."""
