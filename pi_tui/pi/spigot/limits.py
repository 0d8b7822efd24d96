"""What a state of a task can be at most: a file that claims more is not believed."""

from __future__ import annotations

from pi_tui.pi.spigot.size import Size

MOST_DIGITS = 10**9
"""A task that asks for more is not ours ..."""
MOST_DIGITS_PER_STEP = 10**7
"""... nor one with a larger K, unless it has more digits ..."""
MOST_BOXES_PER_BLOCK = 2**26
"""... nor one with a larger B: four times what is planned for the most digits ..."""
MOST_BLOCKS = 10**7
"""... nor one with more blocks: single boxes of eleven million digits."""


def allow(size: Size) -> bool:
    """True if there can be a task of this size."""
    n, k, b = size.digits, size.digits_per_step, size.boxes_per_block
    return (
        0 < n <= MOST_DIGITS
        and 0 < k <= max(n, MOST_DIGITS_PER_STEP)
        and 0 < b <= MOST_BOXES_PER_BLOCK
        and size.blocks_needed(0) <= MOST_BLOCKS
    )


def most_iterations(size: Size) -> int:
    """More iterations than any run takes: 64 beyond its digits, for what settles late."""
    return size.digits // size.digits_per_step + 64


def most_box_bytes(size: Size) -> int:
    """More bytes than N, P or D of any block fills: less than a product of B of the series' q.

    N and D of the first one are less than that times 10^K.
    """
    last = (size.blocks_needed(0) + 1) * size.boxes_per_block
    return size.boxes_per_block * size.series.q(last).bit_length() // 8 + 1


def most_predigit_bytes(size: Size) -> int:
    """More bytes than a number below 10^K fills."""
    return size.digits_per_step * 5 // 12 + 1


def most_bytes(size: Size) -> int:
    """More bytes than all pieces of a state have."""
    super_digits = 3 * most_predigit_bytes(size)  # the predigit, and in N and D of block 0
    compared = 10 * size.digits  # what is found of the reference: 6 bytes a digit were seen
    return 2_000 + compared + super_digits + size.blocks_needed(0) * (3 * most_box_bytes(size) + 64)
