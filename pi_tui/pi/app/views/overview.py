"""The base class of pictures that show all digits at once."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message
from textual.widget import Widget

from pi_tui.app.terminal.timers import certain
from pi_tui.pi.digits.statistics import Digits

_BUSY = 0.02
"""Seconds between two chunks while a picture catches up with the digits."""


class Picture(Widget):
    """A view of all digits at once, to which new digits are added."""

    ALLOW_SELECT = False

    class Resized(Message):
        """Posted when the picture became visible or changed its size, and needs the digits."""

    class Chosen(Message):
        """Posted when the user clicked the picture, with offset and number of the digits there."""

        def __init__(self, offset: int, length: int = 1) -> None:
            super().__init__()
            self.offset, self.length = offset, length

    class Captioned(Message):
        """Posted when the words at the lower right changed: the line of facts must make room."""

    def end_of_frame(self, words: str) -> None:
        """Write `words` at the lower right of the frame; post Captioned if they are new."""
        if words != self.border_subtitle:
            self.border_subtitle = words
            self.post_message(self.Captioned())

    add_chunk: Callable[[], bool]
    """Draws some of the new digits; returns True if there are more. Each kind of picture has it."""
    lay_out: Callable[[], None]
    """Lays the picture out for the size of this view. Each kind of picture has it."""
    _digits = 1
    """Digits that the run will have."""
    _source: tuple[Digits, int] = (b"", 0)
    _busy = False

    def show(self, source: Digits, count: int, digits: int) -> None:
        """Draw those of the first `count` digits of `source` that are not drawn yet, in chunks.

        At most one chunk is drawn before this returns, the others later by a timer.

        The complete run will have `digits` digits; if that changes, the picture is laid out anew.
        """
        self._source = (source, count)
        if digits != self._digits:
            self._digits = digits
            self.lay_out()
        if not self._busy:
            self._step()

    def forget(self) -> None:
        """Forget the digits of the run that was shown, as a pending step must draw them no more."""
        self._source = (b"", 0)

    def _step(self) -> None:
        self._busy = self.is_attached and self.add_chunk()
        if self._busy:
            certain(self.set_timer(_BUSY, self._step))

    def on_resize(self, event: events.Resize) -> None:
        """Lay the picture out for the view's new size, and post Resized."""
        self.lay_out()
        self.post_message(self.Resized())
