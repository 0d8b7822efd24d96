"""What one can do with the digits: find, go to, colour, turn into pictures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.message import Message

from pi_tui import words
from pi_tui.pi.digits.search import Needle
from pi_tui.ui.digit_view import DigitView
from pi_tui.ui.face import tell
from pi_tui.ui.taking_away import TakingScreen
from pi_tui.ui.walk import Walk
from pi_tui.worker.threads import in_thread

if TYPE_CHECKING:
    from textual.widget import Widget

    from pi_tui.ui.panel import Picture
    from pi_tui.ui.search_bar import SearchBar

VIEWS = ("digits", "walk", "heat")


class ExploringScreen(TakingScreen):
    """The keys that look at the digits and change nothing in the run."""

    class LooksChanged(Message):
        """Another view, or other colours."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk()
        self._origin = 0
        self._number = 0

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
        self.show_hits()
        self.set_focus(bar.input)  # at once: `focus()` would come after the next key

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
        bar.show(view.needle, self.count, hit, self._number, is_all=self.count >= self.asked)

    def on_search_bar_changed(self, event: SearchBar.Changed) -> None:
        """Search as one types."""
        if event.from_start:
            self._origin = 0
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

    def action_go_to(self) -> None:
        """Ask for a position and show it."""
        if self.count:
            self.face.converse(self._go_to())
        else:
            tell(self, "There is nowhere to go yet.", seconds=3)

    async def _go_to(self) -> None:
        from pi_tui.ui.answers import explain_place, parse_place
        from pi_tui.ui.dialogs import Ask

        explain = partial(explain_place, count=self.count)
        answer = await self.face.ask(Ask("Go to position", explain, example="762"))
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

    def action_landmarks(self) -> None:
        """All there is to see, to choose from."""
        self.face.converse(self._landmarks())

    async def _landmarks(self) -> None:
        from pi_tui.ui.landmarks import Landmarks, landmarks

        source, count = self.source, self.count
        rows = await in_thread(landmarks, source, count)  # 100M digits take a second
        place = await self.face.ask(Landmarks(source, count, rows))
        if place is not None:
            self.show_position(*place)

    def action_birthday(self) -> None:
        """Look for a date, and show where it is on a card."""
        self.face.converse(self._birthday())

    async def _birthday(self) -> None:
        from pi_tui.pi.digits.dates import card, explain_date, framed, look
        from pi_tui.ui.dialogs import Ask, Card

        ask = Ask("Where is your date in pi?", explain_date, example="14.3.1988")
        if (answer := await self.face.ask(ask)) is None:
            return
        place = await in_thread(look, answer, self.source, self.count)
        assert place is not None
        lines = card(answer, place)
        told = await self.face.ask(Card("Your date in pi", lines, goes=place.offset is not None))
        if told == "copy":
            self.copy_text(framed(lines), "the card")
        elif told == "picture":
            await self.picture_of_card(lines, f"pi-{place.notation.text}.svg")
        elif told == "go" and place.offset is not None:
            self.show_position(place.offset, len(place.notation.text))

    def action_follow(self) -> None:
        """Back to the tail."""
        self.show_view("digits")
        self.digits.follow()

    # Looking

    def action_turn_view(self) -> None:
        """The next of digits, walk and heat map."""
        self.show_view(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])

    def action_show(self, name: str) -> None:
        """Digits, walk or heat map."""
        self.show_view(name)

    def show_view(self, name: str) -> None:
        """Digits, walk or heat map fill the stage."""
        if name == self.view:
            return
        self.view = name
        self.set_class(name == "walk", "-view-walk")
        stage = self.query_one("#stage", Vertical)
        if not stage.query(f"#{name}"):
            stage.mount(self._make_view(name), before="#note")
        for child in stage.children:
            if child.id in VIEWS:
                child.display = child.id == name
        # At once: a field that is opened next is to keep it.
        view = self.query_one(f"#{name}")
        self.set_focus(view if view.can_focus else None)
        self.post_message(self.LooksChanged())

    def on_picture_chosen(self, event: Picture.Chosen) -> None:
        """From a picture to its digits."""
        self.show_position(event.offset, event.length)

    def _make_view(self, name: str) -> Widget:
        if name == "walk":
            from pi_tui.ui.roaming_walk import RoamingWalk

            return RoamingWalk(self.walk, id="walk")
        from pi_tui.ui.heat_view import HeatView

        return HeatView(id="heat")

    def action_color_digits(self) -> None:
        """Each digit in its own colour, or not."""
        self.digits.colored = not self.digits.colored
        self.digits.forget_lines()
        self.post_message(self.LooksChanged())

    @on(DigitView.Moved)
    def show_place(self) -> None:
        """The frame says which digits are in view, and whether they follow the tail."""
        view = self.digits
        first, end = view.in_view
        if view.count and not view.size.height:
            return  # not in sight; it says so again when it is
        where = f" {words.number(first + 1)} – {words.number(end)}" if view.count else ""
        view.border_title = f"digits{where}"
        view.border_subtitle = "following" if view.following else "G follows the tail"
