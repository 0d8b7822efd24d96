"""The window with statistics: pairs, gaps and runs of digits, each with its chance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pi_tui.app.screens.dialogs import Dialog
from pi_tui.pi.digits.pattern_table import in_words, lines
from pi_tui.pi.digits.patterns import Patterns, expected_runs
from pi_tui.pi.digits.statistics import Digits
from pi_tui.worker.threads import for_a_moment, in_thread

_IDLE = 1.0
"""Seconds until the next look for new digits."""
_MOMENT = 0.5
"""Seconds between two updates of the tables while many digits are counted."""
_TOLD = """\
The digits of pi look like digits drawn by chance; nobody has proved that they are. These tables \
count them, and say what random digits would do."""


class StatisticsScreen(Dialog[None]):
    """A window with the tables; they grow while digits are computed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,S,q,enter", "dismiss"),
    ]

    def __init__(self, digits: Callable[[], tuple[Digits, int]]) -> None:
        """Make the window; `digits()` returns the digits, and how many are settled: at least 1."""
        super().__init__()
        self._digits = digits
        self._patterns = Patterns()

    def compose(self) -> ComposeResult:
        """Yield an explanation, the tables, and a line about the keys."""
        with VerticalScroll(classes="dialog -full-dialog", id="statistics"):
            yield Static("Statistics", classes="dialog-title")
            yield Static(Content(_TOLD), classes="quiet")
            yield Static(id="remarkable", classes="keys")
            yield Static(id="tables", classes="keys")
            yield Static("↑ ↓ scroll · Esc goes back", classes="quiet keys")

    def on_mount(self) -> None:
        """Start to count: the first digits now, so that the first frame shows tables."""
        self._feed()
        self._show()
        self.run_worker(self._count())

    async def _count(self) -> None:
        """Count the digits in a thread, for a moment at a time; show the tables in between.

        Once all are counted, look for new digits every second, until the window is closed.
        """
        while True:
            before = self._patterns.count
            is_more = await in_thread(for_a_moment, self._feed, _MOMENT)
            if self._patterns.count != before:
                self._show()
            if not is_more:
                await asyncio.sleep(_IDLE)

    def _feed(self) -> bool:
        return self._patterns.feed(*self._digits())

    def _show(self) -> None:
        """Show the tables, and above them the run of equal digits that is least likely."""
        patterns = self._patterns
        rarest = min(patterns.runs, key=lambda run: expected_runs(run.length, patterns.count))
        remarkable = Content(in_words(rarest))
        self.query_one("#remarkable", Static).update(remarkable)
        tables = self.query_one("#tables", Static)
        tables.update(Content("\n".join(lines(patterns)).rstrip()))
