"""What walk and heat map have in common."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget

from pi_tui.ui.statistics import Digits


class Picture(Widget):
    """A view of all digits at once, that takes in new ones piece by piece."""

    class Resized(Message):
        """It came into sight, or has another size: it wants to be shown the digits."""

    def show(self, source: Digits, count: int, digits: int) -> None:
        """Take in the first `count` digits of `source`; the run will have `digits`."""
        raise NotImplementedError
