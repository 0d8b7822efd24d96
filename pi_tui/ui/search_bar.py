"""The line one types digits into to find them."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from pi_tui import words
from pi_tui.pi.digits.search import Needle, chance, chance_in_words
from pi_tui.ui.panel import FAINT, QUIET, line
from pi_tui.words import figures

LONGEST = 100
"""Digits of the longest string that can be searched; its chance is nil long before."""


class _DigitsInput(Input):
    """Takes digits, and tells when it was given something else."""

    class Refused(Message):
        """What was typed is no digit."""

    def restricted(self) -> None:
        """Say so, where Textual would ring the bell."""
        self.post_message(self.Refused())


class SearchBar(Horizontal):
    """Search as you type; says how often it was found and how likely that was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    class Changed(Message):
        """Other digits are searched, or none."""

        def __init__(self, text: str, *, from_start: bool = False) -> None:
            super().__init__()
            self.text, self.from_start = text, from_start

    class Accepted(Message):
        """Typing is over; the keys belong to the digits again."""

    class Closed(Message):
        """The search is over."""

    def compose(self) -> ComposeResult:
        """A slash, the digits, and what came of it."""
        yield Static("/", classes="search-sign")
        yield _DigitsInput(
            restrict=r"[0-9 ,._-]*", max_length=LONGEST, compact=True, placeholder="digits"
        )
        yield Static(classes="search-facts")

    @property
    def input(self) -> Input:
        """Where one types."""
        return self.query_one(Input)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        text, from_start = meant(event.value)
        self.post_message(self.Changed(text, from_start=from_start))

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Accepted())

    def action_close(self) -> None:
        """Close, and forget the search."""
        self.post_message(self.Closed())

    @on(_DigitsInput.Refused)
    def _say_why(self) -> None:
        """Say why a letter does not appear."""
        self.query_one(".search-facts", Static).update(
            line(("only digits can be found: pi has no letters", "$pi-warning"))
        )

    def show(
        self, needle: Needle | None, digits: int, hit: int | None, number: int, *, is_all: bool
    ) -> None:
        """Hit count and chance; `hit` is the offset of the hit in view, the `number`-th of all.

        `is_all` is whether there are no more digits to come.
        """
        facts = self.query_one(".search-facts", Static)
        ways = [Content()] if needle is None else _facts(needle, digits, hit, number, is_all=is_all)
        room = facts.content_size.width or ways[0].cell_length
        facts.update(next((way for way in ways if way.cell_length <= room), ways[-1]))


def meant(text: str) -> tuple[str, bool]:
    """The digits to find, and whether they are the beginning of pi, written with its 3.

    >>> meant("3.14159"), meant("14 15"), meant("3.")
    (('14159', True), ('1415', False), ('3', False))
    """
    beginning = re.match(r"\s*3[.,]\s*(?=\d)", text)
    rest = text[beginning.end() :] if beginning else text
    return figures(rest), beginning is not None


def _facts(
    needle: Needle, digits: int, hit: int | None, number: int, *, is_all: bool
) -> list[Content]:
    """What came of the search, from full to short."""
    likely = chance_in_words(chance(len(needle.text), digits))
    said = f"a hit is {likely}" if "certain" in likely else f"chance of a hit {likely}"
    odds, keys = line((f"  {said}", FAINT)), line(("  n N Esc", FAINT))
    hits = words.counted(needle.hits, "hit")
    if not needle.hits:
        where = "not in these" if is_all else "not in the first"
        brief = line((f"{where} {words.number(digits)}", "$pi-warning"))
        told = line((f"{where} {words.counted(digits, 'digit')}", "$pi-warning"))
    elif hit is None:
        brief = told = line((hits, "bold $pi-accent"))
    else:
        brief = line((f"{words.number(number)} of {hits}", "bold $pi-accent"))
        told = Content.assemble(brief, (" at position ", QUIET), (words.number(hit + 1), "bold"))
    return [told + odds + keys, told + odds, told, brief]
