"""The panel that counts how often each digit has occurred."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from pi_tui import words
from pi_tui.app.frames.frame import Frame
from pi_tui.app.widgets.panel import QUIET, Panel, line
from pi_tui.pi.digits.statistics import DigitCounts, chance_of_more, chi_square, verdict

_EIGHTHS = " ▏▎▍▌▋▊▉█"


class CountsPanel(Panel):
    """A bar, a percentage and a count for each digit, and chi-square."""

    BORDER_TITLE = "digit counts"

    def __init__(self, counts: DigitCounts, *, id: str | None = None, classes: str | None = None):
        super().__init__(id=id, classes=classes)
        self.counts = counts

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return a line for each digit, and write chi-square into the panel's border.

        The longest bar takes all the room beside the numbers.
        """
        counts = self.counts
        most = max(counts.counts) or 1
        digits_wide = len(words.number(most))
        room = max(4, width - digits_wide - 11)
        chi = chi_square(counts.counts)
        told = f"χ² {chi:.2f}, {verdict(chance_of_more(chi))}"
        self.border_subtitle = told if counts.counted else ""
        return [
            self._bar(digit, count, counts.counted, most, room, digits_wide)
            for digit, count in enumerate(counts.counts)
        ]

    def _bar(self, digit: int, count: int, total: int, most: int, room: int, wide: int) -> Content:
        eighths = count * room * 8 // most
        full, rest = divmod(eighths, 8)
        bar = ("█" * full + _EIGHTHS[rest].strip()).ljust(room)
        percent = count / total * 100 if total else 0.0
        return line(
            (f"{digit} ", "bold"),
            (bar, f"$pi-spectrum-{digit}"),
            (f" {percent:5.2f} %", QUIET),
            f" {words.number(count):>{wide}}",
        )
