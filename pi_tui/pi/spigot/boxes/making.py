"""Make the blocks, which is the largest part of the work of a fresh run.

A million digits have about a million boxes. Three ideas turn them into blocks in half a second:

1. *A few boxes at a time, by Newton's formula.* A leaf is a group of b neighbouring boxes. Its
   three numbers N, P and D (blocks.py) are polynomials in its first box s, of degree b or 2b.
   Pack the values at s, s+b, s+2b … side by side into one long integer. Then f(s+bk) =
   Σ_i Δ^i f(s) · C(k,i) needs only a few products of a small number (a forward difference) with a
   packed row of binomials, for thousands of leaves at once. It replaces 98 % of the interpreter's
   work.
2. *Neighbours are joined level by level.* Whole lists are joined in one comprehension, up to 16,384
   boxes, which still fit the cache. Above that, halves are made one after the other.
3. *The common factor is divided out before it enters the products.* At each level only P of the
   left and D of the right half are divided (by `left_over`). They are short, and each product has
   one of them as a factor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from operator import mul
from typing import NamedTuple, TypeVar

from gmpy2 import get_context, mpz, pack, unpack

from pi_tui.machine import Poll, WrongState, unwatched
from pi_tui.pi.spigot.boxes.blocks import (
    THIN_FROM,
    Block,
    boxes_one_by_one,
    common_factor,
    left_over,
)
from pi_tui.pi.spigot.boxes.residue import PRIME
from pi_tui.pi.spigot.numerals import power_of_ten, unlocked
from pi_tui.pi.spigot.pool import Check, gather
from pi_tui.pi.spigot.series import Series
from pi_tui.pi.spigot.size import Chain

T = TypeVar("T")

STRETCH = 16_384
"""Boxes of a stretch, whose leaves are packed into one integer and joined as lists."""
_UNLOCK_FROM = 1_024
"""Joins of so many boxes release the interpreter lock; for shorter ones that costs more."""


class Parts(NamedTuple):
    """Lists of the numbers N, P and D (blocks.py) of groups of boxes, a place for each group.

    The groups are neighbours, and all have the same number of boxes.
    """

    numbers: list[mpz]
    """N before iteration 1; empty when only P and D are wanted."""
    factors: list[mpz]
    denominators: list[mpz]


class Made(NamedTuple):
    """The blocks of a batch (P and D), and the number N that each holds before iteration 1.

    The list of N is empty if only P and D were wanted.
    """

    blocks: list[Block]
    numbers: list[mpz]


def _is_regular(chain: Chain) -> bool:
    """Return True if the number of boxes in a block is a power of two.

    Groups joined in pairs then make exactly a block.
    """
    return chain.boxes_per_block.bit_count() == 1


def _leaf(chain: Chain) -> int:
    """Return how many boxes a leaf has: the smallest group of boxes, made by Newton's formula.

    Larger groups are made by joining leaves.
    """
    return min(chain.series.leaf, chain.boxes_per_block)


def parts_of_block(chain: Chain, threads: int) -> int:
    """Return the number of parts, a power of two, in which `threads` threads make one block."""
    longest = chain.boxes_per_block // STRETCH if _is_regular(chain) else 1
    return max(min(1 << (threads - 1).bit_length(), longest), 1) if threads else 1


def make_batches(
    chain: Chain,
    batches: Sequence[range],
    *,
    numbers: bool,
    threads: int = 0,
    poll: Poll = unwatched,
) -> list[Made]:
    """Make the blocks of each batch, a range of block numbers; make their N too if `numbers`.

    Each thread makes a batch at a time; with 0 threads, the calling thread makes all. If there is
    only one block to make, the threads make parts of it if it has 2 STRETCH boxes or more. Costs
    O(M(bits) log boxes); N takes about two thirds as long as P and D together. Every 20 ms or so,
    calls `poll` in the calling thread, with the number of jobs done so far and of all jobs. Raises
    WrongState if a product is wrong; only products that join groups of STRETCH boxes or more are
    checked.
    """
    if len(batches) == len(batches[0]) == 1 < parts_of_block(chain, threads):
        return [_make_together(chain, batches[0], numbers, threads, poll)]
    jobs = [partial(_make_batch, chain, batch, numbers) for batch in batches]
    return gather(jobs, threads, lambda done: poll(done, len(batches)))


def _make_batch(chain: Chain, batch: range, numbers: bool, check: Check) -> Made:
    """Make the blocks of a batch, some of them at a time.

    That is at most `STRETCH` boxes at a time, or one block if a block has more boxes.
    """
    b = chain.boxes_per_block
    boxes, step = range(batch.start * b, batch.stop * b), max(STRETCH // b, 1) * b
    with unlocked():  # short operations keep the lock, see `_join`
        each = [
            _stretch(first, min(step, boxes.stop - first), chain, numbers, check)
            for first in boxes[::step]
        ]
        return _blocks(chain, batch, _in_a_row(each))


def _make_together(chain: Chain, batch: range, numbers: bool, threads: int, poll: Poll) -> Made:
    """Make a batch of one block with several threads.

    First the threads make the parts of the block, `parts_of_block` of them. Then all threads
    multiply, to join the parts in pairs until there is one.
    """
    size, done = chain.boxes_per_block // parts_of_block(chain, threads), 0
    firsts = range(batch.start * chain.boxes_per_block, batch.stop * chain.boxes_per_block, size)
    todo = len(firsts) + 5 * (len(firsts).bit_length() - 1)

    def together(*jobs: Callable[[Check], T]) -> list[T]:
        nonlocal done
        results = gather(jobs, threads, lambda more: poll(done + more, todo))
        done += len(jobs)
        return results

    each = together(*(partial(_stretch, first, size, chain, numbers) for first in firsts))
    parts = _in_a_row(each)
    with unlocked():  # `_join` changes the context of this thread
        while size < chain.boxes_per_block:
            parts, size = _join(chain.series, parts, size, together), 2 * size
        return _blocks(chain, batch, parts)


def _in_a_row(each: Sequence[Parts]) -> Parts:
    """Concatenate lists of groups of boxes; the groups themselves are not joined."""
    return Parts(*([one for part in some for one in part] for some in zip(*each, strict=True)))


def _blocks(chain: Chain, wanted: range, parts: Parts) -> Made:
    """Build the blocks whose indices are `wanted` from `parts`, the N, P and D of each block.

    Replaces the D of block 0 in `parts`, because the q of box 0 is another.
    """
    if wanted.start == 0:
        parts.denominators[0] = parts.denominators[0] // chain.series.q(0) * chain.series.q_0
    found = parts.numbers or [mpz(0)] * len(wanted)
    blocks = [
        _block(n, p, d, power_of_ten(0 if number else chain.digits_per_step))
        for number, n, p, d in zip(wanted, found, parts.factors, parts.denominators, strict=True)
    ]
    return Made(blocks, parts.numbers)


def _block(number: mpz, factor: mpz, denominator: mpz, radix: mpz) -> Block:
    shift = factor.bit_scan1(0)
    residues = (int(part % PRIME) for part in (number, factor, denominator))
    return Block(factor >> shift, shift, denominator * radix, *residues)


def _box_by_box(boxes: range, chain: Chain, numbers: bool) -> Parts:
    """Make blocks of any number of boxes, slowly: for sizes that `plan` never chooses."""
    series, b = chain.series, chain.boxes_per_block
    common = common_factor(series, b)
    made = zip(*(boxes_one_by_one(series, first, b) for first in boxes[::b]), strict=True)
    n, p, d = ([mpz(part) // common for part in parts] for parts in made)
    return Parts(n if numbers else [], p, d)


def _stretch(first: int, size: int, chain: Chain, numbers: bool, check: Check) -> Parts:
    """Return P and D of each block in the `size` boxes from box `first` on; N too if `numbers`.

    If `size` is less than a block, return those of this part of a block. Calls `check`, which
    raises if the work should be abandoned.
    """
    check()
    if not _is_regular(chain):
        return _box_by_box(range(first, first + size), chain, numbers)
    if size <= STRETCH:
        parts, level = _leaves(first, size // _leaf(chain), chain, numbers), _leaf(chain)
    else:
        level = size // 2
        left = _stretch(first, level, chain, numbers, check)
        right = _stretch(first + level, level, chain, numbers, check)
        parts = _in_a_row([left, right])
    while level < min(size, chain.boxes_per_block):
        parts, level = _join(chain.series, parts, level), 2 * level
    return parts


@lru_cache(maxsize=4)
def _binomials(degree: int, count: int, bits: int) -> list[mpz]:
    """Return, for each i from 0 to `degree`, a long integer that holds C(k,i) for all k < `count`.

    In it each C(k,i) has a field of `bits` bits; that of k = 0 is the lowest.
    """
    rows, row = [], [mpz(1)] * count
    for i in range(degree + 1):
        rows.append(pack(row, bits))
        row = [c * (k - i) // (i + 1) if k > i else mpz(0) for k, c in enumerate(row)]
    return rows


def _leaves(first: int, count: int, chain: Chain, numbers: bool) -> Parts:
    """Make `count` leaves from box `first` on, by Newton's forward differences.

    A leaf is a group of `_leaf(chain)` boxes. N is made only if `numbers` is true. Lets gmpy2
    release the interpreter lock in this thread, until `_join` decides about it anew.
    """
    get_context().allow_release_gil = True  # until the first join
    series, leaf, boxes = chain.series, _leaf(chain), chain.blocks_needed(0) * chain.boxes_per_block
    # Bits that hold any N, P or D of a leaf, a whole number of machine words. N is less than 4 D in
    # the first leaf, where the boxes are worth pi, and less than D elsewhere.
    bits = -(-(leaf * series.q(boxes + STRETCH).bit_length() + 2) // 64) * 64
    degree, leaves = leaf * series.degree, min(STRETCH, boxes) // leaf
    samples = [boxes_one_by_one(series, first + k * leaf, leaf) for k in range(degree + 1)]
    wanted = list(zip(*samples, strict=True))[0 if numbers else 1 :]
    lists: list[list[mpz]] = [] if numbers else [[]]
    for sample in wanted:
        differences, packed = list(sample), mpz(0)
        for row in _binomials(degree, leaves, bits):
            packed += differences[0] * row
            differences = [b - a for a, b in pairwise(differences)]
        lists.append(unpack(packed, bits)[:count])
    return Parts(*lists)


def _in_turn(*jobs: Callable[[Check], T]) -> list[T]:
    return [job(lambda: None) for job in jobs]


def _join(
    series: Series,
    parts: Parts,
    half: int,
    together: Callable[..., list[list[mpz]]] = _in_turn,
) -> Parts:
    """Join every two neighbouring groups of `half` boxes; return lists of half the length.

    `together` is a function that takes jobs, runs them one after the other or in parallel, and
    returns their results. The jobs divide by the common factor, and compute N, P and D. N costs
    about two thirds as much as P and D together. Lets gmpy2 release the interpreter lock in this
    thread only if the joined groups are large. Raises WrongState if a product is wrong; only those
    of groups of STRETCH boxes or more are checked.
    """
    get_context().allow_release_gil = 2 * half >= _UNLOCK_FROM
    n1, p1, d1 = (part[::2] for part in parts)
    n2, p2, d2 = (part[1::2] for part in parts)
    if half >= THIN_FROM:
        rest = left_over(series, half)
        p1, d2 = together(lambda _: [p // rest for p in p1], lambda _: [d // rest for d in d2])
    joined = Parts(
        *together(
            # Not strict: without numbers, n1 and n2 are empty.
            lambda _: [a * d + p * b for a, b, p, d in zip(n1, n2, p1, d2, strict=False)],
            lambda _: list(map(mul, p1, p2)),
            lambda _: list(map(mul, d1, d2)),
        )
    )
    if half >= STRETCH:
        _prove(Parts(n1, p1, d1), Parts(n2, p2, d2), joined)
    return joined


def _prove(left: Parts, right: Parts, joined: Parts) -> None:
    """Check the products of `_join` modulo 2^61-1. Raises WrongState if one of them is wrong.

    The check takes 5 to 8 % of the time that the products take, less in very large blocks.
    """
    (n1, p1, d1), (n2, p2, d2), (n, p, d) = (
        [[number % PRIME for number in part] for part in parts] for parts in (left, right, joined)
    )
    products = zip(p1 + d1, p2 + d2, p + d, strict=True)
    sums = zip(n1, n2, n, p1, d2, strict=False)  # none without numbers
    wrong = [(a * b - c) % PRIME for a, b, c in products]
    wrong += [(a * f + e * b - c) % PRIME for a, b, c, e, f in sums]
    if any(wrong):
        raise WrongState("a product is wrong while blocks are made: this computer miscalculates")
