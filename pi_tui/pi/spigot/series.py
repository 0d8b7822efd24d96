"""The series that a spigot can use, as data.

    pi = (1/q_0)·(b_0 + p_1/q_1·(b_1 + p_2/q_2·(b_2 + …)))

Each value of `SERIES` holds everything the other modules must know about one series; none of them
depends on a particular one. There are three:

- Euler's series, pi = 2 + 1/3·(2 + 2/5·(2 + 3/7·(…))), is the one in the paper of Rabinowitz and
  Wagon.
- Gosper's of 1974, pi = 3 + 1/60·(8 + 6/168·(13 + 15/330·(…))), is the one they call better. Each
  box is worth 1/13.5 of the one before, not 1/2, so it needs a quarter of the boxes.
- Two arctangents, pi = 20 arctan(1/7) + 8 arctan(3/79) (Euler, 1779). This is the sum of two such
  series, two *chains* of boxes. Both come from Euler's transform of the arctangent,

      arctan x = y/x · Σ_j (2·4···2j)/(3·5···(2j+1)) · y^j        with y = x²/(1+x²)

  A box of the first chain is worth 1/50 of the one before, of the second 9/6250. Together they have
  0.94 factors p and q for a digit, Gosper's has 1.77, Euler's 3.3.

The numbers of a chain are not negative, and a carry of at most 1 settles a digit. Let t be the most
that the blocks after the first of a chain are worth together, once every b_j is below q_j. With one
chain, t < 2 is enough: the quotient of an iteration is at most R, and no carry follows R. With two
chains the quotient is below 2 R, and no carry follows one, as long as the chains together hold
less than 2 R. Each holds less than R + t. So this fails only if both are within t of their maximum
at the same time. For single boxes t is 0.1, so it can happen: `settle` notices it, and raises
WrongState. For blocks of 16 boxes t is below 50^-15, so it happens in fewer than 10^-50 of all
iterations. So `smallest_block` is 16 for two chains.
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
    """A series for a part of pi or all of it: the constants of its boxes, and their costs."""

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
    """Boxes beyond the last digit, worth 2^-128 of it up to a factor like √j (see size.py)."""
    rest: Callable[[mpz], mpz]
    """rest(h!) divides P1 and D2 of neighbours of h boxes; rest(x·y) = rest(x)·rest(y)."""
    leaf: int
    """Boxes made at once by Newton's formula (making.py), as measured."""
    box_bits: tuple[float, float]
    """(x, y): a box takes x·log2(s/B) + y bits, where s is the first box of its block."""
    box_cost: float
    """Making a block of B boxes takes box_cost·B^1.277 ns, as measured."""
    block_scale: float = 0.0
    """`plan` chooses B near 2^(block_scale + 0.89·log2(digits)), as measured."""
    smallest_block: int = 1
    """The smallest B in which one carry settles a digit."""
    plus: Series | None = None
    """The next chain: a series whose value is added to this one's."""

    @property
    def chains(self) -> list[Series]:
        """Return the series whose sum is pi: this one and those that are added to it.

        Each is computed in a row of boxes of its own, a chain.
        """
        return [self, *(self.plus.chains if self.plus else [])]

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
    box_bits=(1.0, 5.4),
    box_cost=23.0,
    block_scale=-0.7,
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
    box_bits=(2.0, 12.6),
    box_cost=53.0,
    block_scale=-1.7,
)

_ARCTAN_3_79 = Series(
    name="arctan-3-79",
    title="8 arctan(3/79)",
    b=lambda j: 948,
    p=lambda j: 9 * j,
    q=lambda j: 3125 * (2 * j + 1),
    q_0=3125,
    degree=1,
    boxes_per_billion=351_910_177,  # a box is worth 9/6250 of the one before, or less
    guard_boxes=14,
    rest=odd_part,
    leaf=8,
    box_bits=(1.0, 17.0),
    box_cost=33.0,
)

ARCTAN = Series(
    name="arctan",
    title="two arctangents",
    b=lambda j: 28,
    p=lambda j: j,
    q=lambda j: 25 * (2 * j + 1),
    q_0=10,
    degree=1,
    boxes_per_billion=588_591_910,  # a box is worth 1/50 of the one before, or less
    guard_boxes=23,
    rest=odd_part,
    leaf=8,
    box_bits=(1.0, 10.0),
    box_cost=19.0,
    block_scale=-1.7,
    smallest_block=16,
    plus=_ARCTAN_3_79,
)

SERIES = {series.name: series for series in (ARCTAN, GOSPER, RABINOWITZ_WAGON)}
"""All series by name, the default first."""
