"""What is wrong, in full: the whole message, and the traceback of a machine's step."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pi_tui.app.screens.dialogs import Dialog


class TroubleScreen(Dialog[None]):
    """A message and a traceback, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,exclamation_mark,q,enter", "dismiss"),
    ]

    def __init__(self, text: str, traceback: str) -> None:
        super().__init__()
        self._text, self._traceback = text, traceback

    def compose(self) -> ComposeResult:
        """Yield the message first, for a small window shows no more."""
        with VerticalScroll(classes="dialog -wide-dialog", id="trouble"):
            yield Static("What is wrong", classes="dialog-title")
            yield Static(Content(self._text), id="trouble-text")
            if self._traceback:
                yield Static("Where it was raised", classes="help-title")
                yield Static(Content(self._traceback))
            yield Static("Esc closes this.", classes="quiet")
