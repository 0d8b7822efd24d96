"""The screen of a run of pi: digits, walk and heat map in the middle, and panels that know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from pi_tui.app.face import tell
from pi_tui.app.frames.frame import Frame
from pi_tui.app.keys import bindings
from pi_tui.app.screen import RunScreen
from pi_tui.app.widgets.panels import CheckpointPanel
from pi_tui.app.widgets.search_bar import SearchBar
from pi_tui.needle import Output
from pi_tui.pi.app.held import what_follows
from pi_tui.pi.app.pi_keys import PI_ROWS
from pi_tui.pi.app.stage import Stage
from pi_tui.pi.app.views.digit_view import DigitView
from pi_tui.pi.app.views.overview import Picture
from pi_tui.pi.app.views.walk_view import WalkView
from pi_tui.pi.app.widgets.counts_panel import CountsPanel
from pi_tui.pi.app.widgets.note_line import NoteLine
from pi_tui.pi.app.widgets.spigot_panel import PiProgressPanel, PiSpeedPanel, SpigotPanel
from pi_tui.pi.digits.facts import reached
from pi_tui.pi.digits.statistics import DigitCounts
from pi_tui.pi.digits.walk import Walk
from pi_tui.worker.snapshot import Snapshot


class PiScreen(RunScreen):
    """Everything about one run of pi."""

    AUTO_FOCUS = "DigitView"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PI_ROWS, "screen")

    class LooksChanged(Message):
        """Another view, or other colours."""

    def __init__(self, snapshot: Snapshot, on_ready: Callable[[], None]) -> None:
        """Make a screen for a run; `on_ready` is called when the screen can take frames."""
        super().__init__(snapshot, on_ready)
        self.stage = Stage(self, self._report_looks)
        self.searching.bar_class = _search_bar
        self.counts = DigitCounts()
        self._told = 0
        """Digits whose facts were told."""

    # What it is made of

    def on_stage(self) -> Iterable[Widget]:
        """Yield the digits, and the note at their end."""
        yield DigitView(self.asked, id="digits")
        yield NoteLine(id="note")

    def first_panels(self) -> Iterable[Widget]:
        """Yield the panels that matter most."""
        yield PiProgressPanel(id="progress-panel", classes="card")
        yield PiSpeedPanel(id="speed-panel", classes="card")
        yield CheckpointPanel(id="checkpoint-panel", classes="card")
        yield SpigotPanel(id="spigot-panel", classes="card")

    def second_panels(self) -> Iterable[Widget]:
        """Yield the panels for a large window."""
        yield CountsPanel(self.counts, id="counts-panel", classes="card")
        yield WalkView(self.walk, id="walk-panel", classes="card")

    @property
    def digits(self) -> DigitView:
        """Return the digit view."""
        return self.query_one(DigitView)

    @property
    def note(self) -> NoteLine:
        """Return the line for facts."""
        return self.query_one(NoteLine)

    @property
    def walk(self) -> Walk:
        """Return the walk of the digits."""
        return self.stage.walk

    @property
    def view(self) -> str:
        """Return the name of the current view."""
        return self.stage.view

    # What is shown

    def show_output(self, source: Output, shown: Snapshot, snapshot: Snapshot) -> None:
        """Show the digits as they are now, count them, and tell facts about the new ones."""
        self.counts.feed(source, shown.made)
        super().show_output(source, shown, snapshot)
        start = max(self._told, shown.resumed)
        if shown.made > start:
            self.note.tell(reached(source, start, shown.made))
        self._told = max(self._told, shown.made)

    def held(self, shown: Snapshot, snapshot: Snapshot) -> bytes:
        """Return the digits that are computed, but that a carry may still change."""
        return what_follows(shown, snapshot, self.source)

    def is_behind(self, made: int) -> bool:
        """Return True while there are digits that are not counted yet."""
        return self.counts.counted < made

    def show(self, frame: Frame, *, fully: bool = True) -> None:
        """Show this moment in the bars; fully: in panels and pictures too."""
        super().show(frame, fully=fully)
        if fully:
            self.show_pictures()

    def show_pictures(self) -> None:
        """Let the pictures in sight take in the digits that are new."""
        for view in self.query(Picture):
            if view.region:
                view.show(self.source, self.count, self.asked)

    def restart(self, snapshot: Snapshot) -> None:
        """Forget everything about this run, because another one follows."""
        self._told, self.stage.walk, self.counts = 0, Walk(), DigitCounts()
        self.query_one(CountsPanel).counts = self.counts
        self.digits.restart(snapshot.goal)
        self.note.forget()
        super().restart(snapshot)
        for view in self.query(WalkView):
            view.restart(self.walk)

    def title_of_output(self) -> str:
        """Return the word in the frame around the digits."""
        return "digits"

    def say_at_end(self, words: str) -> None:
        """Put words at the end of the frame; give the note beside them its new room."""
        if words != self.digits.border_subtitle:
            super().say_at_end(words)
            self.note.refresh(layout=True)

    def on_resize(self) -> None:
        """Give the note its new room."""
        self.call_after_refresh(self.note.refresh, layout=True)

    def on_picture_resized(self) -> None:
        """Draw a picture that came into sight."""
        self.show_pictures()
        self.on_picture_captioned()

    def on_picture_captioned(self) -> None:
        """Make the note leave room for the words at the other end of the frame."""
        self.note.refresh(layout=True)

    def on_picture_chosen(self, event: Picture.Chosen) -> None:
        """Go from a picture to its digits."""
        self.show_position(event.offset, event.length)

    # Searching and going happens among the digits

    async def action_search(self) -> None:
        """Open the search line."""
        self.stage.show("digits")
        await super().action_search()

    async def search_on(self, text: str) -> None:
        """Search in digits that are still to come."""
        self.stage.show("digits")
        await self.searching.search_on(text)

    def action_next_hit(self) -> None:
        """Go to the next hit."""
        self._turn_to(forward=True)

    def action_previous_hit(self) -> None:
        """Go to the hit before."""
        self._turn_to(forward=False)

    def _turn_to(self, *, forward: bool) -> None:
        if self.digits.needle is not None:
            self.stage.show("digits")
        self.searching.turn(forward=forward)

    def show_position(self, offset: int, length: int = 1) -> None:
        """Scroll to the digits at `offset` and highlight them."""
        self.stage.show("digits")
        super().show_position(offset, length)

    def action_follow(self) -> None:
        """Go back to the tail."""
        self.stage.show("digits")
        super().action_follow()

    def action_feynman(self) -> None:
        """Go to the six nines in a row."""
        if self.count >= 767:
            self.show_position(761, 6)
        else:
            tell(self, "Position 762 is yet to come.", seconds=3)

    def action_landmarks(self) -> None:
        """Show all there is to see, to choose from."""
        from pi_tui.pi.app.lookups import landmarks_in

        self.face.converse(landmarks_in(self.face, self.source, self.count, self.show_position))

    def action_birthday(self) -> None:
        """Search for a date, and show its position on a card."""
        from pi_tui.pi.app.lookups import birthday_in

        self.face.converse(birthday_in(self.face, self.source, self.count, self.show_position))

    def action_statistics(self) -> None:
        """Show pairs, gaps and runs, each with its chance."""
        from pi_tui.pi.app.screens.statistics_screen import StatisticsScreen

        if self.count < 2:
            tell(self, "There is nothing to count yet.", seconds=3)
        else:
            self.app.push_screen(StatisticsScreen(lambda: (self.source, self.count)))

    def action_replay(self) -> None:
        """Draw the walk again from the first digit."""
        from pi_tui.pi.app.screens.replay import ReplayScreen

        if self.count < 2:
            tell(self, "There is no walk yet.", seconds=3)
        else:
            self.app.push_screen(ReplayScreen(self.source, self.count))

    # Looking

    def show_view(self, name: str) -> None:
        """Show the digits, the walk or the heat map."""
        self.stage.show(name)

    def action_turn_view(self) -> None:
        """Show the next of digits, walk and heat map."""
        self.stage.turn()

    def action_color_digits(self) -> None:
        """Show each digit in its own colour, or not."""
        self.digits.colored = not self.digits.colored
        self.digits.forget_lines()
        self._report_looks()

    def _report_looks(self) -> None:
        self.post_message(self.LooksChanged())

    def action_show_fact(self) -> None:
        """Go to the digits the note is about."""
        note = self.note
        if note.fact is None:
            tell(self, "There is no note at the bottom now.", seconds=3)
        else:
            self.show_position(note.fact.position - 1, len(note.fact.text))
            note.next()

    def on_note_line_clicked(self) -> None:
        """Show the digits of the note that was clicked."""
        self.action_show_fact()

    def action_clear(self) -> None:
        """Close the note if there is one, else clear search and marks."""
        if not self.note.dismiss():
            super().action_clear()

    # Taking digits away

    def name_of_line(self, text: str) -> str:
        """Return what is said of a line that was copied."""
        return f"the line at {text.split()[0]}"

    unit_of_text = "digits"

    async def export(self) -> None:
        """Ask which digits and where to, and write them."""
        from pi_tui.pi.app.taking_digits import export_digits

        await export_digits(self.face, self.source, self.count)

    def action_picture(self) -> None:
        """Ask where to, and draw the walk, or the heat map if that is in sight."""
        if not self.count:
            tell(self, "There is nothing to draw yet.", seconds=4)
            return
        from pi_tui.pi.app.taking_digits import picture_of_digits

        kind = "heat" if self.view == "heat" else "walk"
        self.face.converse(picture_of_digits(self.face, kind, self.source, self.count))


def _search_bar() -> type[SearchBar]:
    from pi_tui.pi.app.widgets.digit_search_bar import DigitSearchBar

    return DigitSearchBar
