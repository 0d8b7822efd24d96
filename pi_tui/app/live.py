"""Poll the worker and draw its state, again and again; never wait for the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual.timer import Timer

from pi_tui.app.face import Face, tell
from pi_tui.app.frames.flow import Flow
from pi_tui.app.frames.frame import Clock, Frame
from pi_tui.app.frames.rates import RateHistory
from pi_tui.app.screen import RunScreen
from pi_tui.app.terminal.title import title
from pi_tui.app.widgets.run_panels import is_silent
from pi_tui.checkpoints.glance import Glance
from pi_tui.needle import Output
from pi_tui.reports.resumed import how_it_goes_on
from pi_tui.worker.snapshot import Snapshot, State

QUICK, SLOW, IDLE = 0.1, 1.0, 20.0
"""Seconds between polls: while the worker computes; while it rests or watches; while it rests and
has no checkpoint less than a minute old, so that the age on the screen changes rarely.
"""
PANELS_EVERY = 3
"""While the worker computes, panels and pictures are drawn at every third poll only: nobody reads
faster, and at 200 × 60 cells they cost as much as the output.
"""
QUIET_SECONDS = 8.0
"""Seconds for which the screen tells from where a run was resumed."""
_HURRY = 2.0
"""Seconds of frequent polls after a key."""


class Live:
    """Polls the worker and draws frames on the screen."""

    def __init__(
        self, face: Face, screen: Callable[[], RunScreen], clock: Clock, seen: Glance | None
    ) -> None:
        """Set up; `seen` is saved output, shown until the worker has loaded it."""
        self._face, self._screen, self.clock = face, screen, clock
        self._title = ""
        """The title of the terminal; it is written only if it changes."""
        self.rings: Callable[[], bool] = lambda: False
        """A function that returns True if the terminal's bell shall ring when a run is complete."""
        self._timer: Timer | None = None
        self._hurry_until = 0.0
        self.forget(seen)

    def forget(self, seen: Glance | None = None) -> None:
        """Discard what is known here of the run, but leave the screen as it is.

        `seen` is saved output of the next run, shown until the worker has loaded it.
        """
        self._flow = Flow(seen)
        self.rates = RateHistory()
        self.shown: Snapshot | None = None
        """The snapshot on the screen; None before the first one."""
        self._shown_at = 0.0
        self._source: Output = b""
        """The worker's output at the last poll; a watcher that reads a run anew has another."""
        self._notes_told = self._looks = 0
        self._resumed: tuple[str, ...] = ()
        self._resumed_until = 0.0

    @property
    def output(self) -> Output:
        """Return the worker's output so far; saved output or an overture while that is longer.

        An overture is first output that is known before the machine has made it.
        """
        return self._flow.output(self._face.worker)

    # When to poll

    def start(self) -> None:
        """Draw the worker's snapshot now, and poll for the next ones from now on."""
        self._timer = self._face.set_timer(QUICK, self._tick)
        self.look()

    def _tick(self) -> None:
        if self._face.screen_stack and not self._face._exit:
            self.look()
            self._timer = self._face.set_timer(self._pulse(), self._tick)

    def _pulse(self) -> float:
        """Return the seconds until the next poll: 0.1 or 0.2 while computing, else up to 20."""
        snapshot, now, screen = self._face.worker.snapshot, self.clock.monotonic(), self._screen()
        if now < self._hurry_until or screen.is_behind(max(snapshot.made, snapshot.overture)):
            return QUICK
        if snapshot.state is State.WATCHING:
            return SLOW
        if not snapshot.state.is_at_rest:
            # Nobody can read pages at this speed; the machine can use the time. At full speed that
            # is so from the start: before there are pages, only shares change.
            pages = snapshot.rate * QUICK >= screen.output_view.page
            return 2 * QUICK if pages or snapshot.pace.limit is None else QUICK
        newest = snapshot.checkpoint
        young = newest is not None and (self.clock.now() - newest.saved_at).total_seconds() < 60
        return SLOW if young else IDLE

    def hurry(self) -> None:
        """Poll more often for two seconds, because a request was made to the worker."""
        self._hurry_until = self.clock.monotonic() + _HURRY
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._face.set_timer(QUICK, self._tick)

    # Showing

    def look(self) -> None:
        """Draw the worker's snapshot, and notify the user of its notes and of completion.

        A snapshot that is on the screen already is drawn again only after SLOW seconds, or if a
        view has not yet processed all output. If the run has less output than before, or if a
        watched run is read anew, the screen is cleared first, search and selection included.
        """
        snapshot, now, screen = self._face.worker.snapshot, self.clock.monotonic(), self._screen()
        behind = screen.is_behind(max(snapshot.made, snapshot.overture))
        if snapshot is self.shown and now - self._shown_at < SLOW and not behind:
            return
        if (there := len(self.output)) < snapshot.made:  # cut since the snapshot was published
            snapshot = replace(snapshot, made=there, saved=min(there, snapshot.saved))
        if self._is_another(snapshot):
            told = self._notes_told
            self.begin_again()
            self._notes_told = told
        self._source = self._face.worker.output
        before, elapsed = self.shown, now - self._shown_at
        self.shown, self._shown_at = snapshot, now
        self._note_how_it_goes_on(before, snapshot, now)
        shown = self._flow.shown(snapshot, elapsed)
        if is_silent(shown) or shown.state not in (State.RUNNING, State.SAVING):
            self.rates.rest()
        else:
            self.rates.feed(now, rate_of(before, shown, elapsed))
        self._looks += 1
        screen.show_output(self.output, shown, snapshot)
        quiet = self._resumed if now < self._resumed_until else ()
        frame = Frame(shown, self.clock.now(), now, self.rates, self._face.naming, quiet)
        fully = _is_calm(before, snapshot) or self._looks % PANELS_EVERY == 0
        screen.show(frame, fully=fully)
        self._entitle(title(shown, self._face.naming))
        self._tell_news(before, snapshot)

    def _is_another(self, snapshot: Snapshot) -> bool:
        """Return True if output was cut, or if a watched run began again and is read anew."""
        if (before := self.shown) is None:
            return False
        states = (State.WATCHING, State.COMPLETE)
        watched = before.state is State.WATCHING and snapshot.state in states
        is_read_anew = watched and self._face.worker.output is not self._source
        return is_read_anew or snapshot.made < before.made

    def _entitle(self, text: str) -> None:
        driver: Any = self._face._driver
        if driver is not None and text != self._title:
            self._title = text
            getattr(driver, "set_title", driver.write)(text)

    def begin_again(self) -> None:
        """Clear the screen; the next poll shows the worker's run from the start."""
        self.forget()
        self._screen().restart(self._face.worker.snapshot)

    def _tell_news(self, before: Snapshot | None, snapshot: Snapshot) -> None:
        for note in snapshot.notes[self._notes_told :]:
            tell(self._face, note, seconds=12)
        self._notes_told = len(snapshot.notes)
        if snapshot.state is State.COMPLETE and before and _is_news(before, snapshot):
            checked = ", verified" if snapshot.verified else ""
            news = f"{self._face.naming.whole(snapshot)}{checked}."
            tell(self._face, news, title="Complete")
            if self.rings():
                self._face.bell()

    def _note_how_it_goes_on(self, before: Snapshot | None, snapshot: Snapshot, now: float) -> None:
        """Have frames show for 8 seconds how the run was resumed, if that was since `before`."""
        began = before and before.state in (State.PREPARING, State.WATCHING)
        if began and snapshot.state in (State.RUNNING, State.SAVING):  # it may save at once
            self._resumed = how_it_goes_on(snapshot)
            self._resumed_until = now + QUIET_SECONDS


def rate_of(before: Snapshot | None, shown: Snapshot, elapsed: float) -> float:
    """Return the bytes of output made per second; for a machine without output, the steps.

    Steps are used if there is no output and its final length is unknown. They are counted since the
    snapshot `before`, which was taken `elapsed` seconds ago; without one, the result is 0.0.
    """
    if shown.made or shown.length is not None:
        return shown.rate
    return (shown.steps - before.steps) / elapsed if before and elapsed else 0.0


def _is_calm(before: Snapshot | None, snapshot: Snapshot) -> bool:
    """Return True if panels and pictures should be drawn at this poll, as well as the output.

    Return False if the run is computing, was so in the snapshot `before`, and saved no checkpoint
    since. Panels and pictures are then drawn at every third poll only, because they cost as much
    time as the output.
    """
    return before is None or not (
        before.state is snapshot.state is State.RUNNING and before.checkpoint is snapshot.checkpoint
    )


def _is_news(before: Snapshot, snapshot: Snapshot) -> bool:
    """Return True if the run, complete in `snapshot`, was not so in `before` nor when opened."""
    whole = snapshot.made if snapshot.length is None else snapshot.length
    was_there = before.state is State.PREPARING and snapshot.resumed == whole
    return not before.state.is_final and not was_there
