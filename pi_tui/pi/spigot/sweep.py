"""Sweeps: each carries through all blocks, from the last to the first, without changing them.

Sweep t+1 may work on a block as soon as sweep t has left it. So several sweeps run as a wavefront,
each in its own thread and one block behind the sweep before.

One sweep can do two iterations at once. Insert x of the first iteration into that of the second:

    N·R² + (c1·R + c2)·P = (q1·R + q2)·D + N2        with 0 ≤ N2 < D

One division by D then gives the block's number after both iterations, and both quotients as one
number, the carry. A product with R² costs much less than two products with R (0 to 25 % more than
one, where R is long).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Semaphore

from gmpy2 import mpz

from pi_tui.machine import Poll
from pi_tui.pi.spigot.blocks import Block
from pi_tui.pi.spigot.numerals import to_text
from pi_tui.pi.spigot.pool import Check, gather

ALONE = 4_000_000
"""Maximum bits of state swept without threads: it takes a few ms, and threads cost more."""
_WAIT_SECONDS = 0.05


@dataclass(slots=True)
class Sweep:
    """One or more iterations: the super-digits they made, and the new number of every block."""

    sizes: Sequence[int]
    """For each iteration, the number of leading blocks that it goes through. They never grow."""
    numbers: list[mpz] = field(init=False)
    quotients: list[mpz] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    """The digits of each quotient.

    They are made here, in the sweep's thread, because they take as long as two products.
    """
    done: int = 0
    """Blocks this sweep has finished."""
    _left: Semaphore = field(default_factory=lambda: Semaphore(0))
    """Counts `done` too, as a semaphore on which the following sweep waits."""
    _waited: int = 0
    """Blocks of this sweep that the following sweep has waited for."""

    def __post_init__(self) -> None:
        self.numbers = [mpz(0)] * self.sizes[0]

    def leave(self, index: int, number: mpz) -> None:
        """Store the new number of block `index`, so that the following sweep may use it."""
        self.numbers[index] = number
        self.done += 1
        self._left.release()

    def await_left(self, index: int, check: Check) -> None:
        """Wait until this sweep has finished block `index`."""
        while self._waited < len(self.numbers) - index:
            if self._left.acquire(timeout=_WAIT_SECONDS):
                self._waited += 1
            else:
                check()


def sweeps(
    blocks: Sequence[Block],
    numbers: Sequence[mpz],
    powers: Sequence[mpz],
    sizes: Sequence[Sequence[int]],
    width: int,
    poll: Poll,
) -> list[Sweep]:
    """Run one sweep for each entry of `sizes`, which lists the block counts of its iterations.

    `width` is K; `powers` are 1, R, R^2 … as far as one sweep needs them. `poll` is called in the
    calling thread and may raise at any time: `numbers` stays unchanged, and the sweeps are
    discarded.
    """
    wave = [Sweep(some) for some in sizes]
    total = sum(len(sweep.numbers) for sweep in wave)

    def watch(_: int) -> None:
        poll(sum(sweep.done for sweep in wave), total)

    def run(rank: int, check: Check) -> None:
        sweep, ahead = wave[rank], wave[rank - 1] if rank else None
        source = ahead.numbers if ahead else numbers
        carry, times = mpz(0), 0
        for index in reversed(range(len(sweep.numbers))):
            check()
            if ahead:
                ahead.await_left(index, check)
            while times < len(sweep.sizes) and index < sweep.sizes[times]:
                carry, times = carry * powers[1], times + 1  # this iteration joins in here
            carry, number = blocks[index].step(source[index], powers[times], carry)
            sweep.leave(index, number)
        sweep.quotients = super_digits(carry, powers, len(sweep.sizes))
        # R itself has one digit too many, and its text is never used.
        sweep.texts = [to_text(q, width) if q < powers[1] else b"" for q in sweep.quotients]

    small = sum(number.bit_length() for number in numbers) <= ALONE
    gather([partial(run, rank) for rank in range(len(wave))], 0 if small else len(wave), watch)
    return wave


def super_digits(quotient: mpz, powers: Sequence[mpz], count: int) -> list[mpz]:
    """Split the quotient of `count` iterations into the super-digits of single iterations.

    Each is at most R, like those of single iterations, so that one carry settles it.

    >>> super_digits(mpz(314), [mpz(1), mpz(10), mpz(100)], 3)
    [mpz(3), mpz(1), mpz(4)]
    """
    made = []
    for power in reversed(powers[1:count]):
        made.append(min(quotient // power, powers[1]))
        quotient -= made[-1] * power
    return [*made, quotient]
