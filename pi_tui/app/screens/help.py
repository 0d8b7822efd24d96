"""A window to read: the help with keys, words and a text about the machine; or an error in full."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill, indent
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pi_tui.app.keys import KeyTable
from pi_tui.app.screens.dialogs import Dialog

_NAMES = 20
"""Width of the left column, in cells."""
_MEANING = 48
"""Width of the right column, in cells; both fit a window of 80 columns."""
_NARROW = 20
"""Minimum cells of the right column; if it has fewer, the meaning is written below the name."""
Rows = tuple[tuple[str, str], ...]
"""Pairs of a name and its meaning."""
Part = tuple[str, str | Rows]
"""A heading, or "", with a text or a table below it."""
ON_THE_SCREEN: Rows = (
    ("position", "1 is the first byte of the output."),
    ("saved", "output in a committed checkpoint: nothing can take it away."),
    ("not saved yet", "in a warmer colour: it will be in the next checkpoint."),
    ("steps", "the parts a machine works in; it can stop after each."),
    ("figures", "what the machine says of itself."),
    ("time left", "from the work that is left at this speed."),
    ("watching", "another process computes this run; what it saves is shown here."),
    (
        "bar",
        "how far the run is, by its work or, if a pace holds it back, by the pace; the quieter "
        "part was done before this start.",
    ),
)


class ReadingScreen(Dialog[None]):
    """A window with texts and tables, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,exclamation_mark,q,enter", "dismiss"),
    ]

    def __init__(self, title: str, parts: Iterable[Part]) -> None:
        super().__init__()
        self._title, self._parts = title, parts

    def compose(self) -> ComposeResult:
        """Yield the title, then each part below its heading."""
        with VerticalScroll(classes="dialog -wide-dialog"):
            yield Static(self._title, classes="dialog-title")
            for heading, part in self._parts:
                if heading:
                    yield Static(heading, classes="help-title")
                yield Static(Content(part)) if isinstance(part, str) else _Table(part)
            yield Static("Esc closes this.", classes="quiet")


class HelpScreen(ReadingScreen):
    """A window with the whole help."""

    def __init__(self, table: KeyTable, more: Iterable[Part]) -> None:
        """Make the help of these keys; `more` is shown below them."""
        keys = (
            (one.title, (*((key.shown, key.meaning) for key in one.keys), *one.more))
            for one in table.sections
        )
        super().__init__("pi-tui", (*keys, *more))


class _Table(Static):
    """Names with their meanings, which are wrapped to the width of their column."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(_table(rows, _NAMES + _MEANING))
        self._rows = rows

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the meanings of the names again, for the new width."""
        self.update(_table(self._rows, event.size.width))


def _table(rows: Rows, width: int) -> Content:
    """Return a table with names on the left and meanings on the right; if narrow, below."""
    is_wide = width >= _NAMES + _NARROW
    left = _NAMES if is_wide else 2
    room, lines = max(8, min(width - left, _MEANING)), []
    for name, meaning in rows:
        text = indent(fill(meaning, room), " " * left)
        head, rest = (f"{name:<{left}}", text.lstrip()) if is_wide else (f"{name}\n", text)
        lines.append(Content.assemble((head, "$pi-accent"), rest))
    return Content("\n").join(lines)
