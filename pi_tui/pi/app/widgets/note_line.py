"""The line that shows facts about the newest digits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from pi_tui.app.terminal.timers import certain
from pi_tui.app.widgets.panel import FAINT, QUIET, line
from pi_tui.pi.digits.facts import Fact

SECONDS = 8.0
"""Seconds for which a note is shown, unless another one waits or the user closes it."""
AT_LEAST = 2.5
"""Minimum seconds for which a note is shown while others wait."""
_EDGES = 3
"""Cells of the frame at both sides of the note."""
_WAITING = 2
"""Maximum notes that wait. Older ones are dropped, or at full speed they would wait a minute."""


class NoteLine(Widget):
    """Shows facts one after the other. A click scrolls to the digits; Escape closes the fact."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.fact: Fact | None = None
        self._waiting: deque[Fact] = deque(maxlen=_WAITING)
        self._timer: Timer | None = None

    def tell(self, facts: Iterable[Fact]) -> None:
        """Show these facts, one after the other; if too many wait, drop the oldest."""
        before = len(self._waiting)
        self._waiting.extend(facts)
        if self.fact is None:
            self.next()
        elif self._waiting and not before:
            self._end_in(AT_LEAST)

    def forget(self) -> None:
        """Drop all facts, because another run is shown."""
        self._waiting.clear()
        self.next()

    def next(self) -> None:
        """Show the next fact; hide the line if there is none."""
        self.fact = self._waiting.popleft() if self._waiting else None
        self.set_class(self.fact is not None, "-shown")
        self._end_in(AT_LEAST if self._waiting else SECONDS)
        self.refresh(layout=True)

    def _end_in(self, seconds: float) -> None:
        """Set the timer to show the next fact after `seconds`; without a fact, stop the timer."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = certain(self.set_timer(seconds, self.next)) if self.fact else None

    def dismiss(self) -> bool:
        """Close the current fact and show the next; return False if none was shown."""
        shown = self.fact is not None
        self.next()
        return shown

    async def on_click(self) -> None:
        """Scroll to the digits of the fact."""
        await self.run_action("screen.show_fact")

    def render(self) -> Content:
        """Return position and text of the fact, and the keys if they fit.

        If the fact does not fit beside the text at the other end of the frame, it covers that text;
        it is shortened if it is longer than the frame. Without a fact the result is empty.
        """
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
        if told.cell_length > room:  # it would overlap the text beside it
            told = told.truncate(max(stage, 0), ellipsis=True)
            return told + line(("─" * (stage - told.cell_length), FAINT))
        return told + hint if told.cell_length + hint.cell_length <= room else told

    def _words_beside(self) -> int:
        """Return how many cells the text at the other end of the frame takes; 0 if there is none.

        `render` uses this to see whether the fact fits beside that text.
        """
        beside = [view for view in self.siblings if view.display and view.border_subtitle]
        words = (Content.from_markup(str(view.border_subtitle)) for view in beside)
        return max((shown.cell_length + 4 for shown in words), default=0)
