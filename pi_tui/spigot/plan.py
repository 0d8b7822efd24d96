"""How many boxes a run needs, which K and B it takes, and how much work is done and left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log2

GUARD_BOXES = 128
"""Boxes beyond the last digit. Those left out are worth less than 10^-24 of it, all together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The two numbers that turn the toy into an engine."""

    digits_per_step: int
    """K: digits each iteration makes."""
    boxes_per_block: int
    """B: boxes that are worked on as one big integer."""


def plan(digits: int, digits_per_step: int | None = None) -> Plan:
    """The K and B that make `digits` digits fastest while still feeling live."""
    k = digits_per_step or max(1, min(digits // 20, digits // 200 + 4))
    b = 64
    while b < 131_072 and b < 4 * k:
        b *= 2
    return Plan(k, b)


def iterations(digits: int, digits_per_step: int) -> int:
    """Iterations until all digits are settled, but for the rare run of nines at the very end.

    Iteration 1 makes the 3, iteration t the decimals up to (t-1)·K, and each settles the decimals
    of the one before it.

    >>> iterations(100, 10)
    12
    """
    return -(-digits // digits_per_step) + 2


def boxes_needed(digits: int, digits_per_step: int, done: int) -> int:
    """Boxes that the digits still to come can see after `done` iterations.

    Then the boxes hold pi from decimal tK on, and box j weighs 2^-j or less, times √(πj): so those
    past ceil((n - tK)·log2(10)) + 128 cannot touch decimal n, unless it is followed by 24 nines.
    """
    decimals = max(digits - done * digits_per_step, 0)
    return -(-decimals * 3_321_928_095 // 1_000_000_000) + GUARD_BOXES


def blocks_needed(digits: int, digits_per_step: int, boxes_per_block: int, done: int) -> int:
    """Blocks, all of them full, that hold the boxes needed after `done` iterations.

    >>> blocks_needed(100, 10, 64, 0)
    8
    """
    return -(-boxes_needed(digits, digits_per_step, done) // boxes_per_block)


@lru_cache(maxsize=4)
def _work(digits: int, digits_per_step: int, boxes_per_block: int) -> list[float]:
    """Work of the first 0, 1, 2 … iterations, in bits of state swept.

    A box takes log2(2s/B) + 4.4 bits (blocks.py), box s being the first of its block; summed over
    all boxes up to x that is about x·(log2(2x/B) + 3).
    """
    work = [0.0]
    for done in range(iterations(digits, digits_per_step)):
        boxes = boxes_needed(digits, digits_per_step, done) + boxes_per_block / 2
        work.append(work[-1] + boxes * (log2(2 * boxes / boxes_per_block) + 3))
    return work


def work_done(digits: int, digits_per_step: int, boxes_per_block: int, done: int) -> float:
    """Work of the first `done` iterations, in bits of state swept; each takes less than the last.

    The first call for a run costs about 1 µs an iteration, the others nothing.
    """
    work = _work(digits, digits_per_step, boxes_per_block)
    return work[min(done, len(work) - 1)]


def work_total(digits: int, digits_per_step: int, boxes_per_block: int) -> float:
    """Work of all iterations, in bits of state swept."""
    return _work(digits, digits_per_step, boxes_per_block)[-1]
