"""Choose K and B of a run; count the boxes it needs; estimate the work done and left.

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
    300,000  15,000    16,384    0.093     0.112   taken
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

from functools import lru_cache
from itertools import pairwise
from math import ceil, log, log2, pow
from typing import NamedTuple

from pi_tui.pi.spigot.series import ARCTAN, Series


class Plan(NamedTuple):
    """The two numbers of a run, K and B, that decide how fast the spigot is."""

    digits_per_step: int
    """K: digits that each iteration makes."""
    boxes_per_block: int
    """B: boxes that are joined into one big integer."""


_STEPS = (
    *((1, 1), (1_000, 16), (20_000, 100), (100_000, 4_000), (1_000_000, 83_334)),
    (10_000_000, 555_556),
)
"""Numbers of digits, each with its best K; between two rows K grows as a power of the digits."""


def plan(digits: int, digits_per_step: int | None = None, series: Series = ARCTAN) -> Plan:
    """Choose the K and B that compute `digits` digits fastest while the display still feels live.

    >>> plan(20_000)
    Plan(digits_per_step=100, boxes_per_block=2048)
    """
    k = digits_per_step or _digits_per_step(digits)
    return Plan(k, _boxes_per_block(digits, series))


def _digits_per_step(digits: int) -> int:
    """Choose K from the table, slightly reduced so that the steps divide the digits evenly."""
    if digits >= _STEPS[-1][0]:
        return -(-digits // 18)  # 20 iterations: more would be slower, and fewer not faster
    for (n1, k1), (n2, k2) in pairwise(_STEPS):
        if digits <= n2:
            k = k1 * pow(digits / n1, log(k2 / k1) / log(n2 / n1))
            break
    return -(-digits // ceil(digits / k))


def _boxes_per_block(digits: int, series: Series) -> int:
    """Choose B, a power of two, so that doubling the leaves again and again gives exactly a block.

    K hardly matters: in 100,000 digits B = 8,192 is best for K = 10, 100, 1,000 and 4,000.
    """
    smallest = max(series.leaf, series.smallest_block)
    return max(1 << max(round(series.block_scale + 0.89 * log2(digits)), 0), smallest)


def iterations(digits: int, digits_per_step: int) -> int:
    """Return the iterations until all digits are settled, unless nines come at the very end.

    Iteration 1 makes the 3, and iteration t the decimals up to (t-1)·K. Each iteration settles the
    decimals of the one before it.

    >>> iterations(100, 10)
    12
    """
    return -(-digits // digits_per_step) + 2


def boxes_needed(series: Series, digits: int, digits_per_step: int, done: int) -> int:
    """Return the boxes that still influence the digits to come after `done` iterations.

    After t iterations the boxes hold pi from decimal tK on. Let each box be worth at most 1/w of
    the one before. Then box j and all boxes after it are worth less than c·√j·w^-j units, with c
    about 2 and w = 2 in Euler's series, 13 and 13.5 in Gosper's. So the boxes beyond (n -
    tK)·log_w(10) + guard, where w^guard is 2^128 or more, cannot change decimal n, unless 24 nines
    or zeros follow it.
    """
    decimals = max(digits - done * digits_per_step, 0)
    return -(-decimals * series.boxes_per_billion // 1_000_000_000) + series.guard_boxes


def blocks_needed(
    series: Series, digits: int, digits_per_step: int, boxes_per_block: int, done: int
) -> int:
    """Return the number of full blocks that hold the boxes needed after `done` iterations.

    >>> blocks_needed(ARCTAN, 100, 10, 64, 0)
    2
    """
    return -(-boxes_needed(series, digits, digits_per_step, done) // boxes_per_block)


# Work is measured in nanoseconds on one quiet core of the machine of the table above. Only the
# ratios matter: work done to work left, and making blocks to stepping.


def work_of_block(series: Series, boxes_per_block: int) -> float:
    """Return the work of making one block with its number N; without N, three fifths."""
    return series.box_cost * pow(boxes_per_block, 1.277)


def work_of_comparison(digits: int) -> float:
    """Return the work of comparing the digits with another formula, whatever made them.

    Measured 2026-11-30, in CPU time: 0.14 of what blocks and iterations take at 20,000 digits, 0.36
    at 1 million.
    """
    return 20 * pow(digits, 1.2)


@lru_cache(maxsize=8)
def work_of_steps(
    series: Series, digits: int, digits_per_step: int, boxes_per_block: int
) -> list[float]:
    """Return the work of the first 0, 1, 2 … iterations; each takes a little less than the last.

    x and y are `series.box_bits`, B the boxes of a block, K the digits of a step, m the boxes that
    an iteration still needs. A box takes x·log2(s/B) + y bits, where s is the first box of its
    block. Summed over all boxes up to m that is about m·(x·log2(m/B) + y - 1.44 x). Each bit costs
    about K^0.4 if several iterations are done at once (sweep.py), and K^0.2 where products are so
    long that they are done by transforms.

    The first call for a run takes about 1 µs an iteration, later calls nothing.
    """
    k = digits_per_step
    work, per_bit = [0.0], min(0.031 * pow(k, 0.47), 2.0 * pow(k, 0.08))
    x, y = series.box_bits
    for done in range(iterations(digits, digits_per_step)):
        boxes = boxes_needed(series, digits, digits_per_step, done) + boxes_per_block / 2
        bits = max(x * log2(boxes / boxes_per_block) + y - 1.44 * x, 1.0)
        work.append(work[-1] + per_bit * boxes * bits)
    return work
