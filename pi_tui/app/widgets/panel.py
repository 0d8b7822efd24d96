"""The base class of panels, and functions to build their lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.content import Content
from textual.widget import Widget

from pi_tui.app.frames.frame import Frame

Part = str | Content | tuple[str, str]
"""A piece of a line: plain text, text with a style, or Content. Text is never markup."""

QUIET, FAINT = "$pi-quiet", "$pi-faint"
FRAME = 6
"""Number of cells that a border needs beside its title."""


def line(*parts: Part) -> Content:
    """Join parts to a line; markup in plain text has no effect."""
    return Content.assemble(*parts)


def pair(label: str, value: Part, width: int) -> Content:
    """Return a line with a quiet label on the left and its value on the right.

    >>> pair("nines", "0", 10).plain
    'nines    0'
    """
    shown = Content.assemble(value)
    gap = max(1, width - len(label) - shown.cell_length)
    return Content.assemble((label, QUIET), " " * gap, shown)


def spread(left: Content, right: Content, width: int) -> Content:
    """Return a line with a text at each end; leave the right one out if there is no room."""
    gap = width - left.cell_length - right.cell_length
    return Content.assemble(left, " " * gap, right) if gap > 0 else left


class Panel(Widget):
    """A widget of text lines: a bar, or a card with border and title.

    It is drawn again only if a line changed.
    """

    _frame: Frame | None = None
    _content = Content()

    lines: Callable[[Frame, int, int], Sequence[Content]]
    """Returns the lines for a frame in so many columns and rows; each panel defines it."""

    def show(self, frame: Frame) -> None:
        """Show this frame once there is room; draw nothing if the lines are the same as before."""
        self._frame = frame
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return
        content = Content("\n").join(self.lines(frame, width, height)[:height])
        if not content.is_same(self._content):
            self._content = content
            self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the lines to the new size."""
        if self._frame is not None:
            self.show(self._frame)

    def render(self) -> Content:
        """Return the lines of the last frame as one text."""
        return self._content
