"""The line in which a search is typed, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from pi_tui import words
from pi_tui.app.widgets.panel import FAINT, QUIET, line
from pi_tui.needle import Needle

LONGEST = 100
"""Characters of the longest text that can be searched."""


class SearchInput(Input):
    """Reports a character that is refused."""

    class Refused(Message):
        """A character was typed that cannot be searched."""

    def restricted(self) -> None:
        """Report a rejected key, for which Textual would ring the bell."""
        self.post_message(self.Refused())


class SearchBar(Horizontal):
    """Search as you type; show how often the text was found."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]
    RESTRICT: ClassVar[str | None] = None
    """A pattern of what can be typed."""
    PLACEHOLDER: ClassVar[str] = "text"
    REFUSAL: ClassVar[str] = ""
    """Why anything else cannot be typed."""
    UNIT: ClassVar[str] = "byte"
    FIELD: ClassVar[type[SearchInput]] = SearchInput

    class Changed(Message):
        """Another text is searched, or none."""

        def __init__(self, text: str, *, from_start: bool = False) -> None:
            super().__init__()
            self.text, self.from_start = text, from_start

    class Accepted(Message):
        """Typing is over; the keys belong to the output again."""

    class Closed(Message):
        """The search is over."""

    def compose(self) -> ComposeResult:
        """Yield a slash, the field, and what came of it."""
        yield Static("/", classes="search-sign")
        yield self.FIELD(
            restrict=self.RESTRICT, max_length=LONGEST, compact=True, placeholder=self.PLACEHOLDER
        )
        yield Static(classes="search-facts")

    def meant(self, text: str) -> tuple[str, bool]:
        """Return the text to find, and whether it is meant to be found at the very beginning."""
        return text, False

    def odds(self, needle: Needle, count: int) -> Sequence[str]:
        """Return the chance of a hit among so much output, from full to short; () if unknown."""
        return ()

    @property
    def input(self) -> Input:
        """Return the input field."""
        return self.query_one(Input)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        text, from_start = self.meant(event.value)
        self.post_message(self.Changed(text, from_start=from_start))

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Accepted())

    def action_close(self) -> None:
        """Close, and forget the search."""
        self.post_message(self.Closed())

    @on(SearchInput.Refused)
    def _say_why(self) -> None:
        self.query_one(".search-facts", Static).update(line((self.REFUSAL, "$pi-warning")))

    def show(
        self, needle: Needle | None, count: int, hit: int | None, number: int, *, is_all: bool
    ) -> None:
        """Show the count of hits; `hit` is the offset of the one in view, the `number`-th of all.

        `is_all` is whether there is no more output to come.
        """
        facts = self.query_one(".search-facts", Static)
        ways = [Content()]
        if needle is not None:
            ways = self._ways(needle, count, hit, number, is_all=is_all)
        room = facts.content_size.width or ways[0].cell_length
        facts.update(next((way for way in ways if way.cell_length <= room), ways[-1]))

    def _ways(
        self, needle: Needle, count: int, hit: int | None, number: int, *, is_all: bool
    ) -> list[Content]:
        """Return what came of the search, from full to short."""
        odds = [line((f"  {said}", FAINT)) for said in self.odds(needle, count)]
        keys = line(("  n N Esc", FAINT))
        hits = words.counted(needle.hits, "hit")
        if not needle.hits:
            where = "not in these" if is_all else "not in the first"
            brief = line((f"{where} {words.number(count)}", "$pi-warning"))
            told = line((f"{where} {words.counted(count, self.UNIT)}", "$pi-warning"))
        elif hit is None:
            brief = told = line((hits, "bold $pi-accent"))
        else:
            brief = line((f"{words.number(number)} of {hits}", "bold $pi-accent"))
            told = Content.assemble(
                brief, (" at position ", QUIET), (words.number(hit + 1), "bold")
            )
        ways = [told + each for each in odds] or [told]
        return [ways[0] + keys, *ways, told, brief]
