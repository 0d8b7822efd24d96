"""Blocks: B boxes as one number over one denominator.

For the boxes s … e-1 of a block (e = s+B), with b_j, p_j and q_j of the series

    D = Π_{m=s}^{e-1} q_m        P = Π_{m=s+1}^{e} p_m
    N = Σ_{j=s}^{e-1} b_j · Π_{m=s+1}^{j} p_m · Π_{m=j+1}^{e-1} q_m

and one block-step does the work of B box-steps:

    x = N·R + c·P        c: the quotient of the block after it
    c', N' = divmod(x, D)

P runs one factor further than the carry of the last box needs, because the textbook hands
``(x div q_e)·p_e`` to box e-1: that p_e sits in P, and the carry between blocks is the bare
quotient. N, P and D of two neighbours join to those of both:

    N = N1·D2 + P1·N2        P = P1·P2        D = D1·D2

**Common factor.** Of h numbers in a row at least floor(h/r) are multiples of r. So all h p's in a
row, multiplied, are divisible by rest(h), and all h q's too:

    Euler's:  p = j, q = 2j+1. Every odd prime power r divides floor(h/r) of the one and of the
              other: rest(h) is the odd part of h!.
    Gosper's: p = j(2j-1), q = 3(3j+1)(3j+2). For prime powers of r ≥ 5 that counts for all four
              brackets: the square of h!'s part. r = 3: the two brackets of p, and in q the h
              leading threes, never fewer than twice those of h!. r = 2: once those of h!, from j
              alone, where q has twice as many. So rest(h) is h! times its odd part.

Take halves of h = B/2 boxes that are divided by Γ(h) already. D2 and P1 still hold what is left of
rest(h), and one of them is in every product above, so N, P and D can all be divided by

    Γ(B) = Γ(h)·rest(h)  =  Π rest(h) over h = B/2, B/4, B/8 … 64

whatever s is. Quotients and carries stay as they are, and for B in the tens of thousands the
numbers are less than half as long. It is nearly all there is: in Euler's, the odd part of
(B-1)!/lcm(1…B-1) always divides them too and takes 0.56 bits more per box, but Γ comes off the
short factors D2 and P1 before they are multiplied (making.py), where the other must be divided out
of the long products. Γ is part of the format of a state: with another one the numbers are others.
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
    """What a block keeps for all its steps; it depends on its first box and on B alone."""

    factor: mpz
    """P/Γ(B) without its powers of two."""
    shift: int
    """The power of two taken out of P."""
    divisor: mpz
    """D/Γ(B); for the first block times R, because box 0 keeps x mod R."""
    factor_residue: int
    """P/Γ(B) modulo 2^61-1."""
    denominator_residue: int
    """D/Γ(B) modulo 2^61-1, never times R."""
    start_residue: int = field(default=0, compare=False)
    """N/Γ(B) at the start, modulo 2^61-1, if it was made with its number."""

    def step(self, number: mpz, radix: mpz, carry: mpz) -> tuple[mpz, mpz]:
        """The carry to the block before it, and the block's new number.

        `radix` is R, or a power of it for as many iterations at once (sweep.py).
        """
        return divmod(number * radix + (carry * self.factor << self.shift), self.divisor)


def boxes_one_by_one(series: Series, first: int, boxes: int) -> tuple[int, int, int]:
    """N, P and D of a few boxes by their definition, nothing divided out, and no `q_0`.

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
    """Γ(B), which divides N, P and D of every block of B boxes.

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
    """What of rest(h) is left in P1 and D2 of halves of h boxes: rest(h) over Γ(h).

    h is a power of two. Doubled step by step, because a factorial would hold the interpreter lock
    for 35 ms at ten million digits, and a binomial takes a tenth of that.
    """
    if half <= THIN_FROM:
        return series.rest(fac(half))
    return left_over(series, half // 2) * series.rest(bincoef(half, half // 2))
