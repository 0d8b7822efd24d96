"""The state of a spigot between two steps, as values that do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gmpy2 import mpz

from pi_tui.machine import BadState, Piece
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.boxes.shelf import AnyBlock
from pi_tui.pi.spigot.comparison.reference import Kept
from pi_tui.pi.spigot.numerals import power_of_ten
from pi_tui.pi.spigot.size import Size


@dataclass(frozen=True, slots=True)
class SpigotState:
    """All that is needed to continue after a step; the digits alone would not be enough."""

    size: Size
    boxes: tuple[mpz | None, ...]
    """The number N of each block, in block order; None where the block is not made yet."""
    blocks: tuple[AnyBlock | None, ...]
    """P and D of each block; None where they are not made yet or were lost."""
    i: int = 0
    """Iterations done."""
    made: int = 0
    """Blocks made, in all sessions; blocks made twice count twice."""
    nines: int = 0
    """Held super-digits equal to R-1, behind the predigit."""
    predigit: mpz = field(default_factory=mpz)
    """The held super-digit, 0 … R-1."""
    result: bytes | bytearray = b""
    """The settled decimals after "3.", as ASCII, at most `size.digits`."""
    start: int = 0
    """Value of the boxes at the start, modulo 2^61-1 (see residue.py); 0 before all are made."""
    dropped: int = 0
    """Value that dropped tail blocks took with them, modulo 2^61-1 (see residue.py)."""
    lost: int = field(default=0, compare=False)
    """Blocks that were made, but could not be read back."""
    pieces: Mapping[str, Piece] = field(default_factory=dict, compare=False)
    """The encoded parts that never change: P, D, and the numbers at the start (codec.py)."""
    kept: Kept = field(default_factory=dict, compare=False)
    """Intermediate results of the verification, once all digits are settled (reference.py)."""

    @classmethod
    def at_start(cls, size: Size) -> SpigotState:
        """Return the state of a new run: no block is made yet."""
        nothing = (None,) * size.blocks_needed(0)
        return cls(size, nothing, nothing)

    @property
    def blocks_needed(self) -> int:
        """Return how many blocks, of all chains, are needed to go on from this state.

        The result is 0 once all digits are settled.
        """
        done = len(self.result) >= self.size.digits
        return 0 if done else self.size.blocks_needed(self.i)

    def refuse_nonsense(self) -> None:
        """Raise BadState if parts of the state contradict each other."""
        n, k = self.size.digits, self.size.digits_per_step
        released = max(self.i - self.nines - 2, 0) * k
        sane = (
            min(n, k, self.size.boxes_per_block) > 0
            and min(self.i, self.nines, self.made) >= 0
            and self.nines <= max(self.i - 1, 0)
            and 0 <= self.predigit < power_of_ten(k)
            and (self.i > 0 or self.predigit == self.dropped == 0)
            and len(self.result) == min(n, released)
            and self.blocks_needed in (0, len(self.boxes))
            and len(self.blocks) == len(self.boxes)
            and (self.i == 0 or None not in self.boxes)
        )
        if not sane:
            raise BadState(f"no spigot can be in this state after iteration {self.i}")
        if hold_too_much(self.boxes, self.blocks):
            raise BadState("a box holds more than it can")


def hold_too_much(numbers: Sequence[mpz | None], blocks: Sequence[AnyBlock | None]) -> bool:
    """Return True if the number N of any block is negative or too large.

    It must be in 0 … D-1, in the first block of a chain in 0 … R·D-1. Blocks whose N or D is not in
    memory are skipped.
    """
    return any(
        number is not None and isinstance(block, Block) and not 0 <= number < block.divisor
        for number, block in zip(numbers, blocks, strict=True)
    )
