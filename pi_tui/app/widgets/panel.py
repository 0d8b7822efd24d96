"""A panel: a card with lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.widget import Widget

from pi_tui.app.frames.frame import Frame

Part = str | Content | tuple[str, str]
"""A piece of a line: plain text (never markup), or text and style."""

QUIET, FAINT = "$pi-quiet", "$pi-faint"
FRAME = 6
"""Cells that a border keeps for itself around the title in it."""


def line(*parts: Part) -> Content:
    """Join parts to a line; markup in text from outside means nothing."""
    return Content.assemble(*parts)


def pair(label: str, value: Part, width: int) -> Content:
    """Put a quiet label on the left and its value on the right.

    >>> pair("nines", "0", 10).plain
    'nines    0'
    """
    shown = Content.assemble(value)
    gap = max(1, width - len(label) - shown.cell_length)
    return Content.assemble((label, QUIET), " " * gap, shown)


def spread(left: Content, right: Content, width: int) -> Content:
    """Put two pieces at both ends of a line; drop the right one when there is no room."""
    gap = width - left.cell_length - right.cell_length
    return Content.assemble(left, " " * gap, right) if gap > 0 else left


class Panel(Widget):
    """A bordered card with a title; repainted only when its lines differ."""

    TITLE = ""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = self.TITLE
        self._frame: Frame | None = None
        self._content = Content()

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return the lines to show in so many cells; each panel overrides it."""
        raise NotImplementedError

    def show(self, frame: Frame) -> None:
        """Show this moment; draw nothing if it looks like the last one."""
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
        """Return the lines as last made."""
        return self._content
