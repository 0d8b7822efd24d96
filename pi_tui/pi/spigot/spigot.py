"""The Rabinowitz-Wagon spigot: a state machine that may stop after any step and go on later.

    spigot = Spigot.new(20_000)
    spigot.step()                            # a few blocks are made, or one iteration is done
    state = spigot.to_state()                # keep it: in memory, in a database ...
    SpigotKind().from_state(task, state, digits)  # ... and go on, here or on another computer

The digits released so far are not enough to go on from: the boxes are the state. With
``digits_per_step=1, boxes_per_block=1`` every block is one box of the textbook's algorithm.
"""

from __future__ import annotations

from functools import partial

from gmpy2 import mpz

from pi_tui.machine import Machine, Piece, Poll, State, Work, WrongState, unwatched
from pi_tui.pi.spigot import codec, plan, residue
from pi_tui.pi.spigot.blocks import Block
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.spigot.making import Order, make_lots
from pi_tui.pi.spigot.numerals import power_of_ten
from pi_tui.pi.spigot.predigit import first_digits, settle
from pi_tui.pi.spigot.reference import found, share_found
from pi_tui.pi.spigot.residue import PRIME
from pi_tui.pi.spigot.series import GOSPER, Series
from pi_tui.pi.spigot.size import Size
from pi_tui.pi.spigot.state import SpigotState
from pi_tui.pi.spigot.sweep import Sweep, sweeps

AT_ONCE = 2
"""Iterations that each sweep of a wave does. Two take a sixth (at 10M) to a quarter (1M) off the
time of stepping; three would take 5 to 13 % more, but digits would come in fewer, longer jerks."""

ALONE = 65_536
"""Up to so many boxes in all, threads cost more than they bring when blocks are made."""

PREDIGIT_SHOWN = 12
"""Digits of the predigit that `figures` shows at most."""


class Spigot(Machine):
    """Decimals of pi from boxes, K digits a step; a digit comes out when no carry can reach it.

    >>> Spigot.new(20, digits_per_step=4).finalize()
    b'14159265358979323846'

    It checks itself after each step. One that raised WrongState is of no use any more.
    """

    output: bytearray

    def __init__(self, state: SpigotState, threads: int = 1) -> None:
        """A spigot that goes on from a state. Raises BadState if it cannot be one of ours."""
        state.refuse_nonsense()
        self.size = state.size
        self.i = state.i
        self.made = state.made
        self.nines = state.nines
        self.predigit = state.predigit
        self.output = bytearray(state.result)
        self.kept = dict(state.kept)
        """What is found of the reference, for who compares to go on from (reference.py)."""
        self.threads = threads
        self._order = Order.of(state.size)
        self._numbers = list(state.boxes)
        self._blocks = list(state.blocks)
        self._pieces = dict(state.pieces)
        self._missing = [n for n, block in enumerate(self._blocks) if block is None]
        self._ledger = residue.Ledger(residue.of_radix(state.size), state.start, state.dropped, [])
        self._held = b""
        """The text of the predigit, if a sweep made it; to make it again would take longer."""
        self._checked = self._stepped = residue.Spelled()
        """What `check` has seen, for it to begin where it left off, and what steps have."""
        self._weigh()

    @classmethod
    def new(
        cls,
        digits: int,
        *,
        digits_per_step: int | None = None,
        boxes_per_block: int | None = None,
        series: Series = GOSPER,
        threads: int = 1,
    ) -> Spigot:
        """A spigot at its start, no block made yet; K and B come from `plan` unless given."""
        if digits < 1:
            raise ValueError(f"digits must be at least 1, not {digits}")
        chosen = plan.plan(digits, digits_per_step, series)
        k, b = chosen.digits_per_step, boxes_per_block or chosen.boxes_per_block
        return cls(SpigotState.at_start(Size(series, digits, k, b)), threads)

    def snapshot(self) -> SpigotState:
        """The state after the last whole step; costs one copy of the digits."""
        return SpigotState(
            size=self.size,
            boxes=tuple(self._numbers),
            blocks=tuple(self._blocks),
            i=self.i,
            made=self.made,
            nines=self.nines,
            predigit=self.predigit,
            result=bytes(self.output),
            start=self._ledger.start,
            dropped=self._ledger.dropped,
            pieces=self._pieces,
            kept=dict(self.kept),
        )

    def to_state(self) -> State:
        """The state after the last whole step, in pieces; what never changes is in lasting ones."""
        return codec.encode(self.snapshot())

    def step(self, poll: Poll = unwatched) -> None:
        """A few blocks that are missing are made; or, if none is, one iteration is done."""
        self._go_on(1, 1, poll)

    def stride(self, wanted: float, poll: Poll = unwatched) -> None:
        """The same, or two iterations for each thread where `wanted` digits are that many."""
        wave = self.threads * AT_ONCE
        if wanted >= wave * self.size.digits_per_step:
            self._go_on(self.threads, AT_ONCE, poll)
        else:
            self._go_on(1, 1, poll)

    def check(self) -> None:
        """The residue equation holds, or, until all blocks are made, each agrees with its residues.

        Raises WrongState if not. Costs a pass over all numbers, 1 ms for each 3 MB. A finished
        spigot can be checked as long as it lives; the state of one cannot, since its last digits
        are cut to those asked for.
        """
        radix = residue.of_radix(self.size)
        for index, (block, number) in enumerate(zip(self._blocks, self._numbers, strict=True)):
            if block and not residue.agrees(block, radix if index == 0 else 1):
                raise WrongState(f"block {index:,} is not what it was made")
            if block and self.i == 0 and (number is None or block.start_residue != number % PRIME):
                raise WrongState(f"the number of block {index:,} is not what it was made")
        self._checked = self._stepped = self._equation(self._checked)

    def work(self) -> Work:
        """Return the work of blocks, iterations and comparison; blocks made twice count twice."""
        compared = share_found(self.size.digits, self.kept)
        if self.done:
            return self.size.work(self.made, 0, None, compared)
        return self.size.work(self.made, len(self._missing), self.i, compared)

    @property
    def verifying_work(self) -> float:
        """Work of the comparison at the end."""
        return self.size.verifying_work

    def figures(self) -> Figures:
        """What a face shows of the inside."""
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
            boxes_left=blocks * b,
            threads=self.threads,
        )

    def _go_on(self, threads: int, at_once: int, poll: Poll) -> None:
        if self.done:
            return
        if self._missing:
            self._make(poll)
            return
        before = len(self.output)
        self._sweep(threads, at_once, poll)
        try:
            self._stepped = self._equation(self._stepped)
        except WrongState:  # nobody is to see those digits
            del self.output[before:]
            raise

    def _make(self, poll: Poll) -> None:
        """Each thread has made a lot of blocks, or all together one; or all is as it was."""
        per_lot, lots = self.size.blocks_per_lot, []
        for first in dict.fromkeys(number // per_lot * per_lot for number in self._missing):
            lots.append(range(first, min(first + per_lot, len(self._blocks))))
        lots = lots[: 1 if per_lot == 1 else self.threads]  # all work on one, if it is that big
        alone = len(self._blocks) * self.size.boxes_per_block <= ALONE
        made = make_lots(
            self._order, lots, numbers=self.i == 0, threads=0 if alone else self.threads, poll=poll
        )
        for lot, (blocks, numbers) in zip(lots, made, strict=True):
            self._take(lot, blocks, numbers)
        self._missing = [n for n, block in enumerate(self._blocks) if block is None]
        self._weigh()

    def _take(self, lot: range, blocks: list[Block], numbers: list[mpz]) -> None:
        """The blocks of a lot are there, and pieces that will hold them."""
        self.made += len(lot)
        self._blocks[lot.start : lot.stop] = blocks
        name = lot.start // self.size.blocks_per_lot
        made = {codec.blocks_name(name): partial(codec.blocks_bytes, tuple(blocks))}
        if numbers:
            self._numbers[lot.start : lot.stop] = numbers
            made[codec.start_name(name)] = partial(codec.numbers_bytes, tuple(numbers))
        pieces = {key: Piece(data, lasting=True) for key, data in made.items()}
        self._pieces = {**self._pieces, **pieces}

    def _weigh(self) -> None:
        """If all blocks are made, it is known what their numbers are worth."""
        if self._missing:
            return
        whole = [block for block in self._blocks if block]
        self._ledger.weights = residue.weights(whole)
        if self.i == 0:
            starts = [mpz(block.start_residue) for block in whole]
            self._ledger.start = residue.value(starts, self._ledger.weights)
        if any(n >= block.divisor for n, block in zip(self._whole_numbers(), whole, strict=True)):
            raise WrongState("a box holds more than it can")

    def _whole_numbers(self) -> list[mpz]:
        return [number for number in self._numbers if number is not None]

    def _sweep(self, threads: int, at_once: int, poll: Poll) -> None:
        """Each thread has done its iterations, but never one more than the digits asked for take.

        The sweeps work beside the state, not on it: whatever `poll` raises, nothing has changed.
        """
        k = self.size.digits_per_step
        count = min(threads * at_once, max(plan.iterations(self.size.digits, k) - self.i, 1))
        sizes = [self.size.blocks_needed(self.i + ahead) for ahead in range(count)]
        shares = [sizes[first : first + at_once] for first in range(0, count, at_once)]
        powers = [power_of_ten(k * times) for times in range(at_once + 1)]
        blocks = [block for block in self._blocks if block]
        for sweep in sweeps(blocks, self._whole_numbers(), powers, shares, k, poll):
            for quotient, digits in zip(sweep.quotients, sweep.texts, strict=True):
                self._commit(sweep, quotient, digits)

    def _commit(self, sweep: Sweep, quotient: mpz, digits: bytes) -> None:
        """Take over what an iteration made and drop the tail that can no longer be seen."""
        k = self.size.digits_per_step
        text, predigit, nines = settle(self.predigit, self.nines, quotient, k, self._held)
        if not nines:
            self._held = digits if quotient == predigit else b""
        kept = self.size.blocks_needed(self.i + 1)
        self._ledger.drop(sweep.numbers[kept : len(self._numbers)], kept)
        self._numbers = [*sweep.numbers[:kept]]
        del self._blocks[kept:]
        self._let_go(kept)
        decimals = text if self.i - self.nines > 1 else text[k:]  # the 3, and the 0 held before it
        self.i, self.predigit, self.nines = self.i + 1, predigit, nines
        released = decimals[: self.size.digits - self.count]
        self.output += released
        self._ledger.surplus += decimals[len(released) :]

    def _let_go(self, kept: int) -> None:
        """Forget the numbers at the start, and the pieces of blocks from number `kept` on."""
        lots = -(-kept // self.size.blocks_per_lot)
        names = {codec.blocks_name(lot) for lot in range(lots)}
        if len(self._pieces) > lots:
            self._pieces = {name: self._pieces[name] for name in self._pieces if name in names}

    def _equation(self, known: residue.Spelled) -> residue.Spelled:
        """The residue equation holds, as far as it is known, for the digits that are in `output`.

        Those counted in `known` are not looked at again.
        """
        spelled = known.with_more(self.output)
        if self._blocks and not self._missing:
            numbers = self._whole_numbers()
            self._ledger.check(self.i, self.predigit, self.nines, numbers, spelled)
        return spelled

    @property
    def steps(self) -> int:  # type: ignore[override]
        """Blocks made, iterations done, and numbers found to compare the digits with."""
        return self.made + self.i + (found(self.size.digits, self.kept) if self.kept else 0)

    @property
    def count(self) -> int:
        """Settled decimals."""
        return len(self.output)

    @property
    def done(self) -> bool:
        """True when all digits asked for are settled."""
        return self.count == self.size.digits

    @property
    def blocks(self) -> int:
        """Blocks left, those not made yet included."""
        return len(self._numbers)

    @property
    def missing(self) -> int:
        """Blocks that are not made yet, or again."""
        return len(self._missing)

    def held_digits(self, most: int) -> str:
        """The first digits of the held predigit, at most `most`; "" while there is none."""
        if not self.i:
            return ""
        width = self.size.digits_per_step if self.i - self.nines > 1 else 1  # the 3 stands alone
        return first_digits(self.predigit, width, most)
