"""Blocks: B boxes as one number over one denominator.

For the boxes s … e-1 of a block (e = s+B)

    D = Π_{m=s}^{e-1} (2m+1)        P = Π_{m=s+1}^{e} m
    N = Σ_{j=s}^{e-1} b_j · Π_{m=s+1}^{j} m · Π_{m=j+1}^{e-1} (2m+1)

and one block-step does the work of B box-steps:

    x = N·R + c·P        c: the quotient of the block after it
    c', N' = divmod(x, D)

P runs one factor further than the carry of the last box needs, because the textbook hands
``(x div (2e+1))·e`` to box e-1: that e sits in P, and the carry between blocks is the bare
quotient. N, P and D of two neighbours join to those of both:

    N = N1·D2 + P1·N2        P = P1·P2        D = D1·D2

**Common factor.** P is a product of B numbers in a row and D one of B odd numbers in a row, so for
every odd prime power q each holds at least floor(B/q) multiples of q: both are divisible by the
odd part of B!. Take halves of h = B/2 boxes that are divided by Γ(h) already. D2 and P1 still hold
the rest of h!, and one of them is in every product above, so N, P and D can all be divided by

    Γ(B) = Γ(h) · odd part of h!  =  Π odd part of h!, over h = B/2, B/4, B/8 … 64
    log2 Γ(B) ≈ B (log2 B - 4.44)

whatever s is. Quotients and carries stay as they are, and for B in the tens of thousands the
numbers are less than half as long. It is nearly all there is: G(B) = odd part of (B-1)!/lcm(1…B-1)
always divides them too and takes 0.56 bits more per box, but Γ comes off the short factors D2 and
P1 before they are multiplied (making.py), where G must be divided out of the long products.
Γ is part of the format of a state: with another one the numbers are others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from gmpy2 import fac, mpz

Poll = Callable[[int, int], None]
"""Called between blocks with (blocks done, blocks in all); may raise to abandon the work."""


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

    def step(self, number: mpz, radix: mpz, carry: mpz) -> tuple[mpz, mpz]:
        """The carry to the block before it, and the block's new number.

        `radix` is R, or a power of it for as many iterations at once (sweep.py).
        """
        return divmod(number * radix + (carry * self.factor << self.shift), self.divisor)


def odd_part(number: mpz) -> mpz:
    """The number without its powers of two.

    >>> odd_part(mpz(40))
    mpz(5)
    """
    return number >> number.bit_scan1(0)


@lru_cache(maxsize=32)
def common_factor(boxes: int) -> mpz:
    """Γ(B), which divides N, P and D of every block of B boxes.

    >>> common_factor(256) == odd_part(fac(128)) * odd_part(fac(64))
    True
    """
    half = boxes // 2
    return common_factor(half) * odd_part(fac(half)) if half >= THIN_FROM else mpz(1)
