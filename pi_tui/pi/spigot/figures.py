"""What the spigot says of itself, for a face: values only, so that one may know them early."""

from __future__ import annotations

from typing import NamedTuple


class Figures(NamedTuple):
    """What a face shows of the inside."""

    series: str = ""
    """The title of the series, for people."""
    digits_per_step: int = 0
    """K."""
    boxes_per_block: int = 0
    """B."""
    iteration: int = 0
    """Iterations done."""
    iterations: int = 0
    """Iterations in all, but for the rare nines at the very end."""
    predigit: str = ""
    """The head of the held predigit; "" while there is none."""
    nines: int = 0
    """Held super-digits of nines alone."""
    blocks: int = 0
    """Blocks left, those not made yet included."""
    blocks_made: int = 0
    """Those of them that are made."""
    boxes_left: int = 0
    """Boxes left."""
    threads: int = 1
    """Threads it works with."""

    @classmethod
    def of(cls, value: object) -> Figures:
        """Those that a snapshot carries; empty ones while there is no spigot."""
        return value if isinstance(value, cls) else cls()

    @property
    def making(self) -> bool:
        """True while blocks are made, and no digit comes."""
        return self.blocks_made < self.blocks
