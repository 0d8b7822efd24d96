"""The help: the keys, the words on the screen, and a text about the machine."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar, NamedTuple

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
ON_THE_SCREEN: Rows = (
    ("position", "1 is the first byte of the output."),
    ("saved", "output in a committed checkpoint: nothing can take it away."),
    ("not saved yet", "warmer: in the next checkpoint."),
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


class HelpTexts(NamedTuple):
    """The texts of the help, apart from the keys."""

    on_the_screen: Rows = ON_THE_SCREEN
    title: str = ""
    """The heading of the text about the machine."""
    text: str = ""


class HelpScreen(Dialog[None]):
    """A window with the whole help, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss"),
        Binding("j", "app.simulate_key('down')"),
        Binding("k", "app.simulate_key('up')"),
    ]

    def __init__(self, table: KeyTable, texts: HelpTexts) -> None:
        super().__init__()
        self._texts = texts
        self._tables: list[tuple[str, Rows]] = [
            (one.title, (*((key.shown, key.meaning) for key in one.keys), *one.more))
            for one in table.sections
        ]
        self._tables.append(("On the screen", texts.on_the_screen))

    def compose(self) -> ComposeResult:
        """Yield keys, words, and the text about the machine."""
        with VerticalScroll(classes="dialog -wide-dialog", id="help"):
            yield Static("pi-tui", classes="dialog-title")
            for title, rows in self._tables:
                yield Static(title, classes="help-title")
                yield Static(_table(rows, _MEANING), classes="help-table")
            if self._texts.text:
                yield Static(self._texts.title, classes="help-title")
                yield Static(self._texts.text)
            yield Static("Esc closes this.", classes="quiet")

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the texts to the width of their column."""
        self.call_after_refresh(self._wrap)

    def _wrap(self) -> None:
        tables = (rows for _, rows in self._tables)
        for shown, rows in zip(self.query(".help-table").results(Static), tables, strict=True):
            if shown.size.width:
                room = min(_MEANING, shown.size.width - _NAMES)
                shown.update(
                    _table(rows, room) if room >= _NARROW else _stack(rows, shown.size.width)
                )


def _table(rows: Rows, width: int) -> Content:
    """Return a table with names on the left, and their meanings wrapped on the right."""
    lines = [
        Content.assemble((f"{'' if at else name:<{_NAMES}}", "$pi-accent"), text)
        for name, meaning in rows
        for at, text in enumerate(wrap(meaning, width))
    ]
    return Content("\n").join(lines)


def _stack(rows: Rows, width: int) -> Content:
    """Return each name on a line of its own, with its meaning below."""
    lines = []
    for name, meaning in rows:
        lines.append(Content.assemble((name, "$pi-accent")))
        lines += [Content("  " + text) for text in wrap(meaning, max(8, width - 2))]
    return Content("\n").join(lines)
