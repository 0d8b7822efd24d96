"""The question how many digits of pi there shall be."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from pi_tui.app.screens.dialogs import Ask


class _NumberField(Input):
    """Leaves the question mark to the dialog."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take every printed character but "?"."""
        return character != "?" and super().check_consume_key(key, character)


class AskDigits(Ask):
    """How many digits; a question mark is no digit, so it explains."""

    FIELD = _NumberField

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "app.help", show=False, priority=True)
    ]
