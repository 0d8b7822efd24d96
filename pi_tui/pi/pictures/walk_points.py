"""The whole walk as points for a picture, in pieces that take little memory.

Every digit d is a step of length 1 in direction d × 36°. The app's own walk is digits/walk.py.
"""

from __future__ import annotations

from cmath import exp, pi
from collections.abc import Iterator
from itertools import accumulate, islice

STEPS = [0j] * 48 + [exp(2j * pi * digit / 10) for digit in range(10)]
"""Steps indexed by the ASCII code of the digit, as complex numbers."""
_PIECE = 100_000
"""Digits walked at once, so that the walk takes little memory."""


def pieces(digits: bytes, stride: int) -> Iterator[list[complex]]:
    """Yield every `stride`-th point of the path, in pieces; each begins where the one before ended.

    The final piece ends at the end of the walk. Without digits, there is no piece.

    >>> [round(abs(point), 6) for piece in pieces(b"0055", 1) for point in piece]
    [0.0, 1.0, 2.0, 1.0, 0.0]
    """
    here, size = 0j, max(1, _PIECE // stride) * stride
    for start in range(0, len(digits), size):
        piece = digits[start : start + size]
        path = accumulate(map(STEPS.__getitem__, piece), initial=here)
        points = list(islice(path, 0, None, stride))
        here = points[-1]
        rest = len(piece) - (len(points) - 1) * stride
        if rest:  # the last piece may end within a stride
            here += sum(STEPS[digit] for digit in piece[len(piece) - rest :])
            points.append(here)
        yield points


def bounds(digits: bytes, stride: int) -> tuple[float, float, float, float]:
    """Return left, right, low and high: the lowest and highest x and y of the walk, in steps.

    Only every `stride`-th point of the walk counts, and its last point.
    """
    left = right = low = high = 0.0
    for points in pieces(digits, stride):
        xs, ys = [point.real for point in points], [point.imag for point in points]
        left, right = min(left, *xs), max(right, *xs)
        low, high = min(low, *ys), max(high, *ys)
    return left, right, low, high
