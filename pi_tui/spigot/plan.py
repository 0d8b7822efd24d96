"""How many boxes a run needs, which K and B it takes, and how much work is done and left."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

GUARD_BOXES = 64
"""Boxes beyond the last digit that matters; each is worth a little more than one bit."""


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

    ceil((n + 2K - tK)·log2(10)) + 64, and never fewer than the 64 guard boxes.
    """
    decimals = max(digits + (2 - done) * digits_per_step, 0)
    return -(-decimals * 3_321_928_095 // 1_000_000_000) + GUARD_BOXES


def blocks_needed(digits: int, digits_per_step: int, boxes_per_block: int, done: int) -> int:
    """Blocks, all of them full, that hold the boxes needed after `done` iterations.

    >>> blocks_needed(100, 10, 64, 0)
    8
    """
    return -(-boxes_needed(digits, digits_per_step, done) // boxes_per_block)


def work_done(digits: int, digits_per_step: int, boxes_per_block: int, done: int) -> float:
    """Work of the first `done` iterations, in box-steps: the boxes each one swept, added up.

    A sum over a shrinking tail, taken as the area under its straight line so that it costs nothing.
    """
    done = min(done, iterations(digits, digits_per_step))
    first = boxes_needed(digits, digits_per_step, 0)
    slope = digits_per_step * log2(10)
    return done * (first + boxes_per_block / 2) - slope * done * (done - 1) / 2


def work_total(digits: int, digits_per_step: int, boxes_per_block: int) -> float:
    """Work of all iterations, in box-steps."""
    return work_done(digits, digits_per_step, boxes_per_block, iterations(digits, digits_per_step))
