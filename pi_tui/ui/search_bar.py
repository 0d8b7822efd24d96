"""The line one types digits into to find them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from pi_tui import words
from pi_tui.ui.panel import FAINT, QUIET, line
from pi_tui.ui.search import Needle, chance, chance_in_words
from pi_tui.words import figures

LONGEST = 100
"""Digits of the longest string that can be searched; its chance is nil long before."""


class SearchBar(Horizontal):
    """Search as you type; says how often it was found and how likely that was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    class Changed(Message):
        """Other digits are searched, or none."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Accepted(Message):
        """Typing is over; the keys belong to the digits again."""

    class Closed(Message):
        """The search is over."""

    def compose(self) -> ComposeResult:
        """A slash, the digits, and what came of it."""
        yield Static("/", classes="search-sign")
        yield Input(
            restrict=r"[\d ,._-]*", max_length=LONGEST, compact=True, placeholder="digits to find"
        )
        yield Static(classes="search-facts")

    @property
    def input(self) -> Input:
        """Where one types."""
        return self.query_one(Input)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(figures(event.value)))

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Accepted())

    def action_close(self) -> None:
        """Close, and forget the search."""
        self.post_message(self.Closed())

    def show(self, needle: Needle | None, digits: int, hit: int | None, number: int) -> None:
        """Hit count and chance; `hit` is the offset of the hit in view, the `number`-th of all."""
        facts = Content() if needle is None else _facts(needle, digits, hit, number)
        self.query_one(".search-facts", Static).update(facts)


def _facts(needle: Needle, digits: int, hit: int | None, number: int) -> Content:
    likely = chance_in_words(chance(len(needle.text), digits))
    odds = line((f"  chance by now {likely}", FAINT), ("  n N Esc", FAINT))
    if not needle.hits:
        return line(("not there yet", "$warning")) + odds
    hits = words.counted(needle.hits, "hit")
    if hit is None:
        return line((hits, "bold $accent")) + odds
    return Content.assemble(
        (f"{words.number(number)} of {hits}", "bold $accent"),
        (" at position ", QUIET),
        (words.number(hit + 1), "bold"),
        odds,
    )
