"""The dialog in which the user types digits of pi from memory."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from pi_tui import words
from pi_tui.app.screens.dialogs import Dialog
from pi_tui.app.widgets.panel import QUIET, line
from pi_tui.pi.digits.digit_lines import GROUP
from pi_tui.pi.digits.recital import Recital

_PER_LINE = 4 * GROUP
_LINES = 5
"""Number of lines shown: the last ones."""


class ByHeart(Dialog[int]):
    """A dialog to type digits from memory; its result is the score."""

    BINDINGS = [("escape", "leave", "End")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, digits: bytes, best: int) -> None:
        """Make the dialog; `best` is the best score so far."""
        super().__init__()
        self._recital, self._best = Recital(digits), best

    def compose(self) -> ComposeResult:
        """Yield the digits typed, the score, and a line about the keys."""
        with Vertical(classes="dialog"):
            yield Static("Pi by heart", classes="dialog-title")
            yield Static(self._said(), id="said")
            yield Static(self._standing(), id="standing", classes="keys")
            yield Static("type the digits · Space shows the next · Esc ends", classes="quiet keys")

    def on_key(self, event: events.Key) -> None:
        """Take a digit as the next guess; a space shows the right digit."""
        if event.character and event.character in "0123456789 ":
            event.stop()
            if not self._recital.is_over and not self._recital.say(event.character):
                self.app.bell()
            self.query_one("#said", Static).update(self._said())
            self.query_one("#standing", Static).update(self._standing())

    def action_leave(self) -> None:
        """Close the dialog and return the score."""
        self.dismiss(self._recital.score)

    def _said(self) -> Content:
        """Return the last lines typed, in groups of ten, with wrong digits in another colour."""
        recital = self._recital
        first = max(0, recital.said // _PER_LINE - _LINES + 1)
        wrong = set(recital.wrong)
        rows = []
        for row in range(first, first + _LINES):
            parts: list[str | tuple[str, str]] = ["3." if row == 0 else "  "]
            for at in range(row * _PER_LINE, min((row + 1) * _PER_LINE, recital.said)):
                digit = chr(recital.digits[at])
                parts.append((digit, "bold underline $pi-error") if at in wrong else digit)
                if at % GROUP == GROUP - 1:
                    parts.append(" ")
            if row == recital.said // _PER_LINE and not recital.is_over:
                parts.append(("_", "$pi-accent"))
            rows.append(line(*parts))
        return Content("\n").join(rows)

    def _standing(self) -> Content:
        recital = self._recital
        score = words.counted(recital.score, "digit")
        known = f"{score} without a mistake" + (" so far" if not recital.wrong else "")
        missed = f" · {words.counted(len(recital.wrong), 'mistake')}" if recital.wrong else ""
        best = f" · best {self._best:,}" if self._best else ""
        return line((known, "bold"), (missed + best, QUIET))
