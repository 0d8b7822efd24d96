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

_PER_LINE = 4 * GROUP
_LINES = 5
"""Number of lines shown: the last ones."""


class ByHeart(Dialog[int]):
    """A dialog to type digits from memory; its result is the score."""

    BINDINGS = [("escape", "leave", "End")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, digits: bytes, best: int) -> None:
        """Make the dialog; `best` is the best score so far."""
        super().__init__()
        self._digits, self._best = digits, best
        self._said = 0
        self._wrong: list[int] = []
        """Offsets of the wrong digits."""

    def compose(self) -> ComposeResult:
        """Yield the digits typed, the score, and a line about the keys."""
        with Vertical(classes="dialog"):
            yield Static("Pi by heart", classes="dialog-title")
            yield Static(self._lines(), id="said")
            yield Static(self._standing(), id="standing", classes="keys")
            yield Static("type the digits · Space shows the next · Esc ends", classes="quiet keys")

    def on_key(self, event: events.Key) -> None:
        """Take a digit as the next guess, a space as a mistake; then show the right digit.

        A mistake rings the bell. After the last digit known, do nothing.
        """
        if event.character and event.character in "0123456789 ":
            event.stop()
            if self._said < len(self._digits):
                if event.character != chr(self._digits[self._said]):
                    self._wrong.append(self._said)
                    self.app.bell()
                self._said += 1
            self.query_one("#said", Static).update(self._lines())
            self.query_one("#standing", Static).update(self._standing())

    def action_leave(self) -> None:
        """Close the dialog; its result is the score."""
        self.dismiss(self.score)

    @property
    def score(self) -> int:
        """Return the number of right digits before the first mistake."""
        return self._wrong[0] if self._wrong else self._said

    def _lines(self) -> Content:
        """Return the last lines typed: the right digits, those mistaken in another colour."""
        first = max(0, self._said // _PER_LINE - _LINES + 1)
        wrong = set(self._wrong)
        rows = []
        for row in range(first, first + _LINES):
            parts: list[str | tuple[str, str]] = ["3." if row == 0 else "  "]
            for at in range(row * _PER_LINE, min((row + 1) * _PER_LINE, self._said)):
                digit = chr(self._digits[at])
                parts.append((digit, "bold underline $pi-error") if at in wrong else digit)
                if at % GROUP == GROUP - 1:
                    parts.append(" ")
            if row == self._said // _PER_LINE and self._said < len(self._digits):
                parts.append(("_", "$pi-accent"))
            rows.append(line(*parts))
        return Content("\n").join(rows)

    def _standing(self) -> Content:
        score = words.counted(self.score, "digit")
        known = f"{score} without a mistake" + (" so far" if not self._wrong else "")
        missed = f" · {words.counted(len(self._wrong), 'mistake')}" if self._wrong else ""
        best = f" · best {self._best:,}" if self._best else ""
        return line((known, "bold"), (missed + best, QUIET))
