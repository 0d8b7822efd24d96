"""A picture of all digits at once."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget

from pi_tui.pi.digits.statistics import Digits


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
        """Put words at the end of the frame."""
        if words != self.border_subtitle:
            self.border_subtitle = words
            self.post_message(self.Captioned())

    def show(self, source: Digits, count: int, digits: int) -> None:
        """Take in the first `count` digits of `source`; the run will have `digits`."""
        raise NotImplementedError
