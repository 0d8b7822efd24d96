"""The Rabinowitz-Wagon spigot: computes pi digit by digit and can stop and resume after any step.

    spigot = Spigot.new(20_000)
    spigot.step()                            # makes a few blocks, or does one iteration
    state = spigot.to_state()                # keep it: in memory, in a database ...
    SpigotKind().from_state(task, state, digits)  # ... and resume, here or on another computer

A spigot writes pi in a mixed-radix system in which all its digits are simple (series.py), one digit
in each of a row of boxes. One iteration multiplies every box by R = 10^K and carries from the last
box to the first. What leaves the first box is the next super-digit: K decimals of pi. A later carry
may still change it, so it is held back as the predigit until later ones settle it (predigit.py).

The digits released so far are not enough to resume from: the boxes are the state. With
``digits_per_step=1, boxes_per_block=1`` every block is one box of the textbook's algorithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate

from gmpy2 import mpz

from pi_tui.machine import Machine, Piece, Poll, State, Work, WrongState, unwatched
from pi_tui.pi.spigot import plan, residue
from pi_tui.pi.spigot.blocks import Block
from pi_tui.pi.spigot.encoding import codec
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.spigot.making import Order, make_batches
from pi_tui.pi.spigot.numerals import power_of_ten
from pi_tui.pi.spigot.predigit import first_digits, settle
from pi_tui.pi.spigot.reference import found, share_found
from pi_tui.pi.spigot.residue import PRIME
from pi_tui.pi.spigot.series import ARCTAN, Series
from pi_tui.pi.spigot.shelf import LostBlock, Shelf
from pi_tui.pi.spigot.size import Batch, Size, by_chain
from pi_tui.pi.spigot.state import SpigotState
from pi_tui.pi.spigot.sweep import Sweep, sweeps

AT_ONCE = 2
"""Iterations that each sweep of a wave does.

Two save a sixth (at 10M digits) to a quarter (1M) of the stepping time. Three would save another 5
to 13 %, but digits would appear less often, more at a time.
"""

ALONE = 65_536
"""Maximum boxes whose blocks are made without threads, which would cost more than they save."""

PREDIGIT_SHOWN = 12
"""Maximum digits of the predigit that `figures` returns."""


class Spigot(Machine):
    """Decimals of pi from boxes, K digits a step; a digit is released once no carry can reach it.

    A spigot checks itself after each step. After a WrongState it must not be used any more.

    >>> Spigot.new(20, digits_per_step=4).finalize()
    b'14159265358979323846'
    """

    output: bytearray

    def __init__(self, state: SpigotState, threads: int = 1) -> None:
        """Continue from a state. Raises BadState if no spigot can be in this state."""
        state.refuse_nonsense()
        self.size = state.size
        self.i = state.i
        self.made = state.made
        self.nines = state.nines
        self.predigit = state.predigit
        self.output = bytearray(state.result)
        self.kept = dict(state.kept)
        """Intermediate results of the verification, to continue from (reference.py)."""
        self.threads = threads
        self._orders = [Order.of(chain) for chain in state.size.chains]
        self._numbers = list(state.boxes)
        self._blocks = list(state.blocks)
        self._shelf = Shelf(threads + 1)
        self._pieces = dict(state.pieces)
        self._missing = [n for n, block in enumerate(self._blocks) if block is None]
        self._ledger = residue.Ledger(residue.of_radix(state.size), state.start, state.dropped, [])
        self._held = b""
        """The text of the predigit, if a sweep made it; making it again would take longer."""
        self._checked = self._stepped = residue.Spelled()
        """The digits that `check` has seen, and those that steps have seen."""
        self._weigh()

    @classmethod
    def new(
        cls,
        digits: int,
        *,
        digits_per_step: int | None = None,
        boxes_per_block: int | None = None,
        series: Series = ARCTAN,
        threads: int = 1,
    ) -> Spigot:
        """Create a spigot at its start; K and B come from `plan` unless given."""
        if digits < 1:
            raise ValueError(f"digits must be at least 1, not {digits}")
        chosen = plan.plan(digits, digits_per_step, series)
        k, b = chosen.digits_per_step, boxes_per_block or chosen.boxes_per_block
        if b < series.smallest_block:
            raise ValueError(f"a block must have at least {series.smallest_block} boxes, not {b}")
        return cls(SpigotState.at_start(Size(series, digits, k, b)), threads)

    def snapshot(self) -> SpigotState:
        """Return the state after the last whole step; costs one copy of the digits."""
        return replace(self._state(), result=bytes(self.output))

    def _state(self) -> SpigotState:
        """Return the state after the last whole step, with the digits themselves, not a copy."""
        return SpigotState(
            size=self.size,
            boxes=tuple(self._numbers),
            blocks=tuple(self._blocks),
            i=self.i,
            made=self.made,
            nines=self.nines,
            predigit=self.predigit,
            result=self.output,
            start=self._ledger.start,
            dropped=self._ledger.dropped,
            pieces=self._pieces,
            kept=dict(self.kept),
        )

    def to_state(self) -> State:
        """Encode the state after the last whole step; pieces that never change are lasting."""
        return codec.encode(self._state())

    def step(self, poll: Poll = unwatched) -> None:
        """Make a few missing blocks or, if none is missing, do one iteration."""
        self._go_on(1, 1, poll)

    def stride(self, wanted: float, poll: Poll = unwatched) -> None:
        """Do one step; or, if `wanted` digits need as much, two iterations for each thread."""
        wave = self.threads * AT_ONCE
        if wanted >= wave * self.size.digits_per_step:
            self._go_on(self.threads, AT_ONCE, poll)
        else:
            self._go_on(1, 1, poll)

    def check(self) -> None:
        """Check the residue equation or, until all blocks are made, each block's residues.

        Raises WrongState on a mismatch. Costs a pass over all numbers, 1 ms for each 3 MB. A
        finished spigot can be checked as long as it lives. The saved state of a finished one
        cannot, because its last digits are truncated to those asked for.
        """
        radix, firsts = residue.of_radix(self.size), {0, *accumulate(self._counts)}
        for index, (block, number) in enumerate(zip(self._blocks, self._numbers, strict=True)):
            one = radix if index in firsts else 1
            # A shelved block is checked when it is read.
            if isinstance(block, Block) and not residue.agrees(block, one):
                raise WrongState(f"block {index:,} differs from its residue")
            if block and self.i == 0 and (number is None or block.start_residue != number % PRIME):
                raise WrongState(f"the number of block {index:,} differs from its residue")
        self._checked = self._stepped = self._equation(self._checked)

    def work(self) -> Work:
        """Return the work of blocks, iterations and comparison; blocks made twice count twice."""
        compared = share_found(self.size.digits, self.kept)
        if self.done:
            return self.size.work(self.made, 0, None, compared)
        return self.size.work(self.made, len(self._missing), self.i, compared)

    @property
    def verifying_work(self) -> float:
        """Return the work of the comparison at the end."""
        return self.size.verifying_work

    def figures(self) -> Figures:
        """Return the inner values that the app shows."""
        blocks, b = len(self._numbers), self.size.boxes_per_block
        return Figures(
            series=self.size.series.title,
            digits_per_step=self.size.digits_per_step,
            boxes_per_block=b,
            iteration=self.i,
            iterations=plan.iterations(self.size.digits, self.size.digits_per_step),
            predigit=self.held_digits(PREDIGIT_SHOWN),
            nines=self.nines,
            blocks=blocks,
            blocks_made=blocks - len(self._missing),
            boxes_left=tuple(count * b for count in self._counts),
            threads=self.threads,
        )

    def _go_on(self, threads: int, at_once: int, poll: Poll) -> None:
        if self.done:
            return
        self._shelve()
        if not self._missing:
            try:
                self._advance(threads, at_once, poll)
                return
            except LostBlock as lost:
                self._lose(lost.batch)
        self._make(poll)

    def _advance(self, threads: int, at_once: int, poll: Poll) -> None:
        """Do the iterations of one wave, and check what they made."""
        before = len(self.output)
        self._sweep(threads, at_once, poll)
        try:
            self._stepped = self._equation(self._stepped)
        except WrongState:  # wrong digits must not be released
            del self.output[before:]
            raise

    def _shelve(self) -> None:
        """Forget P and D of large blocks that are saved."""
        if not self.size.reads_back:
            return
        for batch in self.size.batches(self._counts):
            piece = self._pieces.get(codec.blocks_name(batch.name))
            block = self._blocks[batch.places.start]
            if piece and piece.saved and isinstance(block, Block):
                piece.let_go(piece.saved)
                known = (block.start_residue, block.factor_residue, block.denominator_residue)
                shelved = codec.shelved(self.size, batch, piece, known)
                self._blocks[batch.places.start] = shelved

    def _lose(self, name: int) -> None:
        """Note that the blocks of a batch must be made again."""
        for batch in self.size.batches(self._counts):
            if batch.name == name:
                places = slice(batch.places.start, batch.places.stop)
                self._blocks[places] = [None] * len(batch.places)
        self._missing = [n for n, block in enumerate(self._blocks) if block is None]
        self.notes = (*self.notes, "a saved block was lost or damaged, and is made again")

    def _make(self, poll: Poll) -> None:
        """Make missing blocks of a chain: each thread a batch, or all threads one large block.

        If that fails, nothing changes.
        """
        missing = set(self._missing)
        every = self.size.batches(self._counts)
        batches = [batch for batch in every if not missing.isdisjoint(batch.places)]
        batches = [batch for batch in batches if batch.chain == batches[0].chain]
        order, chain = self._orders[batches[0].chain], self.size.chains[batches[0].chain]
        one_block = chain.blocks_per_batch == 1
        batches = batches[: 1 if one_block else self.threads]  # all threads make one big block
        alone = len(self._blocks) * self.size.boxes_per_block <= ALONE
        made = make_batches(
            order,
            [batch.numbers for batch in batches],
            numbers=self.i == 0,
            threads=0 if alone else self.threads,
            poll=poll,
        )
        for batch, (blocks, numbers) in zip(batches, made, strict=True):
            self._take(batch, blocks, numbers)
        self._missing = [n for n, block in enumerate(self._blocks) if block is None]
        self._weigh()

    def _take(self, batch: Batch, blocks: list[Block], numbers: list[mpz]) -> None:
        """Store the blocks of a batch, and create the pieces that will hold them."""
        places = slice(batch.places.start, batch.places.stop)
        self.made += len(blocks)
        self._blocks[places] = blocks
        made = {codec.blocks_name(batch.name): partial(codec.blocks_bytes, tuple(blocks))}
        if numbers:
            self._numbers[places] = numbers
            made[codec.start_name(batch.name)] = partial(codec.numbers_bytes, tuple(numbers))
        pieces = {key: Piece(data, lasting=True) for key, data in made.items()}
        self._pieces = {**self._pieces, **pieces}

    def _weigh(self) -> None:
        """Compute the weights of the blocks for the residue equation, once all blocks are made."""
        if self._missing:
            return
        whole = [block for block in self._blocks if block]
        pairs = zip(self._whole_numbers(), whole, strict=True)
        self._ledger.weights = [residue.weights(some) for some in by_chain(whole, self._counts)]
        if self.i == 0:
            starts = by_chain([mpz(block.start_residue) for block in whole], self._counts)
            self._ledger.start = self._ledger.value(starts)
        if any(isinstance(block, Block) and n >= block.divisor for n, block in pairs):
            raise WrongState("a box holds more than it can")

    def _whole_numbers(self) -> list[mpz]:
        return [number for number in self._numbers if number is not None]

    @property
    def _counts(self) -> list[int]:
        """Return the blocks of each chain that are left."""
        return self.size.counts(self.i)

    def _sweep(self, threads: int, at_once: int, poll: Poll) -> None:
        """Do the iterations of one wave, but never more than the digits asked for need.

        The sweeps write new numbers and leave the state unchanged, so `poll` may raise at any time.
        """
        k = self.size.digits_per_step
        count = min(threads * at_once, max(plan.iterations(self.size.digits, k) - self.i, 1))
        sizes = [self.size.counts(self.i + ahead) for ahead in range(count)]
        shares = [sizes[first : first + at_once] for first in range(0, count, at_once)]
        powers = [power_of_ten(k * times) for times in range(at_once + 1)]
        blocks = by_chain([block for block in self._blocks if block], sizes[0])
        numbers = by_chain(self._whole_numbers(), sizes[0])
        for sweep in sweeps(blocks, numbers, self._shelf, powers, shares, k, poll):
            for quotient, digits in zip(sweep.quotients, sweep.texts, strict=True):
                self._commit(sweep, quotient, digits)

    def _commit(self, sweep: Sweep, quotient: mpz, digits: bytes) -> None:
        """Adopt the result of one iteration and drop the tail that no longer matters."""
        k = self.size.digits_per_step
        text, predigit, nines = settle(self.predigit, self.nines, quotient, k, self._held)
        if not nines:
            self._held = digits
        had, kept = self._counts, self.size.counts(self.i + 1)
        each = list(zip(sweep.numbers, kept, had, strict=True))
        self._ledger.drop([numbers[left:before] for numbers, left, before in each], kept)
        self._numbers = [number for numbers, left, _ in each for number in numbers[:left]]
        blocks = zip(by_chain(self._blocks, had), kept, strict=True)
        self._blocks = [block for some, left in blocks for block in some[:left]]
        self._let_go(kept)
        decimals = text if self.i - self.nines > 1 else text[k:]  # the 3, and the 0 held before it
        self.i, self.predigit, self.nines = self.i + 1, predigit, nines
        released = decimals[: self.size.digits - self.count]
        self.output += released
        self._ledger.surplus += decimals[len(released) :]

    def _let_go(self, kept: Sequence[int]) -> None:
        """Drop the pieces of the numbers at the start, and of the blocks beyond `kept`."""
        names = {codec.blocks_name(batch.name) for batch in self.size.batches(kept)}
        if len(self._pieces) > len(names):
            self._pieces = {name: self._pieces[name] for name in self._pieces if name in names}

    def _equation(self, known: residue.Spelled) -> residue.Spelled:
        """Check the residue equation for the digits in `output`, if all blocks are made.

        Digits counted in `known` are not read again. Returns the new count.
        """
        spelled = known.with_more(self.output)
        if self._blocks and not self._missing:
            numbers = by_chain(self._whole_numbers(), self._counts)
            self._ledger.check(self.i, self.predigit, self.nines, numbers, spelled)
        return spelled

    @property
    def steps(self) -> int:  # type: ignore[override]
        """Return the sum of blocks made, iterations done, and results found of the verification."""
        return self.made + self.i + (found(self.size.digits, self.kept) if self.kept else 0)

    @property
    def count(self) -> int:
        """Return the number of settled decimals."""
        return len(self.output)

    @property
    def done(self) -> bool:
        """Return True if all digits asked for are settled."""
        return self.count == self.size.digits

    @property
    def blocks(self) -> int:
        """Return the number of blocks left, including those not made yet."""
        return len(self._numbers)

    @property
    def missing(self) -> int:
        """Return the number of blocks that must still be made, or made again."""
        return len(self._missing)

    def held_digits(self, most: int) -> str:
        """Return the first digits of the held predigit, at most `most`; "" while there is none."""
        if not self.i:
            return ""
        width = self.size.digits_per_step if self.i - self.nines > 1 else 1  # the 3 stands alone
        return first_digits(self.predigit, width, most)
