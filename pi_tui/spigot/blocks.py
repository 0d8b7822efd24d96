"""Blocks: B boxes as one number over one denominator, and how they are made.

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

All three are divisible by G(B) whatever s is (`common_factor`); it is divided out when a block is
made, which leaves quotients and carries as they are and the numbers less than half as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import factorial, lcm

from gmpy2 import mpz

from pi_tui.spigot.residue import PRIME

Poll = Callable[[int, int], None]
"""Called between blocks with (blocks done, blocks in all); may raise to abandon the work."""


@dataclass(frozen=True, slots=True)
class Block:
    """What a block keeps for all its steps; it depends on its first box and on B alone."""

    factor: mpz
    """P without its powers of two, divided by G(B)."""
    shift: int
    """The power of two taken out of P."""
    divisor: mpz
    """D divided by G(B); for the first block times R, because box 0 keeps x mod R."""
    factor_residue: int
    """P/G(B) modulo 2^61-1."""
    denominator_residue: int
    """D/G(B) modulo 2^61-1, never times R."""

    def step(self, number: mpz, radix: mpz, carry: mpz) -> tuple[mpz, mpz]:
        """The carry to the block before it, and the block's new number."""
        return divmod(number * radix + (carry * self.factor << self.shift), self.divisor)


@lru_cache(maxsize=8)
def common_factor(boxes: int) -> mpz:
    """G(B), which divides N, P and D of every block of B boxes: odd part of (B-1)!/lcm(1…B-1).

    B-1 numbers in a row hold at least floor((B-1)/q) multiples of a prime power q, and in a mixed
    product Π m · Π (2m+1) at most one of them is lost at the seam.

    >>> common_factor(16)
    mpz(14175)
    """
    product = mpz(factorial(boxes - 1)) // lcm(*range(1, boxes))
    return product >> product.bit_scan1(0)


def _split(first: int, boxes: int) -> tuple[mpz, mpz, mpz]:
    """N (with every box 2), P and D of a stretch of boxes, nothing divided out."""
    if boxes == 1:
        return mpz(2), mpz(first + 1), mpz(2 * first + 1)
    half = boxes // 2
    n1, p1, d1 = _split(first, half)
    n2, p2, d2 = _split(first + half, boxes - half)
    return n1 * d2 + p1 * n2, p1 * p2, d1 * d2


def make_block(first: int, boxes: int, radix: mpz) -> tuple[Block, mpz]:
    """The block that starts at box `first`, and its number at the start, when every box is 2."""
    common = common_factor(boxes)
    number, factor, denominator = (part // common for part in _split(first, boxes))
    shift = factor.bit_scan1(0)
    block = Block(
        factor >> shift,
        shift,
        denominator if first else denominator * radix,
        int(factor % PRIME),
        int(denominator % PRIME),
    )
    return block, number


def make_blocks(
    count: int, boxes: int, radix: mpz, poll: Poll | None = None
) -> Iterator[tuple[Block, mpz]]:
    """The first `count` blocks and their numbers at the start, in order."""
    for done in range(count):
        if poll:
            poll(done, count)
        yield make_block(done * boxes, boxes, radix)
