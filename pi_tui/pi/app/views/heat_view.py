"""The heat map: all digits at once, as a grid of coloured squares."""

from __future__ import annotations

from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from pi_tui import words
from pi_tui.app.looks.themes import inks
from pi_tui.app.widgets.panel import FRAME
from pi_tui.pi.app.views.overview import Picture
from pi_tui.pi.pictures.layout import LEVELS, levels

CHUNK = 1_000_000
"""Digits added at a time: about 8 ms."""
_EMPTY = 255
"""Value of a square whose digits are not computed yet."""


class HeatView(Picture):
    """A heat map of the whole run that fits the window: a square for each digit, or for several.

    A square of several digits has the colour of their mean: by how many standard deviations it
    differs from 4.5. So the map looks alike for a hundred thousand digits and for ten million.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "heat map"
        self._values = bytearray()
        self._columns = 1
        self._stride = 1
        self._styles: dict[tuple[int, int], Style] = {}

    def on_click(self, event: events.Click) -> None:
        """Post `Chosen` with the digits of the square at the mouse; ignore a place without one.

        Of two squares in a cell, that is the upper one.
        """
        at = event.get_content_offset(self)
        square = -1 if at is None else at.y * 2 * self._columns + at.x
        if 0 <= square < len(self._values):
            start = square * self._stride
            self.post_message(self.Chosen(start, min(self._stride, self._digits - start)))

    def notify_style_update(self) -> None:
        """Use the colours of the new theme."""
        super().notify_style_update()
        self._styles.clear()

    def lay_out(self) -> None:
        """Discard all squares, and choose the grid for the present size; `add_chunk` fills it."""
        self._columns = max(1, self.content_size.width)
        squares = self._columns * max(1, self.content_size.height) * 2
        self._stride = max(1, -(-self._digits // squares))
        self._values.clear()
        self._styles.clear()
        self.refresh()

    def add_chunk(self) -> bool:
        """Add squares for some of the new digits; return True if the others fill more squares."""
        source, count = self._source
        start = len(self._values) * self._stride
        end = min(count, len(source), start + max(CHUNK, self._stride))
        squares = (end - start) // self._stride
        if end == self._digits:  # the last square may have fewer digits
            squares = -(-(end - start) // self._stride)
        if squares > 0:
            stop = min(end, start + squares * self._stride)
            self._values += levels(bytes(source[start:stop]), self._stride)
            self._caption()
            self.refresh()
        return min(count, len(source)) - len(self._values) * self._stride >= self._stride

    def _caption(self) -> None:
        each = "one digit" if self._stride == 1 else f"the mean of {self._stride:,} digits"
        captions = (f"heat map: a square is {each}", "heat map", "heat")
        self.border_title = words.fitting(captions, self.outer_size.width - FRAME)
        self.end_of_frame(self._legend())

    def _legend(self) -> str:
        """Return the legend, which tells the meaning of the colours, as markup."""
        low, high = ("0", "9") if self._stride == 1 else ("low", "high")
        name, count = self._scale
        squares = "".join(f"[$pi-{name}-{level}]■[/]" for level in range(count))
        hint = " · click for its digits" if self.outer_size.width - FRAME > 45 else ""
        return f"{low} {squares} {high}{hint}"

    def render_line(self, y: int) -> Strip:
        """Return two rows of squares as a line of cells, the upper row in the foreground colour."""
        width, columns = self.content_size.width, self._columns
        upper, lower, styles = self._row(2 * y), self._row(2 * y + 1), self._styles_of_pairs
        if columns != width:
            return Strip.blank(width, self.rich_style)
        segments = [
            Segment(("▀" if pair[0] != _EMPTY else " ") * len(list(run)), styles[pair])
            for pair, run in groupby(zip(upper, lower, strict=True))
        ]
        return Strip(segments, width)

    def _row(self, row: int) -> bytes:
        """Return one byte for each square of row number `row`.

        The byte is the digit, or the level of the mean if a square stands for several digits. It is
        _EMPTY where no digits are computed yet.
        """
        start = row * self._columns
        return bytes(self._values[start : start + self._columns]).ljust(
            self._columns, bytes([_EMPTY])
        )

    @property
    def _scale(self) -> tuple[str, int]:
        """Return the colour scale's name and length: ten colours for digits, `LEVELS` for means."""
        return ("spectrum", 10) if self._stride == 1 else ("heat", LEVELS)

    @property
    def _styles_of_pairs(self) -> dict[tuple[int, int], Style]:
        """Return the styles of cells, as a dict; a key has the values of a cell's two squares.

        The upper square comes first.
        """
        if not self._styles:
            plain, found = self.rich_style, inks(self.app, *self._scale)
            colors = [*enumerate(ink.color for ink in found), (_EMPTY, None)]
            self._styles = {
                (upper, lower): plain + Style(color=ink, bgcolor=paper)
                for upper, ink in colors
                for lower, paper in colors
            }
        return self._styles
