"""Sweeps: carry through all the blocks, from the last to the first. Nothing is changed in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gmpy2 import mpz

from pi_tui.spigot.blocks import Block, Poll


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one iteration made: the super-digit, and the new number of every block it swept."""

    quotient: mpz
    numbers: list[mpz]


def sweeps(
    blocks: Sequence[Block],
    numbers: Sequence[mpz],
    radix: mpz,
    sizes: Sequence[int],
    poll: Poll | None,
) -> list[Sweep]:
    """One sweep after the other, each through the first blocks that its size says."""
    result: list[Sweep] = []
    total, done = sum(sizes), 0
    for size in sizes:
        carry, swept = mpz(0), list(result[-1].numbers if result else numbers)[:size]
        for index in reversed(range(size)):
            if poll:
                poll(done, total)
            carry, swept[index] = blocks[index].step(swept[index], radix, carry)
            done += 1
        result.append(Sweep(carry, swept))
    return result
