"""The size of a task: how many boxes, in which blocks. Needs no big integers, so no gmpy2."""

from __future__ import annotations

from typing import NamedTuple

from pi_tui.pi.spigot import plan
from pi_tui.pi.spigot.series import Series

BATCH = 65_536
"""Boxes of a batch, which one job makes and one piece of a state holds; or one larger block."""


class Size(NamedTuple):
    """The numbers of a task; they are fixed when it begins."""

    series: Series
    """The series that the boxes stand for."""
    digits: int
    """Decimals asked for."""
    digits_per_step: int
    """K; R = 10^K."""
    boxes_per_block: int
    """B."""

    def blocks_needed(self, done: int) -> int:
        """Return the blocks that still influence the digits to come after `done` iterations."""
        return plan.blocks_needed(
            self.series, self.digits, self.digits_per_step, self.boxes_per_block, done
        )

    @property
    def blocks_per_batch(self) -> int:
        """Blocks of a batch, which one job makes and one piece of a state holds."""
        return max(BATCH // self.boxes_per_block, 1)
