"""A quiet line for what is worth knowing about the digits that just came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from pi_tui.app.terminal.timers import certain
from pi_tui.app.widgets.panel import FAINT, QUIET, line
from pi_tui.pi.digits.facts import Fact

SECONDS = 8.0
"""A note stays this long, unless the next one waits or it is dismissed."""
AT_LEAST = 2.5
"""... and so long at least while others wait, to be read."""
_EDGES = 3
"""Cells of the frame before and after it."""
_WAITING = 2
"""Notes that wait; older ones give way, for at full speed they would queue for a minute."""


class NoteLine(Widget):
    """Shows facts one after the other; a click goes there, Escape dismisses."""

    class Clicked(Message):
        """The user wants to see the fact's digits."""

        def __init__(self, fact: Fact) -> None:
            super().__init__()
            self.fact = fact

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.fact: Fact | None = None
        self._waiting: deque[Fact] = deque(maxlen=_WAITING)
        self._timer: Timer | None = None

    def tell(self, facts: Iterable[Fact]) -> None:
        """Show these facts, one after the other."""
        before = len(self._waiting)
        self._waiting.extend(facts)
        if self.fact is None:
            self.next()
        elif self._waiting and not before:
            self._end_in(AT_LEAST)

    def forget(self) -> None:
        """Drop all facts: another run is shown."""
        self._waiting.clear()
        self.next()

    def next(self) -> None:
        """Show the next fact, or none."""
        self.fact = self._waiting.popleft() if self._waiting else None
        self.set_class(self.fact is not None, "-shown")
        self._end_in(AT_LEAST if self._waiting else SECONDS)
        self.refresh(layout=True)

    def _end_in(self, seconds: float) -> None:
        """Show the next fact in so many seconds."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = certain(self.set_timer(seconds, self.next)) if self.fact else None

    def dismiss(self) -> bool:
        """Close the current fact; return False if there was none."""
        shown = self.fact is not None
        self.next()
        return shown

    def on_click(self) -> None:
        """Go there."""
        if self.fact is not None:
            self.post_message(self.Clicked(self.fact))

    def render(self) -> Content:
        """Return position and saying."""
        if self.fact is None:
            return Content()
        told = line(
            (" ✦ ", "$pi-accent"),
            (f"{self.fact.position:,}  ", "bold"),
            (self.fact.saying + " ", QUIET),
        )
        hint = line((" m show · Esc dismiss ", FAINT))
        stage = self.screen.query_one("#stage").size.width - _EDGES
        room = stage - self._words_beside()
        if told.cell_length > room:  # half a word beside it would be no word
            told = told.truncate(max(stage, 0), ellipsis=True)
            return told + line(("─" * (stage - told.cell_length), FAINT))
        return told + hint if told.cell_length + hint.cell_length <= room else told

    def _words_beside(self) -> int:
        """Return the cells that the words at the other end of the frame take."""
        beside = [view for view in self.siblings if view.display and view.border_subtitle]
        words = (Content.from_markup(str(view.border_subtitle)) for view in beside)
        return max((shown.cell_length + 4 for shown in words), default=0)
