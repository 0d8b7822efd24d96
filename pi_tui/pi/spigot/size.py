"""The size of a task: how many boxes, in which blocks. Needs no big integers, so no gmpy2."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from pi_tui.machine import Work
from pi_tui.pi.spigot import plan
from pi_tui.pi.spigot.series import Series

T = TypeVar("T")

BATCH = 65_536
"""Boxes of a batch: one job makes it, one piece of a state holds it. Or it is one larger block."""
READ_BACK_FROM = 2**18
"""B from which saved blocks are read back; runs with smaller ones take less than 100 MB anyway."""


class Chain(NamedTuple):
    """The numbers of one chain of boxes of a task."""

    series: Series
    digits: int
    digits_per_step: int
    boxes_per_block: int

    def blocks_needed(self, done: int) -> int:
        """Return the blocks that still influence the digits to come after `done` iterations."""
        return plan.blocks_needed(*self, done)

    @property
    def blocks_per_batch(self) -> int:
        """Return the number of blocks of a batch."""
        return max(BATCH // self.boxes_per_block, 1)


class Batch(NamedTuple):
    """Blocks of one chain that one job makes and one piece of a state holds."""

    name: int
    """The batch's number among all of the run, which names its pieces."""
    chain: int
    numbers: range
    """The blocks' numbers in their chain."""
    places: range
    """The blocks' places among those of all chains that are left."""


class Size(NamedTuple):
    """The numbers of a task; they are fixed when it begins."""

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
    def chains(self) -> list[Chain]:
        """Return the sizes of all chains."""
        return [
            Chain(series, self.digits, self.digits_per_step, self.boxes_per_block)
            for series in self.series.chains
        ]

    def counts(self, done: int) -> list[int]:
        """Return the blocks of each chain that are still needed after `done` iterations."""
        return [chain.blocks_needed(done) for chain in self.chains]

    def blocks_needed(self, done: int) -> int:
        """Return the blocks of all chains that are still needed after `done` iterations."""
        return sum(self.counts(done))

    def batches(self, counts: Sequence[int]) -> list[Batch]:
        """Return the batches of so many blocks of each chain."""
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
        """Return the work done and in total, for blocks made and missing, and iterations done.

        If `done` is None, all iterations are done. `compared` is the share of the comparison done.
        Blocks that were lost and made again count again.
        """
        making = self._work_of_block()
        every = [plan.work_of_steps(*chain) for chain in self.chains]
        swept = sum(steps[-1 if done is None else min(done, len(steps) - 1)] for steps in every)
        swept_in_all = sum(steps[-1] for steps in every)
        total = (made + missing) * making + swept_in_all + self.verifying_work
        return Work(made * making + swept + compared * self.verifying_work, total)

    def _work_of_block(self) -> float:
        """Return the work of making a block, on average over the chains."""
        pairs = list(zip(self.chains, self.counts(0), strict=True))
        each = (count * plan.work_of_block(c.series, c.boxes_per_block) for c, count in pairs)
        return sum(each) / sum(count for _, count in pairs)

    @property
    def reads_back(self) -> bool:
        """Return True if saved blocks are not kept in memory, but read back (shelf.py)."""
        return self.boxes_per_block >= max(READ_BACK_FROM, BATCH)  # each is a batch of its own

    @property
    def verifying_work(self) -> float:
        """Return the work of the comparison at the end."""
        return plan.work_of_comparison(self.digits)


def by_chain(every: Sequence[T], counts: Sequence[int]) -> list[list[T]]:
    """Split what there is of all blocks into lists, one for each chain.

    >>> by_chain("abcde", [3, 2])
    [['a', 'b', 'c'], ['d', 'e']]
    """
    ends = list(accumulate(counts))
    return [list(every[end - count : end]) for count, end in zip(counts, ends, strict=True)]
