"""What a face is told of the inside of a spigot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """What a face shows of the inside."""

    series: str
    """The title of the series, for people."""
    digits_per_step: int
    """K."""
    boxes_per_block: int
    """B."""
    iteration: int
    """Iterations done."""
    iterations: int
    """Iterations in all, but for the rare nines at the very end."""
    predigit: str
    """The head of the held predigit; "" while there is none."""
    nines: int
    """Held super-digits of nines alone."""
    blocks: int
    """Blocks left, those not made yet included."""
    blocks_made: int
    """Those of them that are made."""
    boxes_left: int
    """Boxes left."""

    @property
    def making(self) -> bool:
        """True while blocks are made, and no digit comes."""
        return self.blocks_made < self.blocks
