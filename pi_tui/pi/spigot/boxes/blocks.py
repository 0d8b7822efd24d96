"""Blocks: B boxes of the spigot, stored as one big number over one denominator.

The textbook updates one box at a time. One big multiplication and one division per block do the
work of B box updates, and GMP does them far faster. For the boxes s … e-1 of a block (e = s+B),
with b_j, p_j and q_j of the series (series.py), let

    D = Π_{m=s}^{e-1} q_m        P = Π_{m=s+1}^{e} p_m
    N = Σ_{j=s}^{e-1} b_j · Π_{m=s+1}^{j} p_m · Π_{m=j+1}^{e-1} q_m

One step of the block, with the carry c from the block after it, is then

    x = N·R + c·P        c: the quotient of the block after it
    c', N' = divmod(x, D)

P has one factor more than the carry of its last box needs. The textbook hands ``(x div q_e)·p_e``
to box e-1. Here that p_e is part of P, so the carry between two blocks is the bare quotient.

Two neighbouring blocks join into one of twice the size:

    N = N1·D2 + P1·N2        P = P1·P2        D = D1·D2

**Common factor.** N, P and D of a block share a large factor that can be divided out. Of h
consecutive numbers at least floor(h/r) are multiples of r. So the product of any h consecutive p's
is divisible by a number rest(h), and so is the product of any h consecutive q's:

    Euler's:  p = j, q = 2j+1. Every odd prime power r divides at least floor(h/r) of the p's and
              of the q's, so rest(h) is the odd part of h!.
    Gosper's: p = j(2j-1), q = 3(3j+1)(3j+2). For prime powers of r ≥ 5 that holds for all four
              brackets, so the square of r's part of h! divides. r = 3: the two brackets of p
              count, and in q the h leading threes, never fewer than twice those of h!. r = 2:
              the part of h! once, from the j of p alone; q has twice as many. So rest(h) is h!
              times its odd part.

Take two halves of h = B/2 boxes that are already divided by Γ(h). D2 and P1 still contain what is
left of rest(h), and each product above has one of them as a factor. So N, P and D of the joined
block can all be divided by

    Γ(B) = Γ(h)·rest(h)  =  Π rest(h) over h = B/2, B/4, B/8 … 64

whatever s is. Quotients and carries do not change, and for B in the tens of thousands the numbers
are less than half as long. Little more could be gained. In Euler's series, the odd part of
(B-1)!/lcm(1…B-1) always divides N, P and D too and takes 0.56 bits more per box. But Γ is divided
out of the short factors D2 and P1 before they are multiplied (making.py), while the larger factor
would have to be divided out of the long products.

Γ is part of the format of a saved state: with another Γ, the saved numbers would be different.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from gmpy2 import bincoef, fac, mpz

from pi_tui.pi.spigot.series import Series

THIN_FROM = 64
"""Boxes of the smallest halves that are divided: below, a division costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Block:
    """The constants P and D of a block, divided by a common factor; every iteration uses them.

    They depend only on the series, the block's first box, B (its number of boxes) and, for block 0,
    on R.
    """

    factor: mpz
    """P/Γ(B) without its powers of two."""
    shift: int
    """The power of two taken out of P."""
    divisor: mpz
    """D/Γ(B); for the first block times R, because box 0 keeps x mod R."""
    start_residue: int = field(compare=False)
    """N/Γ(B) at the start, modulo 2^61-1; 0 in a block made or restored after iteration 1."""
    factor_residue: int
    """P/Γ(B) modulo 2^61-1."""
    denominator_residue: int
    """D/Γ(B) modulo 2^61-1, never times R."""

    def step(self, number: mpz, radix: mpz, carry: mpz) -> tuple[mpz, mpz]:
        """Do one iteration of this block; return the carry to the block before, and the new N.

        `number` is its N, `carry` comes from the block after it. `radix` is R, or a power of R to
        do several iterations at once (sweep.py).
        """
        return divmod(number * radix + (carry * self.factor << self.shift), self.divisor)


def boxes_one_by_one(series: Series, first: int, boxes: int) -> tuple[int, int, int]:
    """Return N, P and D of `boxes` boxes from box `first` on, with no common factor divided out.

    If box 0 is among them, D has the factor q(0); making.py replaces that by `Series.q_0`. Slow:
    four multiplications of a long number by a short one for each box.

    >>> from pi_tui.pi.spigot.series import RABINOWITZ_WAGON
    >>> boxes_one_by_one(RABINOWITZ_WAGON, 1, 2)
    (14, 6, 15)
    """
    number, factor, denominator = 0, 1, 1
    for box in range(first, first + boxes):
        q = series.q(box)
        number = number * q + series.b(box) * factor
        factor, denominator = factor * series.p(box + 1), denominator * q
    return number, factor, denominator


@lru_cache(maxsize=32)
def common_factor(series: Series, boxes: int) -> mpz:
    """Return Γ(B), the common factor of N, P and D of every block of B boxes.

    >>> from pi_tui.pi.spigot.series import RABINOWITZ_WAGON, odd_part
    >>> common_factor(RABINOWITZ_WAGON, 256) == odd_part(fac(128)) * odd_part(fac(64))
    True
    """
    half = boxes // 2
    if half < THIN_FROM:
        return mpz(1)
    return common_factor(series, half) * series.rest(fac(half))


@lru_cache(maxsize=64)
def left_over(series: Series, half: int) -> mpz:
    """Return rest(h)/Γ(h), where h is `half`: it divides P1 and D2 when two groups are joined.

    P1 is P of the first group, D2 is D of the second, and each group has h boxes. h must be a power
    of two. For rest and Γ see "Common factor" in this module. The value is built by doubling h with
    binomials. One factorial would hold the interpreter lock for some 20 ms at ten million digits; a
    binomial takes less than a tenth of that.
    """
    if half <= THIN_FROM:
        return series.rest(fac(half))
    return left_over(series, half // 2) * series.rest(bincoef(half, half // 2))
