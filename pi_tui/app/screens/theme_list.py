"""The list of themes; the theme under the cursor is shown at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pi_tui.app.screens.dialogs import Dialog


class ThemeList(Dialog[str | None]):
    """A list of themes; the theme under the cursor becomes that of the app.

    The result is the name of the chosen theme. It is None if the user leaves without a choice; the
    caller must then set the theme from before.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,t,q", "dismiss(None)"),
    ]

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def compose(self) -> ComposeResult:
        """Yield the title, the list, and a line about the keys."""
        with Vertical(classes="dialog -themes"):
            yield Static("Theme", classes="dialog-title")
            yield OptionList(*(Option(name, id=name) for name in self._names))
            yield Static("Enter chooses · Esc back", classes="quiet keys")

    def on_mount(self) -> None:
        """Put the cursor on the current theme."""
        if self.app.theme in self._names:
            self.query_one(OptionList).highlighted = self._names.index(self.app.theme)

    @on(OptionList.OptionHighlighted)
    def _try(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_id is not None and self.is_current:
            self.app.theme = event.option_id

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
