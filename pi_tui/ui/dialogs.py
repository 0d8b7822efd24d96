"""Small windows on top of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class SavingScreen(ModalScreen[None]):
    """Says that we save and leave."""

    def compose(self) -> ComposeResult:
        """One line, and what a second ctrl+c does."""
        with Vertical(classes="dialog"):
            yield Static("Saving …", classes="dialog-title")
            yield Static("Ctrl+C again leaves at once; the last checkpoint stands.", classes="quiet")


class Choice(ModalScreen[str]):
    """A question with a few answers, each a key press or a click away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("up,k", "app.focus_previous", show=False),
        Binding("down,j", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str, answers: Mapping[str, str]) -> None:
        super().__init__()
        self._title, self._text, self._answers = title, text, answers

    def compose(self) -> ComposeResult:
        """Title, text, and a button for each answer."""
        from textual.widgets import Button

        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield Static(Content(self._text))
            for name, label in self._answers.items():
                yield Button(Content(label), id=name, compact=True)

    def on_button_pressed(self, event: object) -> None:
        """The answer is given."""
        from textual.widgets import Button

        assert isinstance(event, Button.Pressed)
        self.dismiss(event.button.id)
