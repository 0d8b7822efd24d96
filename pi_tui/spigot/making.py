"""How blocks are made: the largest part of a fresh run, so it is done with care.

A million digits have 3.3 million boxes. Three ideas make them blocks in about a second:

1. *Sixteen boxes at a time by Newton's formula.* N, P and D of a leaf of 16 boxes are polynomials
   of degree 16 in its first box s. With the values at s, s+16, s+32 … packed
   side by side into one long integer, f(s+16k) = Σ_i Δ^i f(s) · C(k,i) is 17 products of a small
   number (a forward difference) with a packed row of binomials, for 1,024 leaves at once. It
   replaces 98 % of the interpreter's work.
2. *Neighbours are joined level by level*, whole lists in one comprehension, up to 16,384 boxes,
   which still fit the cache; from there on by halves.
3. *The common factor is taken out before it gets in.* At each level only P of the left and D of the
   right half are divided (by `left_over`): the two short factors of which one is in every product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from gmpy2 import bincoef, fac, get_context, mpz, pack, unpack

from pi_tui.spigot.blocks import THIN_FROM, Block, Poll, common_factor, odd_part
from pi_tui.spigot.crew import Check, gather
from pi_tui.spigot.numerals import unlocked
from pi_tui.spigot.residue import PRIME

LEAF = 16
"""Boxes of a leaf: 8 leaves more to the lists, 32 doubles the cost of the packed products."""
STRETCH = 16_384
"""Boxes whose leaves are packed into one integer, and joined as lists."""
ALONE = 8 * STRETCH
"""Up to so many boxes in all, threads cost more than they bring."""
_UNLOCK_FROM = 1_024
"""Joins of this many boxes and more release the interpreter lock; shorter ones would only fight."""


class Parts(NamedTuple):
    """N, P and D of neighbours of equal size, first one first."""

    numbers: list[mpz]
    """With every box 2, as at the start; empty when only P and D are wanted."""
    factors: list[mpz]
    denominators: list[mpz]


class Made(NamedTuple):
    """Blocks, and their numbers at the start if those were wanted."""

    blocks: list[Block]
    numbers: list[mpz]


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be made."""

    count: int
    boxes: int
    radix: mpz
    numbers: bool

    @property
    def blocks_per_job(self) -> int:
        return max(STRETCH // self.boxes, 1) if self.regular else 1

    @property
    def regular(self) -> bool:
        """True if leaves of 16 boxes, doubled again and again, make a block."""
        return self.boxes >= LEAF and self.boxes.bit_count() == 1

    @property
    def leaves(self) -> int:
        """Leaves to a stretch."""
        return min(STRETCH, self.count * self.boxes) // LEAF

    @property
    def bits(self) -> int:
        """Bits that hold any N, P or D of a leaf, a whole number of machine words."""
        last = self.count * self.boxes + STRETCH
        return -(-LEAF * (2 * last).bit_length() // 64) * 64


def make_blocks(
    count: int,
    boxes: int,
    radix: mpz,
    *,
    numbers: bool,
    threads: int = 1,
    poll: Poll | None = None,
) -> Made:
    """The first `count` blocks are made; with their numbers at the start if `numbers`.

    Costs O(M(bits) log boxes); N takes about as long as P and D together. Calls `poll` with the
    blocks made so far, every 20 ms or so, always in the calling thread.
    """
    order = _Order(count, boxes, radix, numbers)
    jobs = [partial(_make_job, job, order) for job in range(0, count, order.blocks_per_job)]

    def watch(done: int) -> None:
        if poll:
            poll(min(done * order.blocks_per_job, count), count)

    made = gather(jobs, 0 if count * boxes <= ALONE else threads, watch)
    blocks = [block for some in made for block in some.blocks]
    return Made(blocks, [number for some in made for number in some.numbers])


def _make_job(job: int, order: _Order, check: Check) -> Made:
    """The blocks from number `job` on that one job makes."""
    first, count = job * order.boxes, min(order.blocks_per_job, order.count - job)
    with unlocked():  # and locked again for short operations, see `_join`
        if order.regular:
            parts = _stretch(first, count * order.boxes, order, check)
        else:
            check()
            parts = _box_by_box(first, order)
        blocks = [
            _block(p, d, order.radix if job + index == 0 else mpz(1))
            for index, (p, d) in enumerate(zip(parts.factors, parts.denominators, strict=True))
        ]
    return Made(blocks, parts.numbers)


def _block(factor: mpz, denominator: mpz, radix: mpz) -> Block:
    shift = factor.bit_scan1(0)
    return Block(
        factor >> shift,
        shift,
        denominator * radix,
        int(factor % PRIME),
        int(denominator % PRIME),
    )


def boxes_one_by_one(first: int, boxes: int) -> tuple[int, int, int]:
    """N, P and D of a few boxes by their definition, nothing divided out.

    >>> boxes_one_by_one(1, 2)
    (14, 6, 15)
    """
    number, factor, denominator = 0, 1, 1
    for box in range(first, first + boxes):
        number = number * (2 * box + 1) + 2 * factor
        factor, denominator = factor * (box + 1), denominator * (2 * box + 1)
    return number, factor, denominator


def _box_by_box(first: int, order: _Order) -> Parts:
    """A block of any number of boxes, the slow way: for numbers that `plan` never chooses."""
    common = common_factor(order.boxes)
    n, p, d = ([mpz(part) // common] for part in boxes_one_by_one(first, order.boxes))
    return Parts(n if order.numbers else [], p, d)


def _stretch(first: int, size: int, order: _Order, check: Check) -> Parts:
    """The blocks, or the part of one block, that fill the `size` boxes from `first` on."""
    check()
    if size <= STRETCH:
        parts, level = _leaves(first, size // LEAF, order), LEAF
    else:
        level = size // 2
        left = _stretch(first, level, order, check)
        right = _stretch(first + level, level, order, check)
        parts = Parts(*(a + b for a, b in zip(left, right, strict=True)))
    while level < min(size, order.boxes):
        parts, level = _join(parts, level), 2 * level
    return parts


@lru_cache(maxsize=4)
def _binomials(count: int, bits: int) -> list[mpz]:
    """For i = 0 … LEAF: C(k,i) for k = 0 … count-1, packed into fields of `bits` bits."""
    rows, row = [], [mpz(1)] * count
    for i in range(LEAF + 1):
        rows.append(pack(row, bits))
        row = [c * (k - i) // (i + 1) if k > i else mpz(0) for k, c in enumerate(row)]
    return rows


def _leaves(first: int, count: int, order: _Order) -> Parts:
    """The next `count` leaves, by Newton's forward differences."""
    get_context().allow_release_gil = True  # until the first join
    samples = [boxes_one_by_one(first + k * LEAF, LEAF) for k in range(LEAF + 1)]
    wanted = list(zip(*samples, strict=True))[0 if order.numbers else 1 :]
    lists: list[list[mpz]] = [] if order.numbers else [[]]
    for sample in wanted:
        differences, packed = list(sample), mpz(0)
        for row in _binomials(order.leaves, order.bits):
            packed += differences[0] * row
            differences = [b - a for a, b in pairwise(differences)]
        lists.append(unpack(packed, order.bits)[:count])
    return Parts(*lists)


@lru_cache(maxsize=32)
def left_over(half: int) -> mpz:
    """What of h! is left in P1 and D2 of halves of h boxes: the odd part of h!, over Γ(h).

    h is a power of two. About 2h bits; doubled step by step, because a factorial would hold the
    interpreter lock for 35 ms at ten million digits, and a binomial takes a tenth of that.
    """
    if half <= THIN_FROM:
        return odd_part(fac(half))
    return left_over(half // 2) * odd_part(bincoef(half, half // 2))


def _join(parts: Parts, half: int) -> Parts:
    """Every two neighbours of `half` boxes are one."""
    get_context().allow_release_gil = 2 * half >= _UNLOCK_FROM
    n1, p1, d1 = (part[::2] for part in parts)
    n2, p2, d2 = (part[1::2] for part in parts)
    if half >= THIN_FROM:
        rest = left_over(half)
        p1, d2 = [p // rest for p in p1], [d // rest for d in d2]
    # Not strict: without numbers, n1 and n2 are empty.
    n = [a * d + p * b for a, b, p, d in zip(n1, n2, p1, d2, strict=False)]
    return Parts(n, list(map(mul, p1, p2)), list(map(mul, d1, d2)))
