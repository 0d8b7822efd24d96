"""The birthday card: where a date stands in pi."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from pi_tui.app.screens.dialogs import Dialog


class Card(Dialog[str | None]):
    """A dialog that shows where a date stands in pi, or that it was not found.

    Its result is what the user wants to do with the card: `go`, `copy`, `picture` or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)"),
        Binding("enter", "go"),
        Binding("y", "dismiss('copy')"),
        Binding("s", "dismiss('picture')"),
    ]

    def __init__(self, lines: Sequence[str], *, goes: bool) -> None:
        """Make the card; `goes` is True if the date was found, so there is a position to go to."""
        super().__init__()
        self._lines, self._goes = lines, goes

    def compose(self) -> ComposeResult:
        """Yield the lines of the card, and a line about the keys."""
        keys = "y copies · s saves a picture · Esc back"
        with Vertical(classes="dialog"):
            yield Static("Your date in pi", classes="dialog-title")
            for line in self._lines:
                yield Static(Content(line))
            yield Static(("Enter goes there · " if self._goes else "") + keys, classes="quiet keys")

    def action_go(self) -> None:
        """Close the card; its result is `go`, or None if there is no position to go to."""
        self.dismiss("go" if self._goes else None)
