"""Upper limits for the state of a task. A file that claims more is refused."""

from __future__ import annotations

from pi_tui.pi.spigot.size import Chain, Size

MOST_DIGITS = 10**9
"""Maximum number of digits of a task."""
MOST_DIGITS_PER_STEP = 10**7
"""Maximum K of a task, unless the task has even more digits."""
MOST_BOXES_PER_BLOCK = 2**26
"""Maximum B of a task: the largest B that `plan` chooses, for the most digits by Euler's series."""
MOST_BLOCKS = 10**7
"""Maximum number of blocks of a task: as many as eleven million digits by Gosper's series have if
each block is one box.
"""


def allow(size: Size) -> bool:
    """Return True if every number in `size` is within the bounds of what this program computes."""
    n, k, b = size.digits, size.digits_per_step, size.boxes_per_block
    return (
        0 < n <= MOST_DIGITS
        and 0 < k <= max(n, MOST_DIGITS_PER_STEP)
        and size.series.smallest_block <= b <= MOST_BOXES_PER_BLOCK
        and size.blocks_needed(0) <= MOST_BLOCKS
    )


def most_iterations(size: Size) -> int:
    """Return the most iterations that a run can need: 64 extra for digits that settle late."""
    return size.digits // size.digits_per_step + 64


def most_box_bytes(chain: Chain) -> int:
    """Return how many bytes N, P or D of a block can take at most.

    None of them exceeds the product of the B largest q of the chain, except that N and D of the
    first block can be up to 10^K times as large. For these two, add `most_predigit_bytes`.
    """
    last = (chain.blocks_needed(0) + 1) * chain.boxes_per_block
    return chain.boxes_per_block * chain.series.q(last).bit_length() // 8 + 1


def most_predigit_bytes(size: Chain) -> int:
    """Return how many bytes a number below 10^K can take at most."""
    return size.digits_per_step * 5 // 12 + 1


def most_bytes(size: Size) -> int:
    """Return how many bytes all pieces of a state can take at most, together."""
    compared = 10 * size.digits  # results of the verification: 6 bytes a digit were seen
    most = 2_000 + compared + most_predigit_bytes(size)
    for chain in size.chains:
        most += chain.blocks_needed(0) * (3 * most_box_bytes(chain) + 64)
        most += 2 * most_predigit_bytes(size)  # N and D of block 0
    return most
