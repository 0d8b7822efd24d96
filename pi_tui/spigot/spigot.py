"""The Rabinowitz-Wagon spigot: a state machine that may stop after any step and go on later.

    spigot = Spigot.new(20_000)
    spigot.step()                            # one iteration
    state = spigot.to_state()                # keep it: in memory, in a database ...
    Spigot.from_state(state).finalize()      # ... and go on, here or on another computer

The digits released so far are not enough to go on from: the boxes are the state. With
``digits_per_step=1, boxes_per_block=1`` every block is one box of the textbook's algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass

from gmpy2 import mpz

from pi_tui.spigot import residue
from pi_tui.spigot.blocks import Block, Poll
from pi_tui.spigot.making import make_blocks
from pi_tui.spigot.numerals import power_of_ten, to_text
from pi_tui.spigot.plan import blocks_needed, iterations, plan
from pi_tui.spigot.series import GOSPER, Series
from pi_tui.spigot.sweep import Sweep, sweeps

AT_ONCE = 2
"""Iterations that each sweep of a wave does. Two take a sixth (at 10M) to a quarter (1M) off the
time of stepping; three would take 5 to 13 % more, but digits would come in fewer, longer jerks."""


class Abandoned(Exception):
    """Raised by a caller's poll to abandon a step; it passes through, and no state has changed."""


@dataclass(frozen=True, slots=True)
class SpigotState:
    """All there is to know to go on: after every step, and nothing of it made again from digits."""

    digits: int
    """Decimals asked for."""
    boxes: tuple[mpz, ...]
    """The number N of each block, first block first."""
    i: int
    """Iterations done."""
    nines: int
    """Held super-digits equal to R-1, behind the predigit."""
    predigit: mpz
    """The held super-digit, 0 … R-1."""
    have_predigit: bool
    """False only before the first iteration."""
    count: int
    """Settled decimals: len(result), at most `digits`."""
    result: bytes
    """The settled decimals after "3.", as ASCII."""
    digits_per_step: int
    """K; R = 10^K."""
    boxes_per_block: int
    """B."""
    series: Series
    """The base."""
    start: int = 0
    """Value of the boxes at the start, modulo 2^61-1 (see residue.py)."""
    dropped: int = 0
    """Value that dropped tail blocks took with them, modulo 2^61-1."""

    @property
    def blocks_needed(self) -> int:
        """Blocks a state with these digits, K, B and i must have; 0 when all digits are settled."""
        n, k, b = self.digits, self.digits_per_step, self.boxes_per_block
        return blocks_needed(self.series, n, k, b, self.i) if self.count < n else 0

    def refuse_nonsense(self) -> None:
        """Nothing in the state contradicts the rest of it; raises ValueError if it does."""
        released = max(self.i - self.nines - 2, 0) * self.digits_per_step
        sane = (
            min(self.digits, self.digits_per_step, self.boxes_per_block) > 0
            and min(self.i, self.nines) >= 0
            and self.have_predigit == (self.i > 0)
            and 0 <= self.predigit < power_of_ten(self.digits_per_step)
            and self.count == len(self.result) == min(self.digits, released)
            and self.blocks_needed in (0, len(self.boxes))
        )
        if not sane:
            raise ValueError(f"no spigot can be in this state after iteration {self.i}")


class Spigot:
    """Decimals of pi from boxes, K digits a step; a digit comes out when no carry can reach it.

    >>> Spigot.new(20, digits_per_step=4).finalize()
    b'14159265358979323846'
    """

    def __init__(self, state: SpigotState, blocks: list[Block], threads: int) -> None:
        self.digits = state.digits
        self.i = state.i
        self.nines = state.nines
        self.predigit = state.predigit
        self.have_predigit = state.have_predigit
        self.result = bytearray(state.result)
        self.digits_per_step = state.digits_per_step
        self.boxes_per_block = state.boxes_per_block
        self.series = state.series
        self.threads = threads
        self._numbers = list(state.boxes)
        self._blocks = blocks
        self._radix = power_of_ten(state.digits_per_step)
        self._ledger = residue.Ledger(
            start=state.start,
            dropped=state.dropped,
            settled=residue.text_value(b"3" + state.result if state.i - state.nines > 1 else b""),
            radix=int(self._radix % residue.PRIME),
            weights=residue.weights(blocks),
        )

    @classmethod
    def new(
        cls,
        digits: int,
        *,
        digits_per_step: int | None = None,
        boxes_per_block: int | None = None,
        series: Series = GOSPER,
        threads: int = 1,
        poll: Poll | None = None,
    ) -> Spigot:
        """A spigot at its start; K and B come from `plan` unless given."""
        if digits < 1:
            raise ValueError(f"digits must be at least 1, not {digits}")
        chosen = plan(digits, digits_per_step, series)
        k, b = chosen.digits_per_step, boxes_per_block or chosen.boxes_per_block
        count = blocks_needed(series, digits, k, b, 0)
        blocks, numbers = make_blocks(
            series, count, b, power_of_ten(k), numbers=True, threads=threads, poll=poll
        )
        start = residue.value(numbers, residue.weights(blocks))
        boxes = tuple(numbers)
        state = SpigotState(digits, boxes, 0, 0, mpz(0), False, 0, b"", k, b, series, start=start)
        return cls(state, blocks, threads)

    @classmethod
    def from_state(
        cls, state: SpigotState, *, threads: int = 1, poll: Poll | None = None
    ) -> Spigot:
        """A spigot that goes on from a state; makes P and D of its blocks again.

        Raises ValueError if the state cannot be one of ours; `check` tells if its numbers are.
        """
        state.refuse_nonsense()
        blocks, _ = make_blocks(
            state.series,
            state.blocks_needed,
            state.boxes_per_block,
            power_of_ten(state.digits_per_step),
            numbers=False,
            threads=threads,
            poll=poll,
        )
        if any(not 0 <= n < b.divisor for n, b in zip(state.boxes, blocks, strict=False)):
            raise ValueError("a box holds more than it can")
        return cls(state, blocks, threads)

    def to_state(self) -> SpigotState:
        """The state after the last whole step; costs one copy of the digits."""
        return SpigotState(
            digits=self.digits,
            boxes=tuple(self._numbers),
            i=self.i,
            nines=self.nines,
            predigit=self.predigit,
            have_predigit=self.have_predigit,
            count=self.count,
            result=bytes(self.result),
            digits_per_step=self.digits_per_step,
            boxes_per_block=self.boxes_per_block,
            series=self.series,
            start=self._ledger.start,
            dropped=self._ledger.dropped,
        )

    def step(self, poll: Poll | None = None) -> bytes:
        """One iteration is done; return the decimals it settled: none, K, or many."""
        return self._go_on(1, 1, poll)

    def wave(self, poll: Poll | None = None) -> bytes:
        """Two iterations for each thread are done, all or none; the states are those of `step`."""
        return self._go_on(self.threads, AT_ONCE, poll)

    def finalize(self, poll: Poll | None = None) -> bytes:
        """All digits asked for are settled; return them."""
        while not self.done:
            self.wave(poll)
        return bytes(self.result)

    def _go_on(self, threads: int, at_once: int, poll: Poll | None) -> bytes:
        """Each thread has done its iterations, but never one more than the digits asked for take.

        The sweeps work beside the state, not on it: whatever `poll` raises, nothing has changed.
        """
        if self.done:
            return b""
        n, k, b = self.digits, self.digits_per_step, self.boxes_per_block
        count = min(threads * at_once, max(iterations(n, k) - self.i, 1))
        sizes = [blocks_needed(self.series, n, k, b, self.i + ahead) for ahead in range(count)]
        shares = [sizes[first : first + at_once] for first in range(0, count, at_once)]
        powers = [power_of_ten(k * times) for times in range(at_once + 1)]
        wave = sweeps(self._blocks, self._numbers, powers, shares, poll)
        return b"".join([self._commit(sweep, q) for sweep in wave for q in sweep.quotients])

    def _commit(self, sweep: Sweep, quotient: mpz) -> bytes:
        """Take over what an iteration made and drop the tail that can no longer be seen."""
        text, predigit, nines = self._settle(quotient)
        n, k, b = self.digits, self.digits_per_step, self.boxes_per_block
        kept = blocks_needed(self.series, n, k, b, self.i + 1)
        decimals = text[self.digits_per_step :] if self.i - self.nines == 1 else text  # no "3"
        self._ledger.turn(text, sweep.numbers[kept : len(self._numbers)], kept)
        self._numbers = sweep.numbers[:kept]
        del self._blocks[kept:]
        self.i, self.predigit, self.nines, self.have_predigit = self.i + 1, predigit, nines, True
        released = decimals[: self.digits - self.count]
        self.result += released
        return released

    def _settle(self, quotient: mpz) -> tuple[bytes, mpz, int]:
        """The textbook's rule: the text that is settled now, and the new predigit and nines."""
        k = self.digits_per_step
        if not self.have_predigit:
            return b"", quotient, 0
        if quotient == self._radix - 1:
            return b"", self.predigit, self.nines + 1
        if quotient == self._radix:
            return to_text(self.predigit + 1, k) + b"0" * (k * self.nines), mpz(0), 0
        return to_text(self.predigit, k) + b"9" * (k * self.nines), quotient, 0

    @property
    def count(self) -> int:
        """Settled decimals."""
        return len(self.result)

    @property
    def digits_per_wave(self) -> int:
        """What a wave makes, while there are digits to make."""
        return self.threads * AT_ONCE * self.digits_per_step

    @property
    def done(self) -> bool:
        """True when all digits asked for are settled."""
        return self.count == self.digits

    @property
    def blocks(self) -> int:
        """Blocks left."""
        return len(self._numbers)

    @property
    def boxes_left(self) -> int:
        """Boxes left."""
        return len(self._numbers) * self.boxes_per_block

    def held_digits(self, most: int) -> str:
        """The first digits of the held predigit, at most `most`; "" while there is none."""
        if not self.have_predigit:
            return ""
        width = self.digits_per_step if self.i - self.nines > 1 else 1  # the 3 stands alone
        hidden = max(width - most, 0)
        return to_text(self.predigit // power_of_ten(hidden), width - hidden).decode()

    def check(self) -> None:
        """The residue equation holds; raises `residue.WrongArithmetic` if not.

        Costs one pass over the boxes, about 1 ms for each 3 MB. A finished spigot can be checked
        as long as it lives; the state of one cannot, since its last digits are cut to `digits`.
        """
        if self._blocks:
            self._ledger.check(self.i, self.predigit, self.nines, self._numbers)
