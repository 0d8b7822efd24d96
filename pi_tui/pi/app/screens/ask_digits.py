"""The dialog that asks for a number of digits."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from pi_tui.app.screens.dialogs import Ask


class _NumberField(Input):
    """A text field that leaves the key `?` to its dialog."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return True if the field takes this key itself: any printable character except "?"."""
        return character != "?" and super().check_consume_key(key, character)


class AskDigits(Ask):
    """Asks for a number of digits. The key `?` opens the help."""

    FIELD = _NumberField

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark", "app.help", priority=True)]
