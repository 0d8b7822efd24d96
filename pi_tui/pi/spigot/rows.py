"""The blocks that a spigot holds: those of every chain, of which some may not be made yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate

from gmpy2 import mpz

from pi_tui.machine import Piece, WrongState
from pi_tui.pi.spigot.boxes import residue
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.boxes.making import Made
from pi_tui.pi.spigot.boxes.residue import PRIME
from pi_tui.pi.spigot.boxes.shelf import AnyBlock, Shelf
from pi_tui.pi.spigot.encoding import codec
from pi_tui.pi.spigot.size import Batch, by_chain
from pi_tui.pi.spigot.state import SpigotState


class Rows:
    """The blocks that later digits still depend on: their N, P and D, and their saved pieces.

    Lists of blocks have those of the first chain first, then those of the next chain.
    """

    def __init__(self, state: SpigotState, threads: int) -> None:
        self._size = state.size
        self.counts = state.size.counts(state.i)
        """The number of blocks left of each chain, including those not made yet."""
        self.numbers = list(state.boxes)
        """N of each block; None before it is made."""
        self.blocks = list(state.blocks)
        """P and D of each block; None if they must be made, or made again."""
        self.pieces = dict(state.pieces)
        """The pieces of a saved state that never change: P and D, and N before iteration 1."""
        self.shelf = Shelf(threads + 1)

    @property
    def missing(self) -> list[int]:
        """Return the indices, in `blocks`, of the blocks that must be made."""
        return [place for place, block in enumerate(self.blocks) if block is None]

    def batches_to_make(self) -> list[Batch]:
        """Find the first chain that has missing blocks; return its batches that have some.

        Returns [] if no block is missing.
        """
        missing = set(self.missing)
        batches = self._size.batches(self.counts)
        batches = [batch for batch in batches if not missing.isdisjoint(batch.places)]
        return [batch for batch in batches if batch.chain == batches[0].chain]

    def take(self, batch: Batch, made: Made) -> None:
        """Store the blocks of a batch, and create the pieces in which they will be saved.

        If `made` has no N, as for blocks made again after iteration 1, the present N stay.
        """
        places = slice(batch.places.start, batch.places.stop)
        self.blocks[places] = made.blocks
        new = {f"b{batch.name}": partial(codec.blocks_bytes, tuple(made.blocks))}
        if made.numbers:
            self.numbers[places] = made.numbers
            new[f"s{batch.name}"] = partial(codec.numbers_bytes, tuple(made.numbers))
        pieces = {key: Piece(data, lasting=True) for key, data in new.items()}
        self.pieces = {**self.pieces, **pieces}

    def shelve(self) -> None:
        """Free the constants P and D of every saved block, if the run is large.

        Sweeps read them back from the database (shelf.py).
        """
        if not self._size.reads_back:
            return
        for batch in self._size.batches(self.counts):
            piece = self.pieces.get(f"b{batch.name}")
            block = self.blocks[batch.places.start]
            if piece and piece.saved and isinstance(block, Block):
                piece.let_go(piece.saved)
                known = block.start_residue, block.factor_residue, block.denominator_residue
                self.blocks[batch.places.start] = codec.shelved(self._size, batch, piece, known)

    def lose(self, name: int) -> None:
        """Mark the blocks of batch number `name` as missing: the database lost their P and D."""
        (batch,) = (one for one in self._size.batches(self.counts) if one.name == name)
        for place in batch.places:
            self.blocks[place] = None

    def adopt(self, swept: Sequence[Sequence[mpz]], kept: Sequence[int]) -> list[list[mpz]]:
        """Store the numbers N that a sweep computed, and drop the last blocks of each chain.

        `swept[i]` has the new N of the blocks of chain i, 0 for those that the next sweep of the
        wave has taken. `kept[i]` is how many blocks of that chain, from its first on, later digits
        still need. Returns the new N of the dropped blocks of each chain.
        """
        each = list(zip(swept, kept, self.counts, strict=True))
        lost = [list(numbers[left:had]) for numbers, left, had in each]
        self.numbers = [number for numbers, left, _ in each for number in numbers[:left]]
        blocks = zip(by_chain(self.blocks, self.counts), kept, strict=True)
        self.blocks = [block for some, left in blocks for block in some[:left]]
        self.counts = list(kept)
        self._let_go()
        return lost

    def _let_go(self) -> None:
        """Forget the pieces that no later state contains.

        These are the pieces with the N from before iteration 1, which sweeps have replaced, and the
        pieces with P and D of batches of which every block was dropped.
        """
        names = {f"b{batch.name}" for batch in self._size.batches(self.counts)}
        self.pieces = {name: piece for name, piece in self.pieces.items() if name in names}

    def check(self, at_start: bool) -> None:
        """Compare the numbers of each block that is made with their residues modulo 2^61-1.

        P and D are constants, so they are always compared; N only before iteration 1 (`at_start`).
        P and D of a shelved block are in the database; they are compared when they are read. Raises
        WrongState if a number differs.
        """
        radix, firsts = residue.of_radix(self._size), {0, *accumulate(self.counts)}
        for index, (block, number) in enumerate(zip(self.blocks, self.numbers, strict=True)):
            one = radix if index in firsts else 1
            if isinstance(block, Block) and not residue.agrees(block, one):
                raise WrongState(f"block {index:,} differs from its residue")
            if block and at_start and (number is None or block.start_residue != number % PRIME):
                raise WrongState(f"the number of block {index:,} differs from its residue")

    def numbers_by_chain(self) -> list[list[mpz]]:
        """Return the numbers N in one list for each chain; needs all blocks to be made."""
        return by_chain([number for number in self.numbers if number is not None], self.counts)

    def blocks_by_chain(self) -> list[list[AnyBlock]]:
        """Return the blocks in one list for each chain; needs all blocks to be made."""
        return by_chain([block for block in self.blocks if block], self.counts)
