"""What one can do with the digits: find, go to, copy, export, colour, turn into pictures."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen

from pi_tui.errors import PiTuiError
from pi_tui.ui import clipboard, words
from pi_tui.ui.digit_view import DigitView
from pi_tui.ui.search import Needle
from pi_tui.ui.statistics import Digits
from pi_tui.ui.telling import tell
from pi_tui.ui.walk import Walk

if TYPE_CHECKING:
    from textual.widget import Widget

    from pi_tui.ui.search_bar import SearchBar

VIEWS = ("digits", "walk", "heat")


class ExploringScreen(Screen[None]):
    """The keys that look at the digits and change nothing in the run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", id="search"),
        Binding("n", "next_hit", "Next hit", id="next-hit"),
        Binding("N", "previous_hit", "Previous hit", id="previous-hit"),
        Binding("g,ctrl+g", "go_to", "Go to position", id="go-to"),
        Binding("G", "follow", "Follow the tail", id="follow"),
        Binding("v", "turn_view", "Digits, walk, heat map", id="view"),
        Binding("d", "color_digits", "Colour by digit", id="color"),
        Binding("y", "copy", "Copy", id="copy"),
        Binding("e", "export", "Export to a file", id="export"),
        Binding("escape", "clear", "Clear search and marks", show=False),
    ]

    class LooksChanged(Message):
        """Another view, or other colours."""

    def __init__(self) -> None:
        super().__init__()
        self.source: Digits = b""
        self.location = ""
        """Of the database, which no export may touch."""
        self.count = 0
        self.asked = 1
        self.walk = Walk()
        self.view = "digits"
        self._origin = 0
        self._number = 0

    @property
    def digits(self) -> DigitView:
        """The digit view."""
        return self.query_one(DigitView)

    # Searching

    async def action_search(self) -> None:
        """Open the search line and type into it."""
        from pi_tui.ui.search_bar import SearchBar

        self.show_view("digits")
        if not self.query(SearchBar):
            await self.mount(SearchBar(id="search"), before="#status")
        bar = self.search_bar
        assert bar is not None
        self.set_class(True, "-searching")
        self._origin = self.digits.in_view[0]
        bar.input.focus()

    @property
    def search_bar(self) -> SearchBar | None:
        """The search line, once it was asked for."""
        found = self.query("#search")
        return found.first() if found else None  # type: ignore[return-value]

    def search_for(self, text: str) -> None:
        """Highlight all occurrences of `text` and go to the first from where one is."""
        view = self.digits
        view.here, self._number = None, 0
        view.needle = Needle(text) if text else None
        view.forget_lines()
        if view.needle is not None:
            view.needle.feed(self.source, self.count)
            self._go_to_hit(view.needle.next_after(self.source, self._origin - 1, self.count))
        self.show_hits()

    def _go_to_hit(self, offset: int | None) -> None:
        view = self.digits
        if offset is None or view.needle is None:
            return
        self._number = view.needle.number_of(self.source, offset)
        view.mark(offset, offset + len(view.needle.text))
        self.show_hits()

    def show_hits(self) -> None:
        """Count the hits among the digits that are new, and say so."""
        bar, view = self.search_bar, self.digits
        if bar is None or not self.has_class("-searching"):
            return
        if view.needle is not None:
            view.needle.feed(self.source, self.count)
        hit = view.here[0] if view.here and self._number else None
        bar.show(view.needle, self.count, hit, self._number)

    def on_search_bar_changed(self, event: SearchBar.Changed) -> None:
        """Search as one types."""
        self.search_for(event.text)

    def on_search_bar_accepted(self) -> None:
        """The keys belong to the digits again; without digits to find the line goes."""
        if self.digits.needle is None:
            self.on_search_bar_closed()
        self.digits.focus()

    def on_search_bar_closed(self) -> None:
        """The search is over."""
        if (bar := self.search_bar) is not None:
            self.set_class(False, "-searching")
            bar.input.value = ""
        self.search_for("")
        self.digits.focus()

    def action_next_hit(self) -> None:
        """The next hit, or the first again behind the last."""
        self._turn_to(forward=True)

    def action_previous_hit(self) -> None:
        """The hit before."""
        self._turn_to(forward=False)

    def _turn_to(self, *, forward: bool) -> None:
        view = self.digits
        if view.needle is None:
            tell(self, "Nothing is searched; / searches.", seconds=3)
            return
        at = view.here[0] if view.here else view.in_view[0] - 1
        turn = view.needle.next_after if forward else view.needle.last_before
        self.show_view("digits")
        self._go_to_hit(turn(self.source, at, self.count))

    def action_clear(self) -> None:
        """Forget search and marks."""
        self.clear_selection()
        self.on_search_bar_closed()

    # Going

    @work(group="dialog", exclusive=True)
    async def action_go_to(self) -> None:
        """Ask for a position and show it."""
        from pi_tui.ui.dialogs import Ask
        from pi_tui.ui.positions import explain_place, parse_place

        if not self.count:
            return
        explain = partial(explain_place, count=self.count)
        answer = await self.app.push_screen_wait(Ask("Go to position", explain, example="762"))
        if answer is not None:
            self.show_position(parse_place(answer, self.count))

    def show_position(self, offset: int, length: int = 1) -> None:
        """The digit at `offset` is in view and lit up."""
        self.show_view("digits")
        self._number = 0
        self.digits.mark(offset, offset + length)

    def action_feynman(self) -> None:
        """Six nines in a row."""
        if self.count >= 767:
            self.show_position(761, 6)
        else:
            tell(self, "Position 762 is yet to come.", seconds=3)

    @work(group="dialog", exclusive=True)
    async def action_birthday(self) -> None:
        """Search a date."""
        from pi_tui.ui.dialogs import Ask
        from pi_tui.ui.positions import date_as_digits, explain_date

        explain = partial(explain_date, count=self.count)
        ask = Ask("Which date?", explain, example="14.03.1988, or 140388")
        answer = await self.app.push_screen_wait(ask)
        if answer is not None:
            await self.action_search()
            self._origin = 0
            assert self.search_bar is not None
            self.search_bar.input.value = date_as_digits(answer)
            self.digits.focus()

    def action_follow(self) -> None:
        """Back to the tail."""
        self.show_view("digits")
        self.digits.follow()

    # Looking

    def action_turn_view(self) -> None:
        """The next of digits, walk and heat map."""
        self.show_view(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])

    def show_view(self, name: str) -> None:
        """Digits, walk or heat map fill the stage."""
        if name == self.view:
            return
        self.view = name
        stage = self.query_one("#stage", Vertical)
        if not stage.query(f"#{name}"):
            stage.mount(self._make_view(name), before="#note")
        for child in stage.children:
            if child.id in VIEWS:
                child.display = child.id == name
        if name == "digits":
            self.digits.focus()
        self.post_message(self.LooksChanged())

    def _make_view(self, name: str) -> Widget:
        if name == "walk":
            from pi_tui.ui.walk_view import WalkView

            return WalkView(self.walk, id="walk")
        from pi_tui.ui.heat_view import HeatView

        return HeatView(id="heat")

    def action_color_digits(self) -> None:
        """Each digit in its own colour, or not."""
        self.digits.colored = not self.digits.colored
        self.digits.forget_lines()
        self.post_message(self.LooksChanged())

    # Taking away

    def action_copy(self) -> None:
        """Copy what is selected, or else the line that is marked or at the top."""
        if text := self.get_selected_text():
            what = words.counted(len(text), "digit")
        else:
            text = self.digits.line_as_text()
            what = f"the line at {text.split()[0]}" if text else "nothing"
        self.app.copy_to_clipboard(text)
        tell(self, f"Copied {what}.{clipboard.doubt()}", seconds=4)

    @work(group="dialog", exclusive=True)
    async def action_export(self) -> None:
        """Ask what and where to, and write it."""
        from pi_tui.ui.dialogs import Ask
        from pi_tui.ui.export import explain_file, write_digits
        from pi_tui.ui.positions import explain_range, parse_range

        if not self.count:
            return
        count, source, ask = self.count, self.source, self.app.push_screen_wait
        location = self.location
        explain = partial(explain_range, count=count)
        what = await ask(Ask("Export which positions?", explain, value="all"))
        if what is None:
            return
        start, stop = parse_range(what, count)
        explain = partial(explain_file, location=location)
        name = await ask(Ask("Into which file?", explain, value=f"pi-{stop}.txt"))
        if name is None:
            return
        try:
            path = await asyncio.to_thread(write_digits, name, source, start, stop, location)
        except PiTuiError as error:
            tell(self, str(error), wrong=True)
        else:
            tell(self, f"Wrote {stop - start:,} digits to {path}")

    @on(DigitView.Moved)
    def show_place(self) -> None:
        """The frame says which digits are in view, and whether they follow the tail."""
        view = self.digits
        first, end = view.in_view
        where = f" {words.number(first + 1)} – {words.number(end)}" if view.count else ""
        view.border_title = f"digits{where}"
        view.border_subtitle = "following" if view.following else "G follows the tail"
