"""Help that teaches: what is on the screen, what the keys do, what a spigot is."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pi_tui.ui.dialogs import Dialog
from pi_tui.ui.keys import THE_DIGITS, THE_REST, THE_RUN

_NAMES = 20
"""Cells for the names on the left."""
_MEANING = 48
"""Cells for what a key does: with the names they fit a window of 80 columns."""
_NARROW = 20
"""With fewer cells for it, it stands below the name, where it has the whole line."""
_KEYS = (
    (
        "The run",
        (
            *((key.shown, key.meaning) for key in THE_RUN),
            ("Ctrl+C Ctrl+Q", "save and leave; Ctrl+C first copies a selection"),
            ("Ctrl+Z", "save and suspend; fg brings it back"),
        ),
    ),
    (
        "The digits",
        (
            *((key.shown, key.meaning) for key in THE_DIGITS),
            ("↑ ↓ PgUp PgDn Home", "scroll; the wheel does too"),
            ("+ - 0 ← → ↑ ↓", "in the walk: nearer, farther, all, to a side"),
            ("mouse", "the same; a click in a picture shows its digits"),
            ("mouse, Ctrl+C", "select digits and copy them, without gaps"),
            ("Esc", "dismiss the note, then the search and the marks"),
        ),
    ),
    (
        "The rest",
        (
            *((key.shown, key.meaning) for key in THE_REST),
            ("Ctrl+P", "every action by name"),
        ),
    ),
)
_TEXTS = (
    (
        "On the screen",
        (
            ("position", "1 is the first digit after the point: the 1 of 3.1."),
            ("saved", "digits in a committed checkpoint: nothing can take them away."),
            ("not saved yet", "settled, warmer (bold among colours): in the next checkpoint."),
            ("held", "slanted, at the tail: computed, but a carry may still change them."),
            ("iteration", "once through all blocks; it makes as many digits as it says."),
            ("sweep", "the blocks done by the iterations under way."),
            ("held back", "the last digits made: a carry may still reach them."),
            ("nines held", "runs of nothing but 9 behind them: a carry would run through."),
            ("boxes left", "the remainders the spigot still works on; fewer with every step."),
            ("time left", "from the work that is left: iterations get cheaper as boxes go."),
            ("watching", "another pi-tui computes this run; what it saves is shown here."),
            ("bar", "the quieter part was done before this start."),
            ("χ²", "how uneven the counts are; about 8 is what chance gives."),
            ("walk", "digit d is a step in direction d × 36°; violet is early, pink is late."),
            ("heat map", "the whole run on one page, a square for one digit or for many."),
        ),
    ),
)
_SPIGOT = """\
A spigot gives the digits of pi one after the other, as a tap gives drops, and keeps all it needs \
to go on in a row of boxes. Each box holds a small remainder. To get the next digits, every \
remainder is multiplied by a power of ten; then, from the last box to the first, each box divides, \
keeps its remainder and hands a carry to its neighbour. What leaves the first box is the next \
digits of pi. (Rabinowitz and Wagon, 1995.)

Because the boxes are the whole state, saving them is enough to stop at any moment and go on \
later: that is a checkpoint. This spigot works on many boxes at once, as one large number: a \
block."""


class HelpScreen(Dialog[None]):
    """All of it, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", show=False),
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Keys first, then words, then the idea."""
        with VerticalScroll(classes="dialog -wide-dialog", id="help"):
            yield Static("pi-tui", classes="dialog-title")
            for title, rows in (*_KEYS, *_TEXTS):
                yield Static(title, classes="help-title")
                yield Static(_table(rows, _MEANING), classes="help-table")
            yield Static("What a spigot is", classes="help-title")
            yield Static(_SPIGOT)
            yield Static("Esc closes this.", classes="quiet")

    def on_resize(self, event: events.Resize) -> None:
        """The meanings are wrapped in their own column, however narrow it is."""
        self.call_after_refresh(self._wrap)

    def _wrap(self) -> None:
        tables = (rows for _, rows in (*_KEYS, *_TEXTS))
        for shown, rows in zip(self.query(".help-table").results(Static), tables, strict=True):
            if shown.size.width:
                room = min(_MEANING, shown.size.width - _NAMES)
                shown.update(
                    _table(rows, room) if room >= _NARROW else _stack(rows, shown.size.width)
                )

    def action_scroll_down(self) -> None:
        """One line down."""
        self.query_one("#help").scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """One line up."""
        self.query_one("#help").scroll_up(animate=False)


def _table(rows: tuple[tuple[str, str], ...], width: int) -> Content:
    """Names on the left; what they mean is wrapped in a column of its own."""
    lines = [
        Content.assemble((f"{name if first else '':<{_NAMES}}", "$pi-accent"), text)
        for name, meaning in rows
        for first, text in _wrapped(meaning, width)
    ]
    return Content("\n").join(lines)


def _stack(rows: tuple[tuple[str, str], ...], width: int) -> Content:
    """Each name on a line of its own, and below it what it means."""
    lines = []
    for name, meaning in rows:
        lines.append(Content.assemble((name, "$pi-accent")))
        lines += [Content("  " + text) for text in wrap(meaning, max(8, width - 2))]
    return Content("\n").join(lines)


def _wrapped(meaning: str, width: int) -> Iterator[tuple[bool, str]]:
    for at, text in enumerate(wrap(meaning, width)):
        yield at == 0, text
