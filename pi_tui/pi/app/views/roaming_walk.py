"""The view of the walk in which the user can zoom and move."""

from __future__ import annotations

from itertools import islice, pairwise
from math import sqrt
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset

from pi_tui.pi.app.views.walk_view import Sight, WalkView, around
from pi_tui.pi.digits.walk import Walk

_NEAREST = 40.0
"""Maximum dots for a step; with more, too little of the walk would be visible."""
_STRIDE = 0.25
"""An arrow key moves by this fraction of the window."""
_MOST_WALKED = 250_000
"""Maximum digits whose steps are computed again for one picture: some 0.1 s."""
_FINE = 0.7
"""Minimum distance of two points that are both drawn, in dots."""


class RoamingWalk(WalkView):
    """Shows the whole walk, or a part of it enlarged.

    Of a long walk only every `stride`-th point is kept. If these are far enough apart in an
    enlarged part, the steps between them are computed again from the digits, unless these digits
    are more than _MOST_WALKED.
    """

    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "zoom(2)", "Nearer"),
        Binding("minus", "zoom(0.5)", "Farther"),
        Binding("0", "whole", "The whole walk"),
        Binding("left", "pan(-1, 0)"),
        Binding("right", "pan(1, 0)"),
        Binding("up", "pan(0, 1)"),
        Binding("down", "pan(0, -1)"),
    ]
    _sight: Sight | None = None
    """The part that the user looks at; None for the whole walk."""
    _dragged_from: Offset | None = None

    def restart(self, walk: Walk) -> None:
        """Set the walk of another run, to be shown as a whole when `add_chunk` draws it."""
        self._sight = None
        super().restart(walk)

    # Zooming and moving

    def action_zoom(self, factor: float) -> None:
        """Zoom by `factor` around the middle of the window."""
        self._zoom(factor, self._there(self._canvas.width / 2, self._canvas.height / 2))

    def action_whole(self) -> None:
        """Show the whole walk."""
        self._look_at(None)

    def action_pan(self, right: int, up: int) -> None:
        """Move the view by a quarter of the window, `right` and `up` being 1, 0 or -1.

        Do nothing if the whole walk is shown.
        """
        self._move(-right * _STRIDE * self._canvas.width, up * _STRIDE * self._canvas.height)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in at the mouse."""
        self._zoom(1.5, self._under(event))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out at the mouse."""
        self._zoom(1 / 1.5, self._under(event))

    def _zoom(self, factor: float, fixed: complex | None) -> None:
        """Zoom by `factor`, so that the point `fixed` stays where it is.

        The scale is _NEAREST at most. If the whole walk would fit, show it as a whole instead, also
        if `fixed` is None. If it would not fit and `fixed` is None, do nothing.
        """
        scale, dx, dy = self._frame
        wanted = min(scale * factor, _NEAREST)
        if wanted <= self._whole_scale():
            self._look_at(None)
        elif fixed is not None:
            more = wanted - scale
            self._look_at((wanted, dx - more * fixed.real, dy + more * fixed.imag))

    def _move(self, right: float, down: float) -> None:
        """Move the walk by `right` and `down` dots; do nothing if the whole walk is shown."""
        if self._sight is not None:
            scale, dx, dy = self._sight
            self._look_at((scale, dx + right, dy + down))

    def _look_at(self, sight: Sight | None) -> None:
        self._sight, self._stride = sight, 0  # draw everything again
        self._draw()

    # Dragging

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start dragging."""
        self._dragged_from, self.was_dragged = event.screen_offset, False
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the walk with the mouse while its button is down."""
        start = self._dragged_from
        if start is None or event.screen_offset == start:
            return
        gone = event.screen_offset - start
        self._dragged_from, self.was_dragged = event.screen_offset, True
        self._move(gone.x * 2, gone.y * 4)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End dragging."""
        self._dragged_from = None
        self.release_mouse()

    # Drawing

    def _whole_scale(self) -> float:
        return self._frame_of(around(self._walk.points))[0]

    def _fit(self, points: list[complex]) -> None:
        super()._fit(points)
        self._frame = self._sight or self._frame

    def _fits(self, points: list[complex]) -> bool:
        return self._sight is not None or super()._fits(points)

    def _draw_path(self, points: list[complex]) -> None:
        if self._sight is None:
            super()._draw_path(points)
            return
        first = max(1, self._drawn)
        edges = self._edges(2 + 2 * sqrt(self._walk.stride))  # the walk may stray so far between
        near = [
            index
            for index in range(first, len(points))
            if _may_meet(edges, points[index - 1], points[index])
        ]
        is_fine = len(near) * self._walk.stride <= _MOST_WALKED
        every = max(1, int((_FINE / self._frame[0]) ** 2)) if is_fine else self._walk.stride
        share = 10 * self._walk.stride / self._digits
        for index in near:
            self._draw_between(points, index, every, min(9, int(index * share)))
        self._drawn = len(points)
        x, y = self._dot(points[-1])
        is_in_sight = 0 <= x < self._canvas.width and 0 <= y < self._canvas.height
        self._head = (x // 2, y // 4) if is_in_sight else (0, -1)

    def _draw_between(self, points: list[complex], index: int, every: int, ink: int) -> None:
        """Draw the path from point `index` - 1 to point `index` of those kept, in the colour `ink`.

        Each line drawn stands for `every` steps of the walk or fewer; lines out of sight are left
        out. The steps between the two points are computed again from the digits, unless one line
        stands for them all.
        """
        start, stop = points[index - 1], points[index]
        steps = () if every >= self._walk.stride else self._path(start, index - 1, index)
        left, right, low, high = self._edges(max(2.0, 2 * sqrt(every)))
        for before, point in pairwise((start, *islice(steps, every, None, every), stop)):
            if left < point.real < right and low < point.imag < high:
                (x0, y0), (x1, y1) = self._dot(before), self._dot(point)
                if (x0, y0) != (x1, y1):
                    self._canvas.line(x0, y0, x1, y1, ink)

    def _edges(self, reach: float) -> tuple[float, float, float, float]:
        """Return left, right, low and high of the part shown, extended by `reach` steps."""
        here, there = self._there(0, self._canvas.height), self._there(self._canvas.width, 0)
        return here.real - reach, there.real + reach, here.imag - reach, there.imag + reach

    def _caption(self) -> None:
        super()._caption()
        near = "" if self._sight is None else f"× {self._frame[0] / self._whole_scale():,.1f} · "
        self.end_of_frame(f"{near}+ - 0 arrows, click for its digits")


def _may_meet(edges: tuple[float, float, float, float], one: complex, other: complex) -> bool:
    """Return False if the line from `one` to `other` surely misses the rectangle within `edges`.

    `edges` has the left, right, low and high coordinate. Returns True if the line may cross the
    rectangle: the smallest rectangle around the line overlaps with it.
    """
    left, right, low, high = edges
    return (
        max(one.real, other.real) > left
        and min(one.real, other.real) < right
        and max(one.imag, other.imag) > low
        and min(one.imag, other.imag) < high
    )
