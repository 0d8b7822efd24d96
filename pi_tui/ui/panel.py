"""What every panel is - a card with lines of text - and every picture of the digits."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from pi_tui.pi.digits.statistics import Digits
from pi_tui.ui.frame import Frame

Part = str | Content | tuple[str, str]
"""A piece of a line: plain text (never markup), or text and style."""

QUIET, FAINT = "$pi-quiet", "$pi-faint"
FRAME = 6
"""Cells that a border keeps for itself around the title in it."""


def line(*parts: Part) -> Content:
    """One line from its parts; text from outside is taken as it is, control characters dropped."""
    return Content.assemble(*parts)


def pair(label: str, value: Part, width: int) -> Content:
    """A quiet label on the left, its value on the right.

    >>> pair("nines", "0", 10).plain
    'nines    0'
    """
    shown = Content.assemble(value)
    gap = max(1, width - len(label) - shown.cell_length)
    return Content.assemble((label, QUIET), " " * gap, shown)


def spread(left: Content, right: Content, width: int) -> Content:
    """Two pieces at both ends of a line; the right one goes when there is no room."""
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
        """The lines to show in so many cells; overridden by each panel."""
        raise NotImplementedError

    def show(self, frame: Frame) -> None:
        """Show this moment; nothing is drawn if it looks like the last one."""
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
        """The lines as last made."""
        return self._content


class Picture(Widget):
    """A view of all digits at once, that takes in new ones piece by piece."""

    class Resized(Message):
        """It came into sight, or has another size: it wants to be shown the digits."""

    class Chosen(Message):
        """The user wants to see the digits that a place in it stands for."""

        def __init__(self, offset: int, length: int = 1) -> None:
            super().__init__()
            self.offset, self.length = offset, length

    class Captioned(Message):
        """The end of its frame says something else: the note beside that has other room."""

    def end_of_frame(self, words: str) -> None:
        """The end of the frame says this."""
        if words != self.border_subtitle:
            self.border_subtitle = words
            self.post_message(self.Captioned())

    def show(self, source: Digits, count: int, digits: int) -> None:
        """Take in the first `count` digits of `source`; the run will have `digits`."""
        raise NotImplementedError
