"""Sweeps: each passes a carry through all blocks, from the last to the first.

A sweep computes a new number N for every block, and leaves the old numbers unchanged until all are
computed. Of several chains, it goes through one after the other, and adds up their quotients: what
leaves the first block of a chain.

Sweep t+1 may work on a block as soon as sweep t has left it. So several sweeps run as a wavefront,
each in its own thread and one block behind the sweep before.

One sweep can do two iterations at once. One iteration of a block with the carry c is x = N·R + c·P,
q = x div D, N' = x mod D (blocks.py). Insert N' of the first iteration into x of the second, where
c1, c2 are the carries, q1, q2 the quotients of the two, and N2 is the number after both:

    N·R² + (c1·R + c2)·P = (q1·R + q2)·D + N2        with 0 ≤ N2 < D

One division by D then gives the block's number after both iterations, and both quotients as one
number, the carry. A product with R² costs much less than two products with R (0 to 25 % more than
one, where R is long).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Condition

from gmpy2 import mpz

from pi_tui.machine import Poll
from pi_tui.pi.spigot.boxes.shelf import AnyBlock, Shelf
from pi_tui.pi.spigot.numerals import to_text
from pi_tui.pi.spigot.pool import Check, gather

ALONE = 4_000_000
"""Maximum bits of state swept without threads: it takes a few ms, and threads cost more."""
_WAIT_SECONDS = 0.05
_NOTHING = mpz(0)


@dataclass(slots=True)
class Sweep:
    """A pass that does one or more iterations, with its results: quotients and new N of blocks.

    Each iteration makes one quotient: a super-digit, K digits of pi that a later carry may change.
    """

    sizes: Sequence[Sequence[int]]
    """For each iteration, the number of leading blocks of each chain that it goes through.

    The numbers never increase from one iteration to the next.
    """
    numbers: list[list[mpz]] = field(init=False)
    """The new numbers N of each chain; 0 for a block that the following sweep has taken."""
    quotients: list[mpz] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    """The last K digits of each quotient, which may have one more.

    They are made here, in the sweep's thread, because they take as long as two products.
    """
    done: int = 0
    """Blocks this sweep has finished."""
    _left: Condition = field(default_factory=Condition)
    """Notifies the following sweep of each block that this one has finished."""

    def __post_init__(self) -> None:
        self.numbers = [[_NOTHING] * count for count in self.sizes[0]]

    def leave(self, chain: int, index: int, number: mpz) -> None:
        """Store the new N of a block, so that the following sweep can take it."""
        self.numbers[chain][index] = number
        with self._left:
            self.done += 1
            self._left.notify()

    def take(self, chain: int, index: int, check: Check) -> mpz:
        """Wait until this sweep has finished a block; return its new N and free it here.

        While it waits, `check` is called, which may raise to end the wait.
        """
        before = sum(self.sizes[0][chain:]) - index
        with self._left:
            while not self._left.wait_for(lambda: self.done >= before, _WAIT_SECONDS):
                check()
        number, self.numbers[chain][index] = self.numbers[chain][index], _NOTHING
        return number


def sweeps(
    blocks: Sequence[Sequence[AnyBlock]],
    numbers: Sequence[Sequence[mpz]],
    shelf: Shelf,
    powers: Sequence[mpz],
    sizes: Sequence[Sequence[Sequence[int]]],
    width: int,
    poll: Poll,
) -> list[Sweep]:
    """Run one sweep for each entry of `sizes`; return the Sweep objects, which have the results.

    All have their digits, but only the last has the new N of every block that it went through.

    `sizes[i][t][c]` tells through how many blocks of chain c, from its first on, iteration t of
    sweep i goes. `blocks` and `numbers` have one list for each chain: its blocks, and the N of each
    block before the first sweep. `powers` are 1, R, R² … up to R^t for a sweep of t iterations, and
    `width` is K: R is 10^K. The function `poll` is called in the calling thread, with the blocks
    done and the blocks in all. It may raise: `numbers` stays unchanged, and the sweeps are
    discarded. Raises LostBlock if a block is missing or damaged in the database, so that it must be
    made again, and StorageError if the database cannot be reached.
    """
    wave = [Sweep(some) for some in sizes]
    total = sum(sum(sweep.sizes[0]) for sweep in wave)

    def watch(_: int) -> None:
        poll(sum(sweep.done for sweep in wave), total)

    def carry_through(rank: int, chain: int, check: Check) -> list[mpz]:
        """Pass the carry through one chain, from its last block to its first, in sweep `rank`.

        Returns the quotient that leaves the first block, for each iteration of the sweep.
        """
        sweep, ahead = wave[rank], wave[rank - 1] if rank else None
        counts = [count[chain] for count in sweep.sizes]
        carry, times = _NOTHING, 0
        for index in reversed(range(counts[0])):
            check()
            number = ahead.take(chain, index, check) if ahead else numbers[chain][index]
            while times < len(counts) and index < counts[times]:
                carry, times = carry * powers[1], times + 1  # this iteration joins in here
            block = shelf.fetch(blocks[chain][index])
            carry, number = block.step(number, powers[times], carry)
            sweep.leave(chain, index, number)
        return super_digits(carry, powers, len(counts))

    def run(rank: int, check: Check) -> None:
        chains = reversed(range(len(blocks)))
        each = [carry_through(rank, chain, check) for chain in chains]
        wave[rank].quotients = [sum(quotients, _NOTHING) for quotients in zip(*each, strict=True)]
        wave[rank].texts = [to_text(q % powers[1], width) for q in wave[rank].quotients]

    small = sum(number.bit_length() for some in numbers for number in some) <= ALONE
    gather([partial(run, rank) for rank in range(len(wave))], 0 if small else len(wave), watch)
    return wave


def super_digits(quotient: mpz, powers: Sequence[mpz], count: int) -> list[mpz]:
    """Split `quotient`: it left a chain in a sweep that did `count` iterations at once.

    Returns the super-digit of each iteration, in order. `powers` are 1, R, R² …, at least `count`
    of them. Every super-digit is at most R, as that of a single iteration of one chain is.

    >>> super_digits(mpz(314), [mpz(1), mpz(10), mpz(100)], 3)
    [mpz(3), mpz(1), mpz(4)]
    """
    made = []
    for power in reversed(powers[1:count]):
        made.append(min(quotient // power, powers[1]))
        quotient -= made[-1] * power
    return [*made, quotient]
