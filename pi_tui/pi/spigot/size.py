"""The size of a task: how many boxes, in which blocks, and how much work they are.

Needs no big integers, so no gmpy2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import log2, pow
from typing import NamedTuple, TypeVar

from pi_tui.machine import Work
from pi_tui.pi.spigot.series import Series

T = TypeVar("T")

BATCH = 65_536
"""Boxes of a batch: one job makes it, one piece of a state holds it. A larger block is a batch."""
WORK_POINTS = 4_096
"""Maximum iterations whose work is added up one by one; with more, the work is interpolated."""
READ_BACK_FROM = 2**18
"""B from which saved blocks are read back; runs with smaller ones take less than 100 MB anyway."""


class Chain(NamedTuple):
    """The size of one chain (a row of boxes that stands for one series) in a task."""

    series: Series
    """The series that the boxes stand for."""
    digits: int
    """Decimals asked for."""
    digits_per_step: int
    """K: digits that each iteration makes; R is 10^K."""
    boxes_per_block: int
    """B: boxes of a block, the same in every chain.

    Smaller blocks in the second chain were tried: half of B is 2 % faster at 1 million digits, and
    2 % slower at 10 million.
    """

    @property
    def iterations(self) -> int:
        """Return how many iterations settle all digits, if these do not end in nines.

        Iteration 1 makes the 3, and iteration t the decimals up to number (t-1)·K. Every decimal is
        settled one iteration after it was made. Nines at the end may need more iterations.
        """
        return -(-self.digits // self.digits_per_step) + 2

    def boxes_needed(self, done: int) -> int:
        """Return how many boxes of this chain can still change a digit after `done` iterations.

        These are the first (n - tK)·log_w(10) + guard boxes, where decimal n is the last one asked
        for and t is `done`. The reason: after t iterations the boxes hold a number whose last digit
        before the point is decimal tK of pi. Let each box be worth at most 1/w of the one before.
        Then box j and all boxes after it are worth less than c·√j·w^-j, with c = 4 and w = 2 in
        Euler's series, 14 and 13.5 in Gosper's, 5 and 50 or 2 and 694 in the two arctangents. As
        w^guard is 2^128 or more, the other boxes cannot change decimal n, unless 24 nines or zeros
        follow it.
        """
        decimals = max(self.digits - done * self.digits_per_step, 0)
        boxes = -(-decimals * self.series.boxes_per_billion // 1_000_000_000)
        return boxes + self.series.guard_boxes

    def blocks_needed(self, done: int) -> int:
        """Return how many blocks of this chain can still change a digit after `done` iterations.

        >>> from pi_tui.pi.spigot.series import ARCTAN
        >>> Chain(ARCTAN, 100, 10, 64).blocks_needed(0)
        2
        """
        return -(-self.boxes_needed(done) // self.boxes_per_block)

    @property
    def blocks_per_batch(self) -> int:
        """Return how many blocks make a batch: as many as have BATCH boxes together, or one."""
        return max(BATCH // self.boxes_per_block, 1)

    # Work is measured in nanoseconds on one quiet core of the machine of the table in plan.py. Only
    # the ratios matter: work done to work left, and making blocks to stepping.

    @property
    def work_of_block(self) -> float:
        """Return the work of making one block with its number N, in ns.

        A block made again without N takes about three fifths of that, but counts in full.
        """
        return self.series.box_cost * pow(self.boxes_per_block, 1.277)

    def work_of_steps(self, done: int) -> float:
        """Return the work, in ns, of the first `done` iterations together.

        Iterations beyond the last take none. No iteration takes more work than the one before it.
        """
        stride, work = self._work_table()
        index, rest = divmod(min(done, self.iterations), stride)
        return work[index] + ((work[index + 1] - work[index]) * rest / stride if rest else 0.0)

    @lru_cache(maxsize=8)  # noqa: B019 - a chain is four numbers
    def _work_table(self) -> tuple[int, list[float]]:
        """Return a stride, and a list whose item t is the work of the first t · stride iterations.

        The stride is 1 for up to `WORK_POINTS` iterations. A run of many small steps has a larger
        one, because a list of a hundred million numbers would take gigabytes.

        x and y are `series.box_bits`, B the boxes of a block, K the digits of an iteration, m the
        boxes that it still needs, and B/2 more, as blocks are whole. A box takes x·log2(s/B) + y
        bits, where s is the first box of its block. Summed over all boxes up to m that is about
        m·(x·log2(m/B) + y - 1.44 x). Each bit costs the smaller of 0.031 K^0.47 ns, as several
        iterations are done at once (sweep.py), and 2.0 K^0.08 ns, where products are so long that
        they are done by transforms.

        The first call for a run takes a few ms at most, later calls nothing.
        """
        k, (x, y) = self.digits_per_step, self.series.box_bits
        work, per_bit = [0.0], min(0.031 * pow(k, 0.47), 2.0 * pow(k, 0.08))
        stride = -(-self.iterations // WORK_POINTS)
        for done in range(0, self.iterations, stride):
            boxes = self.boxes_needed(done) + self.boxes_per_block / 2
            bits = max(x * log2(boxes / self.boxes_per_block) + y - 1.44 * x, 1.0)
            work.append(work[-1] + stride * per_bit * boxes * bits)
        return stride, work


class Batch(NamedTuple):
    """Blocks of one chain that one job makes and one piece of a state holds."""

    name: int
    """The batch's number among all of the run, which names its pieces."""
    chain: int
    numbers: range
    """The blocks' numbers in their chain."""
    places: range
    """The blocks' places among those of all chains that are left."""


class Size(Chain):
    """The size of a whole task, with all its chains, fixed when the task begins.

    A Size is itself a Chain: its fields are those of the first chain, number 0.
    """

    __slots__ = ()

    @property
    def chains(self) -> list[Chain]:
        """Return the size of each chain: one row of boxes for each series that is added up."""
        return [Chain(series, *self[1:]) for series in self.series.chains]

    def counts(self, done: int) -> list[int]:
        """Return for each chain how many blocks are still needed after `done` iterations."""
        return [chain.blocks_needed(done) for chain in self.chains]

    def blocks_needed(self, done: int) -> int:
        """Return how many blocks, of all chains, are still needed after `done` iterations."""
        return sum(self.counts(done))

    def batches(self, counts: Sequence[int]) -> list[Batch]:
        """Divide the first `counts[i]` blocks of each chain `i` into batches; return them all."""
        batches, name, place = list[Batch](), 0, 0
        for index, (chain, count) in enumerate(zip(self.chains, counts, strict=True)):
            step = chain.blocks_per_batch
            for number, first in enumerate(range(0, count, step)):
                numbers = range(first, min(first + step, count))
                places = range(place + numbers.start, place + numbers.stop)
                batches.append(Batch(name + number, index, numbers, places))
            name += -(-chain.blocks_needed(0) // step)
            place += count
        return batches

    def work(self, made: int, missing: int, done: int | None, compared: float = 0.0) -> Work:
        """Return the work done so far, and the work in total, in ns.

        `made` is how many blocks were made; a block that was lost and made again counts twice.
        `missing` is how many are still to be made. `done` is the number of iterations done; None
        means all. `compared` is the share of the verification that is done, 0 to 1.
        """
        making = self._work_of_block()
        done = self.iterations if done is None else done
        swept = sum(chain.work_of_steps(done) for chain in self.chains)
        swept_in_all = sum(chain.work_of_steps(self.iterations) for chain in self.chains)
        total = (made + missing) * making + swept_in_all + self.verifying_work
        return Work(made * making + swept + compared * self.verifying_work, total)

    def _work_of_block(self) -> float:
        """Return the work of making one block, in ns: the average over the blocks of all chains."""
        pairs = list(zip(self.chains, self.counts(0), strict=True))
        each = (count * chain.work_of_block for chain, count in pairs)
        return sum(each) / sum(count for _, count in pairs)

    @property
    def reads_back(self) -> bool:
        """Return True if saved blocks are removed from memory.

        Sweeps then read them back from the database (shelf.py).
        """
        return self.boxes_per_block >= max(READ_BACK_FROM, BATCH)  # each is a batch of its own

    @property
    def verifying_work(self) -> float:
        """Return the work of the verification, in ns; it depends on the number of digits only.

        The verification computes pi by another formula at the end and compares the digits. It was
        measured 2026-11-30, in CPU time: 0.14 of what blocks and iterations take at 20,000 digits,
        0.36 at 1 million.
        """
        return 20 * pow(self.digits, 1.2)


def by_chain(every: Sequence[T], counts: Sequence[int]) -> list[list[T]]:
    """Split a list with an entry for every block into lists, one for each chain.

    >>> by_chain("abcde", [3, 2])
    [['a', 'b', 'c'], ['d', 'e']]
    """
    ends = list(accumulate(counts))
    return [list(every[end - count : end]) for count, end in zip(counts, ends, strict=True)]
