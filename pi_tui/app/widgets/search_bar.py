"""The search bar: a text field, and the result of the search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from pi_tui import words
from pi_tui.app.widgets.panel import FAINT, QUIET, line
from pi_tui.needle import Needle

LONGEST = 100
"""Maximum characters of a text to search."""


class SearchInput(Input):
    """A text field that tells the search bar when it rejects a character or too long a text."""

    def restricted(self) -> None:
        """Show in the bar why typed or pasted text was rejected; Textual would only ring a bell."""
        self.query_ancestor(SearchBar).say_why()


class SearchBar(Horizontal):
    """A text field to search while typing, and the number of hits."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close")]
    RESTRICT: ClassVar[str | None] = None
    """A pattern for the text that can be typed; None for any text."""
    PLACEHOLDER: ClassVar[str] = "text"
    REFUSAL: ClassVar[str] = f"{LONGEST} characters at most"
    """The message shown for a character or a paste that is rejected."""
    UNIT: ClassVar[str] = "byte"
    FIELD: ClassVar[type[SearchInput]] = SearchInput

    def __init__(
        self, search: Callable[..., object], accept: Callable[[], None], close: Callable[[], None]
    ) -> None:
        """Make a bar that calls three functions for the user.

        It calls `search` with the text and `from_start` that `meant` returns for each text typed,
        `accept` at Enter, and `close` at Esc.
        """
        super().__init__(id="search")
        self._search_for, self._accept, self._close = search, accept, close
        self._is_refused = False
        """True while the bar shows why text was rejected."""

    def compose(self) -> ComposeResult:
        """Yield a slash, the text field, and a line for the result."""
        yield Static("/", classes="search-sign")
        yield self.FIELD(
            restrict=self.RESTRICT, max_length=LONGEST, compact=True, placeholder=self.PLACEHOLDER
        )
        yield Static(classes="search-facts")

    def meant(self, text: str) -> tuple[str, bool]:
        """Return the text to find for a typed text, and whether to search from the output's start.

        False means: from the top that the view had when the bar was opened. By default, return the
        text as it is, and False.
        """
        return text, False

    def odds(self, needle: Needle, count: int) -> Sequence[str]:
        """Return texts about the chance of a hit in `count` bytes, longest first.

        Return () if it is unknown, as by default.
        """
        return ()

    @property
    def input(self) -> Input:
        """Return the input field."""
        return self.query_one(Input)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        self._is_refused = False
        text, from_start = self.meant(event.value)
        self._search_for(text, from_start=from_start)

    @on(Input.Submitted)
    def _end_input(self, event: Input.Submitted) -> None:
        event.stop()
        self._is_refused = False
        self._accept()

    def on_descendant_blur(self) -> None:
        """Let the next `show` replace the message about rejected text."""
        self._is_refused = False

    def action_close(self) -> None:
        """End the search and close the bar."""
        self._close()

    def say_why(self) -> None:
        """Show why typed or pasted text was rejected, until other text is typed or Enter."""
        self._is_refused = True
        self.query_one(".search-facts", Static).update(line((self.REFUSAL, "$pi-warning")))

    def show(
        self, needle: Needle | None, count: int, hit: int | None, number: int, *, is_all: bool
    ) -> None:
        """Show how many hits `needle` has in `count` bytes of output; clear the line if it is None.

        `hit` is the offset of the highlighted hit, None if there is none; `number` is its number
        from 1, or 0 if that is unknown. `is_all` is True if no more output will be computed. Does
        nothing while a message about rejected text is shown: a run that computes calls this ten
        times a second, too soon for the user to read the message.
        """
        if self._is_refused:
            return
        facts = self.query_one(".search-facts", Static)
        ways = [Content()]
        if needle is not None:
            ways = self._ways(needle, count, hit, number, is_all=is_all)
        room = facts.content_size.width or ways[0].cell_length
        facts.update(next((way for way in ways if way.cell_length <= room), ways[-1]))

    def _ways(
        self, needle: Needle, count: int, hit: int | None, number: int, *, is_all: bool
    ) -> list[Content]:
        """Return lines, from long to short, that each state the result of the search."""
        odds = [line((f"  {said}", FAINT)) for said in self.odds(needle, count)]
        keys = line(("  n N Esc", FAINT))
        hits = words.counted(needle.hits, "hit") + (" so far" if needle.searched < count else "")
        if not needle.hits and needle.searched < count:
            brief = told = line((f"searching … {words.number(needle.searched)}", QUIET))
            odds = []
        elif not needle.hits:
            where = "not in these" if is_all else "not in the first"
            brief = line((f"{where} {words.number(count)}", "$pi-warning"))
            told = line((f"{where} {words.counted(count, self.UNIT)}", "$pi-warning"))
        elif hit is None:
            brief = told = line((hits, "bold $pi-accent"))
        else:
            which = f"{words.number(number)} of " if number else ""
            brief = line((f"{which}{hits}", "bold $pi-accent"))
            told = line(brief, (" at position ", QUIET), (words.number(hit + 1), "bold"))
        ways = [told + each for each in odds] or [told]
        return [ways[0] + keys, *ways, told, brief]
