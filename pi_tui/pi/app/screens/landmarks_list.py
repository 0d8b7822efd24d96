"""The list of landmarks: facts about the digits, reached and still to come."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pi_tui.app.screens.dialogs import Dialog
from pi_tui.app.widgets.panel import QUIET, line
from pi_tui.needle import find_in
from pi_tui.pi.digits.facts import Fact, is_reached
from pi_tui.pi.digits.statistics import Digits

_LONGEST = 4
"""Maximum figures of a number that can be typed; the search is there for longer ones."""


class LandmarksList(Dialog[tuple[int, int] | None]):
    """A list of landmarks; its result is offset and length of the one chosen, or None.

    The user can also type a number. Its first place among the digits is then one more landmark.
    """

    BINDINGS = [("escape,q,l", "dismiss(None)", "Close")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, digits: Digits, count: int, rows: list[Fact | str]) -> None:
        super().__init__()
        self._digits, self._count, self._rows = digits, count, rows
        self._width = max(9, len(f"{count:,}"))
        self._number = ""

    def compose(self) -> ComposeResult:
        """Yield the list, the number typed, and a line about the keys."""
        with Vertical(classes="dialog -wide-dialog"):
            yield Static("Landmarks", classes="dialog-title")
            yield OptionList(
                *(Option(self._row(row), disabled=isinstance(row, str)) for row in self._rows)
            )
            yield Static(self._of_number(), id="number", classes="keys")
            yield Static("Enter goes there · Esc goes back", classes="quiet keys")

    def _row(self, row: Fact | str) -> Content:
        if isinstance(row, str):
            return line((f"{'':>{self._width}}  {row}", "$pi-accent"))
        position = f"{row.position:>{self._width},}  "
        if is_reached(row, self._digits, self._count):
            return line((position, "bold"), (row.saying, ""))
        return line((position + row.saying, QUIET))

    def _of_number(self) -> Content:
        if not self._number:
            return line(("Type a number up to 9999: where it stands first.", QUIET))
        at = self._place_of_number()
        where = f"not among these {self._count:,} digits" if at < 0 else f"first at {at + 1:,}"
        return line((self._number, "bold $pi-accent"), "  ", where)

    def _place_of_number(self) -> int:
        return find_in(self._digits, self._number.encode(), 0, self._count)

    def on_key(self, event: events.Key) -> None:
        """Add a figure to the number typed; backspace removes the last one."""
        if event.character and event.character in "0123456789":
            self._number = (self._number + event.character)[:_LONGEST]
        elif event.key == "backspace":
            self._number = self._number[:-1]
        else:
            return
        event.stop()
        self.query_one("#number", Static).update(self._of_number())

    @on(OptionList.OptionSelected)
    def _go(self, event: OptionList.OptionSelected) -> None:
        """Return the place of the number typed, or else of the fact that is selected."""
        fact = self._rows[event.option_index]
        assert isinstance(fact, Fact)  # a heading cannot be chosen
        at, length = fact.position - 1, len(fact.text)
        is_there = is_reached(fact, self._digits, self._count)
        if self._number:
            at, length = self._place_of_number(), len(self._number)
            is_there = at >= 0
        if is_there:
            self.dismiss((at, length))
        else:
            self.app.bell()
