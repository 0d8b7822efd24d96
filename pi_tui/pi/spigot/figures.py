"""Values that a spigot shows to the app. Needs no gmpy2, so it can be imported early."""

from __future__ import annotations

from typing import NamedTuple


class Figures(NamedTuple):
    """The inner values of a spigot that the app shows."""

    series: str = ""
    """The title of the series, as shown to people."""
    digits_per_step: int = 0
    """K, the digits of a step."""
    boxes_per_block: int = 0
    """B, the boxes of a block."""
    iteration: int = 0
    """Iterations done."""
    iterations: int = 0
    """Iterations in all, apart from a rare run of nines at the very end."""
    predigit: str = ""
    """The first digits of the held predigit; "" while there is none."""
    nines: int = 0
    """Held super-digits that consist of nines only."""
    blocks: int = 0
    """Blocks left, including those not made yet."""
    blocks_made: int = 0
    """Blocks left that are made."""
    boxes_left: tuple[int, ...] = ()
    """Boxes left of each chain."""
    threads: int = 1
    """Threads that the spigot works with."""

    @classmethod
    def of(cls, value: object) -> Figures:
        """Return `value` if it is a Figures, else empty Figures: a snapshot may have none yet."""
        return value if isinstance(value, cls) else cls()

    @property
    def making(self) -> bool:
        """Return True while blocks are missing, as before the first digits or after a loss."""
        return self.blocks_made < self.blocks
