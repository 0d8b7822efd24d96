"""Choose K and B of a run.

K is the number of digits a step, B the number of boxes a block. A larger K is faster, but steps are
fewer and longer. A larger B saves interpreter time and has a larger common factor to divide out
(blocks.py), but blocks cost more to make. Times of making the blocks and of stepping, in seconds:

    digits        K         B   making  stepping
    20,000      100     1,024    0.005     0.012
                100     2,048    0.006     0.011   taken
                100     4,096    0.007     0.011
    100,000   4,000     4,096    0.025     0.028
              4,000     8,192    0.030     0.024   taken
              4,000    16,384    0.037     0.023
    300,000  15,000    16,384    0.093     0.112   taken, but with K = 16,667
             15,000    32,768    0.125     0.092
             30,000    16,384    0.095     0.101
    1,000,000 83,334   32,768     0.41      0.53
              83,334   65,536     0.53      0.38   taken
              83,334  131,072     0.63      0.30
             125,000   65,536     0.52      0.38
    10,000,000
             555,556  262,144      7.4      11.2   (*)
             555,556  524,288      8.9       6.7   taken
             555,556 1,048,576     9.5       5.7   (*)
             833,334  524,288      8.5       7.1   (*)

These are CPU seconds of whole runs with two arctangents at full speed on two threads, the least of
3 to 15 runs (one at ten million), measured 2026-11-30 with Python 3.11.7, gmpy2 2.3.2 and GMP 6.3.0
on a machine with much other load. (*): with half of B in the second chain, which makes less than
3 % of a difference. In the same hour Gosper's series took 0.86 and 0.39 s for a million digits. Of
two equally fast rows, the one with smaller blocks or steps is chosen ("taken"), because its display
moves more often, and less is lost by a kill.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log, log2, pow

from pi_tui.pi.spigot.series import ARCTAN, Series
from pi_tui.pi.spigot.size import Size

_STEPS = (
    *((1, 1), (1_000, 16), (20_000, 100), (100_000, 4_000), (1_000_000, 83_334)),
    (10_000_000, 555_556),
)
"""Numbers of digits, each with its best K; between two rows K grows as a power of the digits."""


def plan(digits: int, digits_per_step: int | None = None, series: Series = ARCTAN) -> Size:
    """Choose the K and B that compute `digits` digits fastest while the display still feels live.

    `digits` must be at least 1. If `digits_per_step` is given, that is K.

    >>> plan(20_000)
    Size(series=Series(arctan), digits=20000, digits_per_step=100, boxes_per_block=2048)
    """
    k = digits_per_step or _digits_per_step(digits)
    return Size(series, digits, k, _boxes_per_block(digits, series))


def _digits_per_step(digits: int) -> int:
    """Interpolate K in the table `_STEPS`; return the smallest K that takes no more steps than it.

    From the last row on, K is an 18th of the digits, rounded up.
    """
    if digits >= _STEPS[-1][0]:
        return -(-digits // 18)  # 20 iterations: more would be slower, and fewer not faster
    for (n1, k1), (n2, k2) in pairwise(_STEPS):
        if digits <= n2:
            k = k1 * pow(digits / n1, log(k2 / k1) / log(n2 / n1))
            break
    return -(-digits // ceil(digits / k))


def _boxes_per_block(digits: int, series: Series) -> int:
    """Choose B, a power of two, so that small groups of boxes joined in pairs make exactly a block.

    K hardly matters: in 100,000 digits B = 8,192 is best for K = 10, 100, 1,000 and 4,000.
    """
    smallest = max(series.leaf, series.smallest_block)
    return max(1 << max(round(series.block_scale + 0.89 * log2(digits)), 0), smallest)
