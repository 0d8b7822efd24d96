"""Layout of a picture in pixels, for any output format."""

from __future__ import annotations

import math
from typing import NamedTuple

from pi_tui.pi.pictures.walk_points import bounds

_DEVIATION = math.sqrt(8.25)
"""Standard deviation of one random digit."""
LEVELS = 9


def margin(size: tuple[int, int]) -> int:
    """Return the width of the border in pixels; the bottom one, with texts, is twice as wide."""
    return max(8, min(size) // 18)


class WalkFrame(NamedTuple):
    """Maps the points of a walk, in steps, to pixels."""

    scale: float
    """Pixels of a step."""
    dx: float
    dy: float
    stride: int
    """Every `stride`-th point is drawn, so that points are about a pixel apart or more."""

    @classmethod
    def of(cls, digits: bytes, size: tuple[int, int], most: int) -> WalkFrame:
        """Return a frame that fits the whole walk into `size`.

        Its stride leaves no more than about `most` points, and leaves out points that would be less
        than about a pixel apart.
        """
        rough = max(1, len(digits) // 50_000)
        left, right, low, high = bounds(digits, rough)
        reach = 2 * math.sqrt(rough)  # the walk may stray this far between two points
        left, right, low, high = left - reach, right + reach, low - reach, high + reach
        edge = margin(size)
        width, height = size[0] - 2 * edge, size[1] - 3 * edge
        scale = min(width / (right - left), height / (high - low), min(size) / 8)
        fine = max(1, int((0.8 / scale) ** 2), math.ceil(len(digits) / most))
        return cls(
            scale,
            size[0] / 2 - scale * (left + right) / 2,
            edge + height / 2 + scale * (low + high) / 2,
            fine,
        )

    def at(self, point: complex) -> tuple[float, float]:
        """Return the pixel position (x, y) of a point of the walk."""
        return self.dx + point.real * self.scale, self.dy - point.imag * self.scale

    def dots(self, points: list[complex]) -> list[tuple[float, float]]:
        """Return the pixel positions of many points; ten million take one to two seconds."""
        dx, dy, scale = self.dx, self.dy, self.scale
        return [(dx + point.real * scale, dy - point.imag * scale) for point in points]

    def thick(self, size: tuple[int, int]) -> float:
        """Return the line width in pixels: a sixteenth of a step, but within two limits.

        It is at least 1/1400 of the picture's shorter side, to be visible on paper, and at most
        1/300.
        """
        return max(min(size) / 1400, min(self.scale / 16, min(size) / 300))

    def measure(self, size: tuple[int, int]) -> int:
        """Return the length of the scale bar in steps: 1, 2 or 5 times a power of ten."""
        wanted = size[0] / 20 / self.scale
        power = 10 ** math.floor(math.log10(max(wanted, 1)))
        return next(int(n * power) for n in (1, 2, 5, 10) if n * power >= wanted or n == 10)


class Grid(NamedTuple):
    """A grid of squares, each a digit or the mean of several; all digits are shown."""

    columns: int
    rows: int
    side: int
    """Pixels of a square's side."""
    stride: int
    """Digits per square."""
    left: int
    top: int

    @classmethod
    def of(cls, digits: int, size: tuple[int, int], most: int = 2**62) -> Grid:
        """Return a grid of all digits in at most `most` squares, each as large as `size` allows."""
        edge = margin(size)
        width, height = size[0] - 2 * edge, size[1] - 3 * edge
        stride = max(1, math.ceil(digits / min(width * height, most)))
        squares = math.ceil(digits / stride)
        side = math.isqrt(width * height // squares)
        while (width // side) * (height // side) < squares:  # a side of 1 is always enough
            side -= 1
        columns = min(width // side, squares)
        rows = math.ceil(squares / columns)
        left = (size[0] - columns * side) // 2
        return cls(columns, rows, side, stride, left, edge + (height - rows * side) // 2)


def levels(digits: bytes, stride: int) -> bytes:
    """Return a byte for each group of `stride` digits.

    If `stride` is 1, the byte is the digit itself, 0 to 9. Otherwise it is a level from 0 to 8,
    which tells how far the mean of the group is from 4.5. Level 4 is a mean near 4.5; each level
    more is a mean higher by 5/8 of a standard deviation. The last group may be smaller.

    >>> list(levels(b"0199", 1)), list(levels(b"000044459999999", 4))
    ([0, 1, 9, 9], [0, 4, 8, 8])
    """
    if stride == 1:
        return digits.translate(_TO_NUMBER)
    parts = (digits[at : at + stride] for at in range(0, len(digits), stride))
    middle = LEVELS // 2
    return bytes(min(LEVELS - 1, max(0, middle + round(_deviations(part) * 1.6))) for part in parts)


def _deviations(part: bytes) -> float:
    return (sum(part) - len(part) * 52.5) / (_DEVIATION * math.sqrt(len(part)))


_TO_NUMBER = bytes((code - 48) % 256 for code in range(256))
