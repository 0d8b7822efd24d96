"""Dialogs: a question with a few answers, a question with a text field, a message while saving."""

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
    """A screen on top of the main one. The app's ctrl+c, ctrl+q, ctrl+z and ctrl+p work in it."""

    CSS_PATH = Path(__file__).with_name("dialogs.tcss")  # absolute: subclasses live elsewhere
    BINDINGS: ClassVar[list[BindingType]] = [
        # Has priority over a text field, which would copy its selected text instead of quitting.
        Binding("ctrl+c", "app.quit", priority=True),
        Binding("j", "press('down')"),
        Binding("k", "press('up')"),
    ]

    def action_press(self, key: str) -> None:
        """Press another key in place of this one, before all keys that were typed after it."""
        (self.focused or self)._forward_event(events.Key(key, None))


class SavingScreen(Dialog[None]):
    """A dialog shown while the program saves, before it exits, or opens or deletes a run."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit")]

    def __init__(self, then: str) -> None:
        super().__init__()
        self._then = then

    def compose(self) -> ComposeResult:
        """Yield a title, and a line that says what the program does after the save."""
        with Vertical(classes="dialog"):
            yield Static("Saving …", classes="dialog-title")
            yield Static(Content(self._then), classes="quiet")


class Choice(Dialog[str | None]):
    """A question with a few answers; the first has the focus, and Enter gives the focused one.

    The result is the name of the answer, or None if the user cancels.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)"),
        Binding("up,k,left", "app.focus_previous"),
        Binding("down,j,right", "app.focus_next"),
    ]

    def __init__(self, title: str, text: str, answers: Mapping[str, str], keys: str = "") -> None:
        """Make a question; `answers` maps the name of each answer to the label of its button.

        The characters of `keys`, such as "yn", choose the answers in their order.
        """
        super().__init__()
        self._title, self._text, self._answers = title, text, answers
        self._by_key = dict(zip(keys, answers, strict=False))

    def compose(self) -> ComposeResult:
        """Yield title, text, a button for each answer and, if there are keys, a line on them."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield Static(Content(self._text))
            shown = {name: f"{key}  " for key, name in self._by_key.items()}
            for name, label in self._answers.items():
                yield Button(Content(shown.get(name, "") + label), id=name, compact=True)
            if shown:
                hint = "y or n answers · ↑ ↓ Enter choose · Esc goes back"
                yield Static(hint, classes="quiet keys")

    def on_key(self, event: events.Key) -> None:
        """Close the dialog with the answer that this key stands for, if any."""
        if event.character and event.character.lower() in self._by_key:
            event.stop()
            self.dismiss(self._by_key[event.character.lower()])

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id)


Explain = Callable[[str], tuple[bool, str]]
"""A function that returns whether a text is valid, and a line about it to show."""


class Ask(Dialog[str | None]):
    """A question with a text field; a line below it explains the text while the user types.

    The result is a text that `explain` calls valid, or None if the user cancels.
    """

    FIELD: ClassVar[type[Input]] = Input

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)"),
        Binding("f1", "app.help", priority=True),
        Binding("up", "choose(-1)"),
        Binding("down", "choose(1)"),
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
        """Make a question; `choices` are example answers that the arrow keys put into the field.

        `value` is the text at first, `example` is shown while the field is empty, and `more` and
        `keys` are lines below.
        """
        super().__init__()
        self._title, self._explain = title, explain
        self._value, self._example = value, example
        self._choices, self._more, self._keys = choices, more, keys

    def compose(self) -> ComposeResult:
        """Yield title, field, a line that explains the text, `more` if any, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield self.FIELD(self._value, placeholder=self._example, compact=True)
            yield Static(Content(self._explain(self._value)[1]), classes="quiet", id="hint")
            if self._more:
                yield Static(Content(self._more), classes="keys")
            yield Static(Content(self._keys), classes="quiet keys")

    def action_choose(self, step: int) -> None:
        """Put the next or the previous of the example answers into the field, if there are any."""
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
