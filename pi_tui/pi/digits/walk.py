"""The random walk of pi: every digit d is a step of length 1 in direction d × 36°."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, islice

from pi_tui.pi.digits.statistics import Digits
from pi_tui.pi.pictures.walk_points import STEPS

CAPACITY = 16_384
"""Points kept; a window of 200 × 60 cells has 96,000 dots, and the walk fills few of them."""
CHUNK = 100_000
"""Digits walked one by one at once: about 5 ms."""
_COUNTED = 256
"""Minimum stride at which the digits between two points are counted, not walked one by one.
Counting takes 0.4 to 0.7 of the time.
"""

_DIGITS = b"0123456789"
_STEPS = [STEPS[digit] for digit in _DIGITS]


class Walk:
    """The path of the first `walked` digits, stored as every `stride`-th point.

    When there are more than CAPACITY points, every other one is dropped and the stride doubles: a
    drawing of the walk must then start over. So a path of any length has at most CAPACITY points.
    """

    def __init__(self) -> None:
        self.points: list[complex] = [0j]
        self.stride = 1

    @property
    def walked(self) -> int:
        """Return the number of digits in the path."""
        return (len(self.points) - 1) * self.stride

    def feed(self, digits: Digits, stop: int) -> bool:
        """Extend the path over digits up to offset `stop`; return True if a whole stride is left.

        The path grows by whole strides. So less than a stride may be left over, until more digits
        come.

        One call goes over CHUNK digits at most, so that it is quick; over more once the stride is
        large, because digits are then counted.

        >>> walk = Walk()
        >>> walk.feed(b"05", 2)
        False
        >>> abs(walk.points[-1]) < 1e-9
        True
        """
        start, stride = self.walked, self.stride
        chunk = CHUNK if stride < _COUNTED else max(10 * CHUNK, stride)
        steps = (min(stop, len(digits), start + chunk) - start) // stride
        if steps > 0:
            ahead = digits[start : start + steps * stride]
            self.points += self._counted(ahead) if stride >= _COUNTED else self._walked(ahead)
            while len(self.points) > CAPACITY:
                self.points = self.points[::2]
                self.stride *= 2
        return min(stop, len(digits)) - self.walked >= self.stride

    def _walked(self, ahead: bytes | bytearray) -> Iterator[complex]:
        """Yield every `stride`-th point of the path through these digits."""
        path = accumulate(map(STEPS.__getitem__, ahead), initial=self.points[-1])
        return islice(path, self.stride, None, self.stride)

    def _counted(self, ahead: bytes | bytearray) -> Iterator[complex]:
        """Yield every `stride`-th point, as `_walked` does, but faster for a large stride.

        A point depends only on how often each digit came before it, so the digits are counted.
        """
        here = self.points[-1]
        for at in range(0, len(ahead), self.stride):
            for digit, step in zip(_DIGITS, _STEPS, strict=True):
                here += ahead.count(digit, at, at + self.stride) * step
            yield here
