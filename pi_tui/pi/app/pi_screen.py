"""PiScreen: digits, walk or heat map, with panels about them at the right or below."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker

from pi_tui.app.face import tell
from pi_tui.app.frames.frame import Frame
from pi_tui.app.keys import bindings
from pi_tui.app.screen import RunScreen
from pi_tui.app.widgets.run_panels import CheckpointPanel
from pi_tui.app.widgets.search_bar import SearchBar
from pi_tui.needle import Output
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
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import Snapshot
from pi_tui.worker.threads import for_a_moment, in_thread

_MOMENT = 0.1
"""Seconds that a thread counts digits until it looks whether another run is shown."""


class PiScreen(RunScreen):
    """The main screen of a run of pi."""

    AUTO_FOCUS = "DigitView"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PI_ROWS, "screen")

    def __init__(self, snapshot: Snapshot, on_looks: Callable[[], None]) -> None:
        """Make a screen for a run.

        `on_looks` is called when another view is shown, or the colours of digits are switched.
        """
        super().__init__(snapshot)
        self._report_looks = on_looks
        self.stage = Stage(self, on_looks)
        self.searching.bar_class = _search_bar
        self.counts = DigitCounts()
        self._counting: Worker[None] | None = None
        """Counts digits in a thread; None before there were many."""

    # Parts of the screen

    def on_stage(self) -> Iterable[Widget]:
        """Yield the widgets in the middle of the screen: the digits, and the line with a fact."""
        yield DigitView(self.snapshot.goal, id="digits")
        yield NoteLine(id="note")

    def first_panels(self) -> Iterable[Widget]:
        """Yield the panels that come first; the style sheet hides those that lack room."""
        yield PiProgressPanel(id="progress-panel", classes="card")
        yield PiSpeedPanel(id="speed-panel", classes="card")
        yield CheckpointPanel(id="checkpoint-panel", classes="card")
        yield SpigotPanel(id="spigot-panel", classes="card")

    def second_panels(self) -> Iterable[Widget]:
        """Yield the panels that only a large window has room for."""
        yield CountsPanel(self.counts, id="counts-panel", classes="card")
        yield WalkView(self.stage.walk, id="walk-panel", classes="card")

    @property
    def digits(self) -> DigitView:
        """Return the digit view."""
        return self.query_one(DigitView)

    @property
    def note(self) -> NoteLine:
        """Return the widget that shows a fact about digits in one line."""
        return self.query_one(NoteLine)

    # Showing the run

    def show_output(self, source: Output, shown: Snapshot, snapshot: Snapshot) -> None:
        """Show the first `shown.made` digits of `source`, count them, and show the new facts.

        `snapshot` is the worker's newest. `shown` is a copy of it for this screen: at a limited
        pace it may have fewer digits than were made. It has more while the worker loads saved
        digits, or while an overture (first digits known early) is longer.
        Facts about digits that were saved when the run was loaded are not new.
        """
        start = max(self.count, shown.resumed)
        self._count(source, shown.made)
        super().show_output(source, shown, snapshot)
        if shown.made > start:
            self.note.tell(reached(source, start, shown.made))

    def _count(self, source: Output, made: int) -> None:
        """Count the 0s, 1s, … 9s among those of the first `made` digits that are not counted yet.

        A first part of them is counted before this returns, the rest later in a thread. If that
        thread is at work already, it counts them all.
        """
        is_free = self._counting is None or self._counting.is_finished
        if is_free and self.counts.feed(source, made):
            self._counting = self.run_worker(self._count_beside(), group="counting")

    async def _count_beside(self) -> None:
        """Count the new digits in a thread, for a moment at a time, until all are counted."""
        is_more = True
        while is_more:
            feed = partial(self.counts.feed, self.source, self.count)
            is_more = await in_thread(for_a_moment, feed, _MOMENT)

    def held(self, shown: Snapshot, snapshot: Snapshot) -> bytes:
        """Return the digits to draw after those on the screen, all in the colour of held digits.

        Held digits are those that a carry may still change. If a pace shows fewer digits than the
        worker has settled, those not shown come first. The result is never longer than the held
        digits alone, so some or all of the held digits may be cut off. It is empty if no digit is
        held, if only the 3 before the point is, if another process computes the run, and while the
        screen shows an overture (first digits from a smaller spigot) that is ahead of the machine.
        """
        if shown.made > snapshot.made:  # an overture is ahead of the spigot
            return b""
        inside = Figures.of(snapshot.figures)
        if inside.iteration - inside.nines < 2:  # the predigit is for the 3 before the point
            return b""
        held = inside.predigit.encode()
        # A snapshot has only the first digits of a long super-digit; the nines follow a whole one.
        if len(held) == inside.digits_per_step:
            held += b"9" * min(inside.nines * inside.digits_per_step, 1000)
        held = held[: max(0, snapshot.goal - snapshot.made)]
        coming = bytes(self.source[shown.made : min(snapshot.made, shown.made + len(held))])
        return (coming + held)[: len(held)]

    def is_behind(self, made: int) -> bool:
        """Return True if some of the first `made` digits have not been counted yet."""
        return self.counts.counted < made

    def show(self, frame: Frame, *, fully: bool = True) -> None:
        """Show `frame`, the values of one moment, in the bars and the panel of the progress.

        With `fully`, show it in the other panels, and new digits in the pictures, too.
        """
        super().show(frame, fully=fully)
        if fully:
            self.show_pictures()

    def show_pictures(self) -> None:
        """Add new digits to all pictures that are visible."""
        for view in self.query(Picture):
            if view.region:
                view.show(self.source, self.count, self.snapshot.goal)

    def restart(self, snapshot: Snapshot) -> None:
        """Clear what is shown of the old run, to show the run of `snapshot` from now on.

        The old picture of the walk stays until the new walk is drawn over it.
        """
        self.stage.walk, self.counts = Walk(), DigitCounts()
        self.query_one(CountsPanel).counts = self.counts
        self.digits.digits = snapshot.goal
        self.note.forget()
        super().restart(snapshot)
        for view in self.query(WalkView):
            view.restart(self.stage.walk)
        for heat in self.query(Picture).filter("#heat"):
            heat.forget()
            heat.lay_out()

    def title_of_output(self) -> str:
        """Return the title of the frame around the digits."""
        return "digits"

    def say_at_end(self, words: str) -> None:
        """Write `words` at the lower right of the frame, and lay out the note beside them again."""
        if words != self.digits.border_subtitle:
            super().say_at_end(words)
            self.note.refresh(layout=True)

    def on_resize(self) -> None:
        """Fit the line with a fact to the new width."""
        self.call_after_refresh(self.note.refresh, layout=True)

    def on_picture_resized(self) -> None:
        """Draw a picture that became visible or changed its size; lay out the fact's line again."""
        self.show_pictures()
        self.on_picture_captioned()

    def on_picture_captioned(self) -> None:
        """Lay out the line with a fact again, because the caption beside it changed."""
        self.note.refresh(layout=True)

    def on_picture_chosen(self, event: Picture.Chosen) -> None:
        """Show the digits for the place in a picture that the user clicked."""
        self.show_position(event.offset, event.length)

    # Searching and moving

    def bring_up_output(self) -> None:
        """Switch to the view of digits."""
        self.stage.show("digits")

    def action_landmarks(self) -> None:
        """Open the list of landmarks."""
        from pi_tui.pi.app.lookups import landmarks_in

        self.face.questions.converse(
            landmarks_in(self.face, self.source, self.count, self.show_position)
        )

    def action_birthday(self) -> None:
        """Ask for a date, search for it, and show a card: its position, or that it is not found."""
        from pi_tui.pi.app.lookups import birthday_in

        self.face.questions.converse(
            birthday_in(self.face, self.source, self.count, self.show_position)
        )

    def action_statistics(self) -> None:
        """Open the statistics: pairs of digits, gaps between equal digits, runs of one digit.

        If there are fewer than two digits, tell the user so.
        """
        from pi_tui.pi.app.screens.statistics_screen import StatisticsScreen

        if self.has_output("There is nothing to count yet.", least=2):
            self.app.push_screen(StatisticsScreen(lambda: (self.source, self.count)))

    def action_replay(self) -> None:
        """Open the window that draws the walk again; refuse if there are fewer than two digits."""
        from pi_tui.pi.app.screens.replay import ReplayScreen

        if self.has_output("There is no walk yet.", least=2):
            self.app.push_screen(ReplayScreen(self.source, self.count))

    # Views

    def action_turn_view(self) -> None:
        """Show the next view."""
        self.stage.turn()

    def action_color_digits(self) -> None:
        """Switch the colours of digits on or off."""
        self.digits.colored = not self.digits.colored
        self.digits.forget_lines()
        self._report_looks()

    def action_show_fact(self) -> None:
        """Scroll to the digits of the fact in the line at the bottom, then show the next fact.

        If there is no fact, tell the user so.
        """
        note = self.note
        if note.fact is None:
            tell(self, "There is no note at the bottom now.", seconds=3)
        else:
            self.show_position(note.fact.position - 1, len(note.fact.text))
            note.next()

    def action_clear(self) -> None:
        """Close the fact at the bottom, and show the next one.

        If no fact is shown, clear search, highlights and selection.
        """
        if not self.note.dismiss():
            super().action_clear()

    # Copying and writing digits

    def name_of_line(self, text: str) -> str:
        """Return words for a copied line of digits: "the line at" and its position."""
        return f"the line at {text.split()[0]}"

    unit_of_text = "digits"

    async def export(self) -> None:
        """Ask for a range of digits and a file, and write these digits into it."""
        from pi_tui.pi.app.taking_digits import export_digits

        await export_digits(self.face, self.source, self.count)

    def action_picture(self) -> None:
        """Ask for a file; write a picture of the heat map if that is shown, else of the walk.

        If there are no digits, tell the user so.
        """
        if not self.has_output("There is nothing to draw yet."):
            return
        from pi_tui.pi.app.taking_digits import picture_of_digits

        kind = "heat" if self.stage.view == "heat" else "walk"
        self.face.questions.converse(picture_of_digits(self.face, kind, self.source, self.count))


def _search_bar() -> type[SearchBar]:
    from pi_tui.pi.app.widgets.digit_search_bar import DigitSearchBar

    return DigitSearchBar
