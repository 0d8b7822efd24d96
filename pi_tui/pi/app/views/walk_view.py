"""The walk of pi, drawn in braille characters; it grows while digits are computed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from math import inf

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from pi_tui import words
from pi_tui.app.looks.themes import inks
from pi_tui.app.widgets.braille import Braille
from pi_tui.app.widgets.output_view import runs
from pi_tui.app.widgets.panel import FRAME
from pi_tui.pi.app.views.overview import Picture
from pi_tui.pi.digits.walk import Walk
from pi_tui.pi.pictures.walk_points import STEPS

Sight = tuple[float, float, float]
"""The part of the walk that is shown: dots of a step, and column and row of the walk's start."""
_MARGIN = 0.08
"""Room left around the path, as a share of its size, so that it need not be refitted often."""
_CHUNKS_A_FRAME = 6
"""Chunks between two drawings while the walk catches up: about seven frames a second."""
_HEAD = 10
"""Colour number of the last point of the walk."""
_MOST_SEARCHED = 50_000
"""About so many digits are walked before the stored points nearest to the mouse, and after them."""


class WalkView(Picture):
    """A picture of the walk that fits the window, coloured from the first digit to the last."""

    was_dragged = False
    """True if the mouse moved while its button was down, so that this is not a click."""

    def __init__(self, walk: Walk, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = "walk"
        self._walk = walk
        self._canvas = Braille(1, 1)
        self._drawn = 0
        self._stride = 0
        """Stride of the points that are drawn; 0 if all are to be drawn again."""
        self._frame: Sight = (1.0, 0.0, 0.0)
        self._bounds = (0.0, 0.0, 0.0, 0.0)
        self._head = (0, -1)
        self._chunks = 0
        self._styles: list[Style] = []

    def notify_style_update(self) -> None:
        """Use the colours of the new theme."""
        super().notify_style_update()
        self._styles.clear()

    def restart(self, walk: Walk) -> None:
        """Set the walk of another run; the old picture stays until `add_chunk` draws this one."""
        self.forget()
        self._walk, self._stride, self._drawn = walk, 0, 0
        self.refresh()

    def add_chunk(self) -> bool:
        """Extend the walk by some of the new digits; return True if more can be added.

        The walk stores one point for every `stride` digits; digits too few for the next point wait
        for more. The picture is drawn at every sixth call and when no more can be added.
        """
        is_more = self._walk.feed(*self._source)
        self._chunks += 1
        if not is_more or self._chunks % _CHUNKS_A_FRAME == 0:
            self._draw()
        return is_more

    def lay_out(self) -> None:
        """Draw the path again for the new size."""
        self._stride = 0
        self._draw()

    def _draw(self) -> None:
        """Draw the new points, or all of them if they do not fit any more or the stride changed.

        Do nothing while the view is hidden or too small.
        """
        columns, rows = self.content_size
        if columns < 2 or rows < 2 or not self.display:
            return
        points, is_anew = self._walk.points, self._stride != self._walk.stride
        if not is_anew and self._drawn == len(points):
            return
        if is_anew or not self._fits(points[self._drawn :]):
            self._canvas = Braille(columns, rows)
            self._fit(points)
            self._drawn, self._stride = 1, self._walk.stride
        self._draw_path(points)
        self._caption()
        self.refresh()

    def _fits(self, points: list[complex]) -> bool:
        left, right, low, high = self._bounds
        return all(left <= p.real <= right and low <= p.imag <= high for p in points)

    def _fit(self, points: list[complex]) -> None:
        self._bounds = around(points)
        self._frame = self._frame_of(self._bounds)

    def _frame_of(self, bounds: tuple[float, float, float, float]) -> Sight:
        """Return the largest scale, and dx and dy, so that the area within `bounds` fits, centred.

        `bounds` are left, right, low and high, in steps of the walk. The scale is Braille dots per
        step, and dx, dy is where the origin is drawn, in dots from the upper left.
        """
        left, right, low, high = bounds
        width, height = self._canvas.width - 1, self._canvas.height - 1
        scale = min(width / (right - left), height / (high - low))
        dx, dy = width / 2 - scale * (left + right) / 2, height / 2 + scale * (low + high) / 2
        return scale, dx, dy

    def _draw_path(self, points: list[complex]) -> None:
        scale, dx, dy = self._frame
        line, share = self._canvas.line, 10 * self._walk.stride / self._digits
        first = max(1, self._drawn)
        x0, y0 = self._dot(points[first - 1])
        for index, point in enumerate(points[first:], start=first):
            x1, y1 = round(point.real * scale + dx), round(dy - point.imag * scale)
            if x1 != x0 or y1 != y0:
                line(x0, y0, x1, y1, min(9, int(index * share)))
                x0, y0 = x1, y1
        self._drawn = len(points)
        self._head = x0 // 2, y0 // 4

    def _dot(self, point: complex) -> tuple[int, int]:
        scale, dx, dy = self._frame
        return round(point.real * scale + dx), round(dy - point.imag * scale)

    def _caption(self) -> None:
        away = abs(self._walk.points[-1])
        walked = words.counted(self._walk.walked, "step")
        captions = (f"walk: {walked}, {away:,.0f} away", f"walk: {walked}", "walk")
        self.border_title = words.fitting(captions, self.outer_size.width - FRAME)

    # Clicks

    def on_click(self, event: events.Click) -> None:
        """Post `Chosen` with the digit whose step ends nearest to the mouse; ignore a drag."""
        if self.was_dragged:
            return
        here = self._under(event)
        if here is not None and self._walk.walked:
            self.post_message(self.Chosen(max(0, self._steps_to(here) - 1)))

    def _under(self, event: events.MouseEvent) -> complex | None:
        at = event.get_content_offset(self)
        return None if at is None else self._there(at.x * 2 + 0.5, at.y * 4 + 1.5)

    def _there(self, x: float, y: float) -> complex:
        """Return the point, a complex number in steps, drawn at `x`, `y` in Braille dots."""
        scale, dx, dy = self._frame
        return complex((x - dx) / scale, (dy - y) / scale)

    def _steps_to(self, place: complex) -> int:
        """Return the number of steps after which the walk is nearest to a point.

        Of a long walk, only the steps around the nearest stored points are searched.
        """
        points, stride = self._walk.points, self._walk.stride
        by_distance = sorted(range(len(points)), key=lambda index: abs(points[index] - place))
        nearest, least = 0, inf
        for index in by_distance[: max(1, _MOST_SEARCHED // stride)]:
            first, last = max(0, index - 1), min(index + 1, len(points) - 1)
            for step, point in enumerate(self._path(points[first], first, last)):
                if (distance := abs(point - place)) < least:
                    nearest, least = first * stride + step, distance
        return nearest

    def _path(self, start: complex, first: int, last: int) -> Iterator[complex]:
        """Yield every point of the walk from stored point `first` to stored point `last`.

        Every `stride`-th point is stored; `first` and `last` count the stored points, from 0.
        `start` is the position of stored point `first`.
        """
        stride = self._walk.stride
        digits = self._source[0][first * stride : last * stride]
        return accumulate(map(STEPS.__getitem__, digits), initial=start)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return one line of cells, a segment for each run of one colour."""
        width = self.content_size.width
        if self._canvas.columns != width or y >= self._canvas.rows:
            return Strip.blank(width, self.rich_style)
        if not self._styles:
            plain = self.rich_style
            self._styles = [plain + ink for ink in inks(self.app, "spectrum", 10)]
            self._styles.append(plain + Style(bold=True))
        text, colors = self._canvas.text(y), self._canvas.row_inks(y)
        column, row = self._head
        if y == row:
            text = f"{text[:column]}●{text[column + 1 :]}"
            colors[column] = _HEAD
        parts = runs(colors)
        return Strip([Segment(text[at:end], self._styles[ink]) for at, end, ink in parts], width)


def around(points: list[complex]) -> tuple[float, float, float, float]:
    """Return left, right, low and high of all points, with a margin for growth."""
    left, right = min(p.real for p in points), max(p.real for p in points)
    low, high = min(p.imag for p in points), max(p.imag for p in points)
    margin = max(right - left, high - low, 4.0) * _MARGIN
    return left - margin, right + margin, low - margin, high + margin
