"""The size of a task: how many boxes, in which blocks. Needs no big integers, so no gmpy2."""

from __future__ import annotations

from typing import NamedTuple

from pi_tui.machine import Work
from pi_tui.pi.spigot import plan
from pi_tui.pi.spigot.series import Series

BATCH = 65_536
"""Boxes of a batch: one job makes it, one piece of a state holds it. Or it is one larger block."""


class Size(NamedTuple):
    """The numbers of a task; they are fixed when it begins."""

    series: Series
    """The series that the boxes stand for."""
    digits: int
    """Decimals asked for."""
    digits_per_step: int
    """K: digits that each iteration makes; R is 10^K."""
    boxes_per_block: int
    """B: boxes of a block."""

    def blocks_needed(self, done: int) -> int:
        """Return the blocks that still influence the digits to come after `done` iterations."""
        return plan.blocks_needed(
            self.series, self.digits, self.digits_per_step, self.boxes_per_block, done
        )

    def work(self, made: int, missing: int, done: int | None, compared: float = 0.0) -> Work:
        """Return the work done and in total, for blocks made and missing, and iterations done.

        If `done` is None, all iterations are done. `compared` is the share of the comparison done.
        Blocks that were lost and made again count again.
        """
        making = plan.work_of_block(self.series, self.boxes_per_block)
        steps = plan.work_of_steps(*self)
        swept = steps[-1 if done is None else min(done, len(steps) - 1)]
        total = (made + missing) * making + steps[-1] + self.verifying_work
        return Work(made * making + swept + compared * self.verifying_work, total)

    @property
    def verifying_work(self) -> float:
        """Return the work of the comparison at the end."""
        return plan.work_of_comparison(self.digits)

    @property
    def blocks_per_batch(self) -> int:
        """Return the number of blocks of a batch."""
        return max(BATCH // self.boxes_per_block, 1)
