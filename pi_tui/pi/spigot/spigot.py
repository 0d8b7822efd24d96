"""The Rabinowitz-Wagon spigot: computes pi digit by digit and can stop and resume after any step.

    kind = SpigotKind()
    spigot = kind.new(task := kind.task(20_000))
    spigot.step()                            # makes a few blocks, or does one iteration
    state = spigot.to_state()                # keep it: in memory, in a database ...
    kind.from_state(task, state, spigot.output)  # ... and resume, here or on another computer

A spigot writes pi in a mixed-radix system in which all its digits are simple (series.py), one digit
in each of a row of boxes. One iteration multiplies every box by R = 10^K and carries from the last
box to the first. What leaves the first box is the next super-digit: K decimals of pi. A later carry
may still change it, so it is held back as the predigit until later ones settle it (predigit.py).

The digits released so far are not enough to resume from: the boxes are the state. With
``digits_per_step=1, boxes_per_block=1`` every block is one box of the textbook's algorithm.
"""

from __future__ import annotations

from dataclasses import replace

from gmpy2 import mpz

from pi_tui.machine import Machine, Poll, State, Work, WrongState, unwatched
from pi_tui.pi.spigot.boxes import residue
from pi_tui.pi.spigot.boxes.making import make_batches
from pi_tui.pi.spigot.boxes.shelf import LostBlock
from pi_tui.pi.spigot.boxes.sweep import Sweep, sweeps
from pi_tui.pi.spigot.comparison.reference import found, share_found
from pi_tui.pi.spigot.encoding import codec
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.spigot.numerals import power_of_ten
from pi_tui.pi.spigot.predigit import first_digits, settle
from pi_tui.pi.spigot.rows import Rows
from pi_tui.pi.spigot.state import SpigotState, hold_too_much

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

    After the iterations of a `step` or `stride` a spigot checks that its digits and boxes fit
    together. After a WrongState it must not be used any more.

    >>> from pi_tui.pi.spigot.plan import plan
    >>> Spigot(SpigotState.at_start(plan(20))).finalize()
    b'14159265358979323846'
    """

    output: bytearray

    def __init__(self, state: SpigotState, threads: int = 1) -> None:
        """Continue from a state. Raises BadState if no spigot can be in it."""
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
        self._rows = Rows(state, threads)
        self._ledger = residue.Ledger(residue.of_radix(state.size), state.start, state.dropped, [])
        self._held = b""
        """The text of the predigit, if a sweep made it; making it again would take longer."""
        self._checked = self._stepped = residue.Spelled()
        """The digits that `check` has seen, and those that steps have seen."""
        self._weigh()

    def snapshot(self) -> SpigotState:
        """Return the state after the last whole step; costs one copy of the digits."""
        return replace(self._state(), result=bytes(self.output))

    def _state(self) -> SpigotState:
        """Return the state after the last whole step, with the digits themselves, not a copy."""
        return SpigotState(
            size=self.size,
            boxes=tuple(self._rows.numbers),
            blocks=tuple(self._rows.blocks),
            i=self.i,
            made=self.made,
            nines=self.nines,
            predigit=self.predigit,
            result=self.output,
            start=self._ledger.start,
            dropped=self._ledger.dropped,
            pieces=self._rows.pieces,
            kept=dict(self.kept),
        )

    def to_state(self) -> State:
        """Encode the state after the last whole step; mark pieces that never change as lasting."""
        return codec.encode(self._state())

    def step(self, poll: Poll = unwatched) -> None:
        """Make some missing blocks or, if none is missing, do one iteration; if done, do nothing.

        If a saved block turns out to be lost, make it again instead, and add a note to `notes`.
        Raises WrongState if a check fails, StorageError if a saved block must be read and the
        database cannot be reached.
        """
        self._go_on(1, 1, poll)

    def stride(self, wanted: float, poll: Poll = unwatched) -> None:
        """Do one step; or, if no block is missing, do two iterations for each thread instead.

        Several iterations are done only if they make at most `wanted` digits together. Near the end
        of the run they are as many as are still needed. Raises what `step` raises.
        """
        wave = self.threads * AT_ONCE
        if wanted >= wave * self.size.digits_per_step:
            self._go_on(self.threads, AT_ONCE, poll)
        else:
            self._go_on(1, 1, poll)

    def check(self) -> None:
        """Check the blocks in memory and, once all blocks are made, the residue equation.

        P and D of a block must match the residues stored with it; before iteration 1 also N. Of
        `output`, only what no earlier `check` has read is read. Raises WrongState on a mismatch, or
        if a byte that is read is no digit. Costs a pass over all numbers, about 1 ms for each 2 to
        3 MB. A finished spigot can be checked as long as it lives. One restored from the saved
        state of a finished one has no blocks: then only bytes that are no digits are found. Do not
        check one restored from the `snapshot` of a finished one: the digits beyond those asked for
        are lost, so the check may raise.
        """
        self._rows.check(at_start=self.i == 0)
        self._checked = self._stepped = self._equation(self._checked)

    def work(self) -> Work:
        """Return the work done and in total, for blocks, iterations and the comparison at the end.

        The unit is about a nanosecond. A block that was lost and made again counts twice.
        """
        compared = share_found(self.size.digits, self.kept)
        if self.done:
            return self.size.work(self.made, 0, None, compared)
        return self.size.work(self.made, self.missing, self.i, compared)

    @property
    def verifying_work(self) -> float:
        """Return the work, in the unit of `work`, of comparing the digits at the end of the run."""
        return self.size.verifying_work

    def figures(self) -> Figures:
        """Return the inner values of the spigot that the app shows."""
        blocks, b = self.blocks, self.size.boxes_per_block
        return Figures(
            series=self.size.series.title,
            digits_per_step=self.size.digits_per_step,
            boxes_per_block=b,
            iteration=self.i,
            iterations=self.size.iterations,
            predigit=self.held_digits(PREDIGIT_SHOWN),
            nines=self.nines,
            blocks=blocks,
            blocks_made=blocks - self.missing,
            boxes_left=tuple(count * b for count in self._rows.counts),
            threads=self.threads,
        )

    def _go_on(self, threads: int, at_once: int, poll: Poll) -> None:
        if self.done:
            return
        self._rows.shelve()
        if not self._rows.missing:
            try:
                self._advance(threads, at_once, poll)
                return
            except LostBlock as lost:
                self._rows.lose(lost.batch)
                self.notes = (*self.notes, "a saved block was lost or damaged, and is made again")
        self._make(poll)

    def _advance(self, threads: int, at_once: int, poll: Poll) -> None:
        """Do one wave of iterations, and check the new digits and numbers.

        A wave is `at_once` iterations in each of the `threads`. If an iteration or the check fails,
        removes the new digits from `output` and raises WrongState. With nothing changed, raises
        LostBlock if a saved block is missing or damaged, and StorageError if the database cannot be
        reached.
        """
        before = len(self.output)
        try:
            self._sweep(threads, at_once, poll)
            self._stepped = self._equation(self._stepped)
        except WrongState:  # wrong digits must not be released
            del self.output[before:]
            raise

    def _make(self, poll: Poll) -> None:
        """Make missing blocks of one chain, which come in batches.

        Each thread makes a batch. But if a block is large enough to be a batch, make only one, with
        all threads. If `poll` or the making raises, nothing changes. Raises WrongState if a product
        is wrong, or if a box holds more than it can.
        """
        batches = self._rows.batches_to_make()
        chain = self.size.chains[batches[0].chain]
        one_block = chain.blocks_per_batch == 1
        batches = batches[: 1 if one_block else self.threads]  # all threads make one big block
        alone = self.blocks * self.size.boxes_per_block <= ALONE
        made = make_batches(
            chain,
            [batch.numbers for batch in batches],
            numbers=self.i == 0,
            threads=0 if alone else self.threads,
            poll=poll,
        )
        for batch, some in zip(batches, made, strict=True):
            self._rows.take(batch, some)
            self.made += len(some.blocks)
        self._weigh()

    def _weigh(self) -> None:
        """Prepare the residue equation (boxes/residue.py); do nothing until all blocks are made.

        Computes the weight of each block and, before iteration 1, the value of all boxes. Raises
        WrongState if a box holds more than it can.
        """
        if self._rows.missing:
            return
        blocks = self._rows.blocks_by_chain()
        self._ledger.weights = [residue.weights(some) for some in blocks]
        if self.i == 0:
            starts = [[mpz(block.start_residue) for block in some] for some in blocks]
            self._ledger.start = self._ledger.value(starts)
        if hold_too_much(self._rows.numbers, self._rows.blocks):
            raise WrongState("a box holds more than it can")

    def _sweep(self, threads: int, at_once: int, poll: Poll) -> None:
        """Do `at_once` iterations in each of `threads`; fewer if the digits asked for need fewer.

        The state changes only once all of them are done, so `poll` may raise at any time.
        """
        k = self.size.digits_per_step
        count = min(threads * at_once, max(self.size.iterations - self.i, 1))
        sizes = [self.size.counts(self.i + ahead) for ahead in range(count)]
        shares = [sizes[first : first + at_once] for first in range(0, count, at_once)]
        powers = [power_of_ten(k * times) for times in range(at_once + 1)]
        blocks, numbers = self._rows.blocks_by_chain(), self._rows.numbers_by_chain()
        for sweep in sweeps(blocks, numbers, self._rows.shelf, powers, shares, k, poll):
            for quotient, digits in zip(sweep.quotients, sweep.texts, strict=True):
                self._commit(sweep, quotient, digits)

    def _commit(self, sweep: Sweep, quotient: mpz, digits: bytes) -> None:
        """Take over the result of one iteration; append the digits that it settled to `output`.

        `quotient` is the super-digit that the iteration made, `digits` its last K digits as text.
        Drop unneeded blocks. Digits beyond those asked for are kept in the ledger. Raises
        WrongState if a carry is too large.
        """
        k = self.size.digits_per_step
        text, predigit, nines = settle(self.predigit, self.nines, quotient, k, self._held)
        if not nines:
            self._held = digits
        kept = self.size.counts(self.i + 1)
        self._ledger.drop(self._rows.adopt(sweep.numbers, kept), kept)
        decimals = text if self.i - self.nines > 1 else text[k:]  # the 3, and the 0 held before it
        self.i, self.predigit, self.nines = self.i + 1, predigit, nines
        released = decimals[: self.size.digits - self.count]
        self.output += released
        self._ledger.surplus += decimals[len(released) :]

    def _equation(self, known: residue.Spelled) -> residue.Spelled:
        """Check the residue equation for all digits in `output`, if all blocks are made.

        `known` has the number of digits read by an earlier check, and their residue, so that only
        later digits are read. Returns the two for all digits. Raises WrongState on a mismatch, or
        if a byte that is read is no digit.
        """
        spelled = known.with_more(self.output)
        if self._rows.blocks and not self._rows.missing:
            numbers = self._rows.numbers_by_chain()
            self._ledger.check(self.i, self.predigit, self.nines, numbers, spelled)
        return spelled

    @property
    def steps(self) -> int:  # type: ignore[override]
        """Return the sum of blocks made, iterations done, and results of the verification."""
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
        """Return the number of blocks that are still needed, including those not made yet."""
        return len(self._rows.numbers)

    @property
    def missing(self) -> int:
        """Return the number of blocks that must still be made, or made again."""
        return len(self._rows.missing)

    def held_digits(self, most: int) -> str:
        """Return the first digits of the held predigit, at most `most`; "" while there is none."""
        if not self.i:
            return ""
        width = self.size.digits_per_step if self.i - self.nines > 1 else 1  # the 3 stands alone
        return first_digits(self.predigit, width, most)
