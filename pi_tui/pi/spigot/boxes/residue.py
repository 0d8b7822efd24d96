"""The residue equation: one check that ties every digit ever made to the current state.

Let V be the exact value of all boxes: the mixed-radix number, a fraction. With several chains, it
is their sum. One iteration makes V' = R·V - R·q. Let S be the value of the boxes at the start, D
the number that all super-digits so far spell (including the held ones) and X the value that dropped
tail blocks took with them. Then after t iterations

    R^t · S = R · D + V + X

holds exactly. So it also holds modulo the prime p = 2^61-1, where checking it costs one pass over
the state. A wrong bit in any box or digit breaks it with probability 1 - 2^-61. It does not prove
that there are enough boxes; the guard boxes and the reference do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gmpy2 import mpz

from pi_tui.machine import WrongState
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.boxes.shelf import AnyBlock
from pi_tui.pi.spigot.size import Chain

PRIME = (1 << 61) - 1
_PIECE = 400
"""Digits that Python converts to a number at once; longer pieces take longer per digit."""


def of_radix(size: Chain) -> int:
    """Return R modulo p, computed without R itself, so that a wrong bit in R shows."""
    return pow(10, size.digits_per_step, PRIME)


def weights(blocks: Iterable[AnyBlock]) -> list[int]:
    """Return the weight of each block modulo p, which is what one unit of its N is worth.

    N, P and D are those of the blocks (blocks.py), so this D is not that of the residue equation.
    The weight is 1/D, times P/D of every block before this one. As the divisor of a step, the first
    block's D has a factor R; here that factor is left out.
    """
    result, prefix = [], 1
    for block in blocks:
        inverse = pow(block.denominator_residue, -1, PRIME)
        result.append(prefix * inverse % PRIME)
        prefix = prefix * block.factor_residue * inverse % PRIME
    return result


def value(numbers: Sequence[mpz], weights: Sequence[int]) -> int:
    """Return the value of some blocks modulo p: the sum of each block's N times its weight.

    `numbers` has the N of the blocks, and `weights` their weights. Costs one pass over the bits of
    `numbers`.
    """
    return sum(int(n % PRIME) * w for n, w in zip(numbers, weights, strict=True)) % PRIME


def agrees(block: Block, radix: int) -> bool:
    """Return True if the constants P and D of a block match the residues stored with it.

    `radix` is R modulo p for the first block of a chain, because R is a factor of its D but not of
    the residue stored for D. For any other block it is 1.
    """
    factor = int(block.factor % PRIME) * pow(2, block.shift, PRIME)
    known = block.factor_residue, block.denominator_residue * radix % PRIME
    return (factor % PRIME, int(block.divisor % PRIME)) == known


def text_value(text: bytes | bytearray, so_far: int = 0) -> int:
    """Return the number that a text of digits spells after the number `so_far`, modulo p.

    >>> text_value(b"14", so_far=3)
    314
    """
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        so_far = (so_far * pow(10, len(piece), PRIME) + int(piece)) % PRIME
    return so_far


class Spelled(NamedTuple):
    """The number that 3 and the first `digits` decimals spell, such as 314 for two, modulo p."""

    digits: int = 0
    number: int = 3

    def with_more(self, output: bytearray) -> Spelled:
        """Return this number extended to all decimals in `output`.

        Reads only those after the first `digits`. Raises WrongState if one of these is no digit.
        """
        new = output[self.digits :]
        if new and not new.isdigit():
            raise WrongState("the output contains a non-digit")
        return Spelled(len(output), text_value(new, self.number))


@dataclass(slots=True)
class Ledger:
    """What the residue equation needs besides the boxes and digits, from one iteration to the next.

    The equation, modulo p, tells whether the boxes and the digits made so far fit together.
    """

    radix: int
    """R modulo p."""
    start: int
    """S: value of the boxes at the start, modulo p."""
    dropped: int
    """X: value of the blocks that were dropped because no digit depends on them, modulo p."""
    weights: list[list[int]]
    """The weight of every block of each chain, including blocks dropped since."""
    surplus: bytes = b""
    """Settled digits beyond those asked for."""

    def value(self, numbers: Sequence[Sequence[mpz]]) -> int:
        """Return the value of the blocks of all chains modulo p: the sum of N times weight.

        `numbers` has one list for each chain: the N of its first blocks, up to the last not
        dropped.
        """
        pairs = zip(numbers, self.weights, strict=True)
        return sum(value(some, weights[: len(some)]) for some, weights in pairs) % PRIME

    def drop(self, lost: Sequence[Sequence[mpz]], kept: Sequence[int]) -> None:
        """Record in `dropped` the value of the blocks that an iteration made superfluous.

        For each chain, `kept` has the number of blocks that remain, and `lost` has the numbers N of
        the superfluous blocks, which come after these. The value recorded before is multiplied by R
        first, as each iteration multiplies all boxes.
        """
        each = zip(lost, kept, self.weights, strict=True)
        tail = sum(value(some, weights[at : at + len(some)]) for some, at, weights in each)
        self.dropped = (self.dropped * self.radix + tail) % PRIME

    def check(
        self, i: int, predigit: mpz, nines: int, numbers: Sequence[Sequence[mpz]], spelled: Spelled
    ) -> None:
        """Check that digits and boxes fit together after iteration `i`; raise WrongState if not.

        The digits are those in `spelled` and in `surplus`, and those held back: `predigit`, then
        `nines` super-digits that are all nines. `numbers` has one list for each chain: the N of its
        blocks.
        """
        settled = text_value(self.surplus, spelled.number) if i - nines > 1 else 0
        made = settled * self.radix + int(predigit % PRIME)
        made = (made + 1) * pow(self.radix, nines, PRIME) - 1
        now = self.radix * made + self.value(numbers) + self.dropped
        if (pow(self.radix, i, PRIME) * self.start - now) % PRIME:
            raise WrongState(f"digits and boxes disagree after iteration {i}")
