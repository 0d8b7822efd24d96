"""Sweeps: carry through all the blocks, from the last to the first. Nothing is changed in place.

Sweep t+1 may work on a block as soon as sweep t has left it, so several sweeps run as a
wavefront, each in a thread of its own and one block behind the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Semaphore

from gmpy2 import mpz

from pi_tui.spigot.blocks import Block, Poll
from pi_tui.spigot.crew import Check, gather

ALONE = 4_000_000
"""Up to so many bits of state, a sweep takes a few ms and threads cost more than they bring."""
_WAIT_SECONDS = 0.05


@dataclass(slots=True)
class Sweep:
    """One iteration: the super-digit it made, and the new number of every block it swept."""

    numbers: list[mpz]
    quotient: mpz = field(default_factory=mpz)
    done: int = 0
    """Blocks this sweep has left."""
    left: Semaphore = field(default_factory=lambda: Semaphore(0))
    """Counts the same, for the sweep behind to wait for."""


def sweeps(
    blocks: Sequence[Block],
    numbers: Sequence[mpz],
    radix: mpz,
    sizes: Sequence[int],
    poll: Poll | None,
) -> list[Sweep]:
    """As many sweeps as there are sizes, each through the first blocks that its size says.

    Sizes never grow. `poll`, in the calling thread, may raise at any time: `numbers` stays as it
    is, and what was swept is forgotten.
    """
    wave = [Sweep([mpz(0)] * size) for size in sizes]
    total = sum(sizes)

    def watch(_: int) -> None:
        if poll:
            poll(sum(sweep.done for sweep in wave), total)

    def run(rank: int, check: Check) -> None:
        sweep, ahead = wave[rank], wave[rank - 1] if rank else None
        source = ahead.numbers if ahead else numbers
        carry, allowed = mpz(0), len(source) if ahead else 0
        for index in reversed(range(len(sweep.numbers))):
            check()
            while ahead and allowed > index:
                if ahead.left.acquire(timeout=_WAIT_SECONDS):
                    allowed -= 1
                else:
                    check()
            carry, sweep.numbers[index] = blocks[index].step(source[index], radix, carry)
            sweep.done += 1
            sweep.left.release()
        sweep.quotient = carry

    small = sum(number.bit_length() for number in numbers) <= ALONE
    gather([partial(run, rank) for rank in range(len(wave))], 0 if small else len(wave), watch)
    return wave
