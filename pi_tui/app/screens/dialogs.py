"""Small windows on top of the screen: a question with answers, a line to fill in, a last word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A window on top; the app's own keys rest meanwhile, but ctrl+c always leaves."""

    CSS_PATH = Path(__file__).with_name("dialogs.tcss")  # absolute: subclasses live elsewhere
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the input line, which would copy its preselected text and stay.
        Binding("ctrl+c", "app.quit", show=False, priority=True)
    ]


NO_KEYS: Mapping[str, str] = {}
"""Of a question that is answered by its buttons alone."""


class SavingScreen(Dialog[None]):
    """Says that we save and leave."""

    def __init__(
        self, then: str = "Ctrl+C again leaves at once; the last checkpoint stands."
    ) -> None:
        super().__init__()
        self._then = then

    def compose(self) -> ComposeResult:
        """Yield one line, and what a second ctrl+c does."""
        with Vertical(classes="dialog"):
            yield Static("Saving …", classes="dialog-title")
            yield Static(Content(self._then), classes="quiet")


class Choice(Dialog[str | None]):
    """A question with a few answers; the first is the one that Enter gives."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("up,k,left", "app.focus_previous", show=False),
        Binding("down,j,right", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        answers: Mapping[str, str],
        *,
        keys: Mapping[str, str] = NO_KEYS,
    ) -> None:
        """`answers` are names and labels; `keys` are the keys that give an answer, by its name."""
        super().__init__()
        self._title, self._text, self._answers = title, text, answers
        self._by_key = {key: name for name, key in keys.items()}
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Yield title, text, and a button for each answer."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield Static(Content(self._text))
            for name, label in self._answers.items():
                key = f"{self._keys[name]}  " if name in self._keys else ""
                yield Button(Content(key + label), id=name, compact=True)
            if self._keys:
                yield Static(
                    "y or n answers · ↑ ↓ Enter choose · Esc goes back", classes="quiet keys"
                )

    def on_key(self, event: events.Key) -> None:
        """Give the answer that has this key."""
        if event.character and event.character.lower() in self._by_key:
            event.stop()
            self.dismiss(self._by_key[event.character.lower()])

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id)


Explain = Callable[[str], tuple[bool, str]]
"""What is typed so far -> whether it will do, and what to say about it."""


class Ask(Dialog[str | None]):
    """A line to fill in, explained while one types; None if nothing was meant."""

    FIELD: ClassVar[type[Input]] = Input

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("f1", "app.help", show=False, priority=True),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
    ]

    def __init__(
        self,
        title: str,
        explain: Explain,
        *,
        value: str = "",
        example: str = "",
        choices: Sequence[str] = (),
        more: str = "",
        keys: str = "Enter accepts · Esc goes back",
    ) -> None:
        """Make a question; `choices` are the answers, chosen with the arrow keys."""
        super().__init__()
        self._title, self._explain = title, explain
        self._value, self._example = value, example
        self._choices, self._more, self._keys = choices, more, keys

    def compose(self) -> ComposeResult:
        """Yield title, input, a line that answers at every key, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield self.FIELD(self._value, placeholder=self._example, compact=True)
            yield Static(Content(self._explain(self._value)[1]), classes="quiet", id="hint")
            if self._more:
                yield Static(Content(self._more), classes="keys")
            yield Static(Content(self._keys), classes="quiet keys")

    def action_choose(self, step: int) -> None:
        """Put in the next of the answers to choose from, or the one before."""
        field = self.query_one(Input)
        if self._choices:
            now = self._choices.index(field.value) if field.value in self._choices else -1
            at = now + step if now >= 0 else (0 if step > 0 else len(self._choices) - 1)
            field.value = self._choices[at % len(self._choices)]
            field.action_end()

    @on(Input.Changed)
    def _show_hint(self, event: Input.Changed) -> None:
        good, hint = self._explain(event.value)
        shown = self.query_one("#hint", Static)
        shown.update(Content(hint))
        shown.set_class(not good and bool(event.value), "-wrong")

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        if self._explain(event.value)[0]:
            self.dismiss(event.value)
        else:
            self.app.bell()
