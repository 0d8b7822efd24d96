"""The birthday card: where a date stands in pi, and what can be done with that."""

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
    """Something found, and what can be done with it: `go`, `copy` or `picture`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", show=False),
        Binding("enter", "go", show=False),
        Binding("y", "dismiss('copy')", show=False),
        Binding("s", "dismiss('picture')", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], *, goes: bool) -> None:
        """Make the card; `goes` is True if the digits have a place to go to."""
        super().__init__()
        self._title, self._lines, self._goes = title, lines, goes

    def compose(self) -> ComposeResult:
        """Yield the lines and the keys."""
        keys = "y copies · s saves a picture · Esc back"
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            for line in self._lines:
                yield Static(Content(line))
            yield Static(("Enter goes there · " if self._goes else "") + keys, classes="quiet keys")

    def action_go(self) -> None:
        """Go there, or just close."""
        self.dismiss("go" if self._goes else None)
