"""Draw with dots in braille characters: every cell has two columns and four rows of dots."""

from __future__ import annotations

from itertools import pairwise

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of the dot in each of the four rows and two columns of a cell (Unicode U+2800 ff.)."""


class Braille:
    """A canvas of `columns` by `rows` cells; dot (0, 0) is at the top left.

    >>> canvas = Braille(2, 1)
    >>> canvas.line(0, 0, 3, 3)
    >>> canvas.text(0)
    '⠑⢄'
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.dots = bytearray(columns * rows)
        self.inks = bytearray(columns * rows)
        """The colour number of each cell: that of the last dot drawn in it."""

    @property
    def width(self) -> int:
        """Return the number of dots in a row."""
        return self.columns * 2

    @property
    def height(self) -> int:
        """Return the number of dots in a column."""
        return self.rows * 4

    def dot(self, x: int, y: int, ink: int = 0) -> None:
        """Set the dot at (x, y), and its cell's colour to `ink`; do nothing outside the canvas."""
        if 0 <= x < self.width and 0 <= y < self.height:
            cell = (y >> 2) * self.columns + (x >> 1)
            self.dots[cell] |= _DOTS[y & 3][x & 1]
            self.inks[cell] = ink

    def line(self, x0: int, y0: int, x1: int, y1: int, ink: int = 0) -> None:
        """Set the dots from (x0, y0) to (x1, y1), both included, each as `dot` does with `ink`."""
        steps = max(abs(x1 - x0), abs(y1 - y0))
        if steps <= 1:
            self.dot(x0, y0, ink)
            self.dot(x1, y1, ink)
            return
        dx, dy = (x1 - x0) / steps, (y1 - y0) / steps
        for step in range(steps + 1):
            self.dot(round(x0 + dx * step), round(y0 + dy * step), ink)

    def text(self, row: int) -> str:
        """Return a row of cells as text; blank cells are spaces: some fonts show empty braille."""
        cells = self.dots[row * self.columns : (row + 1) * self.columns]
        return "".join(chr(0x2800 + dots) if dots else " " for dots in cells)

    def row_inks(self, row: int) -> bytearray:
        """Return one number for each cell in a row, which stands for the cell's colour."""
        return self.inks[row * self.columns : (row + 1) * self.columns]


def curve(values: list[float], columns: int, rows: int) -> list[str]:
    """Draw the values as a line from left to right, the newest last; return the rows of text.

    Each value takes one column of dots; values after the first `2 * columns` are not drawn.
    The highest value is at the top. The bottom edge is a little below the lowest value, but never
    below 0, and at most at 70 % of the highest: otherwise small noise would fill the whole height.

    >>> curve([0, 0, 5, 10], 2, 1), curve([99, 100], 1, 1)
    (['⣀⠎'], ['⠉'])
    """
    canvas = Braille(columns, rows)
    top = max(values, default=0.0) or 1.0
    low = min(values, default=0.0)
    bottom = max(0.0, min(low - (top - low) * 0.3, top * 0.7))
    heights = [round((top - value) / (top - bottom) * (canvas.height - 1)) for value in values]
    for x, (y0, y1) in enumerate(pairwise(heights)):
        canvas.line(x, y0, x + 1, y1)
    if len(heights) == 1:
        canvas.dot(0, heights[0])
    return [canvas.text(row) for row in range(rows)]
