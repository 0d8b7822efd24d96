"""The list of landmarks: facts about the digits, reached and still to come."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pi_tui.app.screens.dialogs import Dialog
from pi_tui.app.widgets.panel import QUIET, line
from pi_tui.pi.digits.facts import Fact, is_reached
from pi_tui.pi.digits.statistics import Digits


class LandmarksList(Dialog[tuple[int, int] | None]):
    """A dialog that lists landmarks: remarkable strings of digits, each a `Fact`.

    Its result is the offset and the length of the string chosen, or None if the user closes it.
    """

    BINDINGS = [("escape,q,l", "dismiss(None)", "Close")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, digits: Digits, count: int, rows: list[Fact | str]) -> None:
        super().__init__()
        self._digits, self._count, self._rows = digits, count, rows
        self._width = max(9, len(f"{count:,}"))

    def compose(self) -> ComposeResult:
        """Yield the list, and a line about the keys."""
        with Vertical(classes="dialog -wide-dialog"):
            yield Static("Landmarks", classes="dialog-title")
            yield OptionList(
                *(Option(self._row(row), disabled=isinstance(row, str)) for row in self._rows)
            )
            yield Static("Enter goes there · Esc goes back", classes="quiet keys")

    def _row(self, row: Fact | str) -> Content:
        if isinstance(row, str):
            return line((f"{'':>{self._width}}  {row}", "$pi-accent"))
        position = f"{row.position:>{self._width},}  "
        if is_reached(row, self._digits, self._count):
            return line((position, "bold"), (row.saying, ""))
        return line((position + row.saying, QUIET))

    @on(OptionList.OptionSelected)
    def _go(self, event: OptionList.OptionSelected) -> None:
        """Close the list; its result is the offset and the length of the string of digits chosen.

        If these digits are not computed yet, ring the bell instead.
        """
        fact = self._rows[event.option_index]
        assert isinstance(fact, Fact)  # a heading cannot be chosen
        if is_reached(fact, self._digits, self._count):
            self.dismiss((fact.position - 1, len(fact.text)))
        else:
            self.app.bell()
