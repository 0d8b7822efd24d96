"""The base class of pictures that show all digits at once."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget

from pi_tui.pi.digits.statistics import Digits


class Picture(Widget):
    """A view of all digits at once, to which new digits are added."""

    class Resized(Message):
        """Posted when the picture became visible or changed its size, and needs the digits."""

    class Chosen(Message):
        """Posted when the user clicked a place in the picture, with the digits it stands for."""

        def __init__(self, offset: int, length: int = 1) -> None:
            super().__init__()
            self.offset, self.length = offset, length

    class Captioned(Message):
        """Posted when the caption changed: the note beside it must then be laid out again."""

    def end_of_frame(self, words: str) -> None:
        """Write `words` at the lower right of the frame."""
        if words != self.border_subtitle:
            self.border_subtitle = words
            self.post_message(self.Captioned())

    def show(self, source: Digits, count: int, digits: int) -> None:
        """Draw the first `count` digits of `source`; the run will have `digits`."""
        raise NotImplementedError
