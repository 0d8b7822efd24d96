"""Read the constants P and D of saved blocks back, so that they need not stay in memory.

In a large run P and D of the blocks are half of the state. A sweep reads each block when it comes
to it. Several sweeps run at once, one behind the other, so the last few blocks that were read are
kept for the sweeps behind the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

from pi_tui.machine import BadState, LostPiece
from pi_tui.pi.spigot.boxes.blocks import Block


class LostBlock(Exception):
    """Raised if a block is missing or damaged in the database. The block must be made again."""

    def __init__(self, batch: int) -> None:
        super().__init__(f"batch {batch}")
        self.batch = batch


class Shelf:
    """Reads blocks from the database, and keeps the `most` blocks used last in memory.

    Threads may use it side by side.
    """

    def __init__(self, most: int) -> None:
        self._lock = Lock()  # a block that two threads want is read once
        self._read = lru_cache(most)(_read)

    def fetch(self, wanted: Block | ShelvedBlock) -> Block:
        """Return the block `wanted`; if only its residues are in memory, read it from the database.

        A block that was used lately is still in memory, and is not read again. Raises LostBlock if
        the block is missing or damaged, StorageError if the database cannot be reached.
        """
        if isinstance(wanted, Block):
            return wanted
        with self._lock:
            return self._read(wanted)


@dataclass(frozen=True, slots=True)
class ShelvedBlock:
    """A block whose P and D are in the database; only their residues stay in memory."""

    batch: int
    """The number of the batch that holds this block and no other."""
    read: Callable[[], Block] = field(compare=False)
    """Reads and checks the block. Raises LostPiece, BadState or StorageError."""
    start_residue: int
    factor_residue: int
    denominator_residue: int


AnyBlock = Block | ShelvedBlock


def _read(shelved: ShelvedBlock) -> Block:
    try:
        return shelved.read()
    except (LostPiece, BadState) as problem:
        raise LostBlock(shelved.batch) from problem
