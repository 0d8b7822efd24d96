"""The app: snapshots become frames for the screen, and nothing here blocks on the worker."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from pi_tui.pi import memory
from pi_tui.pi.digits.statistics import DigitCounts, Digits
from pi_tui.reports.resumed import how_it_goes_on
from pi_tui.ui.conversations import ConversingApp
from pi_tui.ui.face import tell
from pi_tui.ui.flow import Flow, what_follows
from pi_tui.ui.frame import Clock, Frame
from pi_tui.ui.main_screen import MainScreen
from pi_tui.ui.quitting import Quitting
from pi_tui.ui.rates import RateHistory
from pi_tui.ui.terminal import TerminalTitle
from pi_tui.ui.worker_protocol import AnyWorker, MakeWorker, NoWorker
from pi_tui.worker import garbage
from pi_tui.worker.snapshot import Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import SystemCommand
    from textual.screen import Screen

    from pi_tui.checkpoints.glance import Glance
    from pi_tui.pi.settings import Settings

QUICK, SLOW, IDLE = 0.1, 1.0, 20.0
"""Seconds between looks at the worker: while it works, while it rests, while even ages rest."""
PANELS_EVERY = 3
"""While it runs, panels and pictures follow at every third look: nobody reads faster, and at
200 × 60 they cost as much as the digits."""
QUIET_SECONDS = 8.0
"""How long it is said how a run goes on."""
_HURRY = 2.0
"""Seconds of quick looks after a key, for what it changes."""


class PiApp(ConversingApp):
    """Watch pi being computed."""

    TITLE = "pi-tui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "Save and quit", show=False, system=True),
    ]

    def __init__(
        self,
        worker: AnyWorker | None = None,
        *,
        make_worker: MakeWorker | None = None,
        location: str = "",
        seen: Glance | None = None,
        clock: Clock | None = None,
        memory: Path | None = None,
    ) -> None:
        """An app on a worker that is not started yet, or that asks how many digits there shall be.

        `seen` is what is saved, to be shown before the worker has loaded it; `memory` is the file
        that keeps theme and view from one start to the next.
        """
        super().__init__(memory)
        self.animation_level = "none"  # a scroll through 166,667 lines shall not crawl
        self.worker = worker or NoWorker()
        self.make_worker, self.location = make_worker, location
        self.clock = clock or Clock()
        self.quitting = Quitting(self)
        self._title = TerminalTitle(self._write_to_terminal)
        self._hurry_until = 0.0
        self._forget(seen)

    def _forget(self, seen: Glance | None = None) -> None:
        """Nothing was shown yet."""
        self._flow = Flow(seen)
        self._rates, self._counts = RateHistory(), DigitCounts()
        self._shown: Snapshot | None = None
        self._shown_at = 0.0
        self._notes_told = self._looks = 0
        self._resumed: tuple[str, ...] = ()
        self._resumed_until = 0.0

    def get_default_screen(self) -> MainScreen:
        """The one screen of the run."""
        return MainScreen(self.worker.snapshot.goal, self._open)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action by name, for the command palette."""
        from textual.app import SystemCommand

        from pi_tui.ui.palette import commands

        rings = self.memory.now.bell
        bell = SystemCommand(
            f"Bell at the end: turn {'off' if rings else 'on'}",
            "Whether the terminal rings when a run is complete; remembered",
            self.action_turn_bell,
        )
        crash = SystemCommand(
            "Crash test",
            "Kill pi-tui with SIGKILL; the next start shows that every saved digit is there",
            self.action_crash_test,
        )
        return commands(self, bell, *([crash] if hasattr(signal, "SIGKILL") else []))

    # Looking at the worker

    def _open(self) -> None:
        """Draw what is saved, then start the worker, whose imports shall not delay that."""
        for watch in self.when_open:
            watch()
        self._timer = self.set_timer(QUICK, self._tick)
        self.recall_looks()
        self._look()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        goal = self.worker.snapshot.goal
        if not goal:
            garbage.settle()  # nobody may answer for hours
            self.converse(self._runs.ask_for_run())
            return
        self.worker.start()
        if note := memory.warning(goal):
            tell(self, note, seconds=12)

    def _tick(self) -> None:
        if self.screen_stack and not self.quitting.is_over:
            self._look()
            self._timer = self.set_timer(self._pulse(), self._tick)

    def _pulse(self) -> float:
        """How soon to look again: not at all often while nothing can change."""
        snapshot, now = self.worker.snapshot, self.clock.monotonic()
        if now < self._hurry_until or self._counts.counted < max(snapshot.made, snapshot.overture):
            return QUICK
        if snapshot.state is State.WATCHING:
            return SLOW
        if not snapshot.state.is_at_rest:
            # Where pages fly by nobody reads, and the spigot can use the time.
            return QUICK if snapshot.rate * QUICK < self.main_screen.digits.page else 2 * QUICK
        newest = snapshot.checkpoint
        young = newest is not None and (self.clock.now() - newest.saved_at).total_seconds() < 60
        return SLOW if young else IDLE

    def hurry(self) -> None:
        """Look often for a moment: something was asked of the worker."""
        self._hurry_until = self.clock.monotonic() + _HURRY
        self._timer.stop()
        self._timer = self.set_timer(QUICK, self._tick)

    def _look(self) -> None:
        """Take the worker's snapshot and show it, unless it is the one already shown."""
        snapshot, now = self.worker.snapshot, self.clock.monotonic()
        behind = self._counts.counted < max(snapshot.made, snapshot.overture)
        if snapshot is self._shown and now - self._shown_at < SLOW and not behind:
            return
        if self._shown is not None and snapshot.made < self._shown.made:
            self._begin_again()  # the one we watch began again, or found what it had saved wrong
        before, elapsed = self._shown, now - self._shown_at
        self._shown, self._shown_at = snapshot, now
        self._note_how_it_goes_on(before, snapshot, now)
        shown = self._flow.shown(snapshot, elapsed)
        self._count(shown, now)
        self._looks += 1
        calm = before is None or not (
            before.state is snapshot.state is State.RUNNING
            and before.checkpoint is snapshot.checkpoint
        )
        screen = self.main_screen
        digits = self.digits_now()
        screen.show_digits(digits, shown, what_follows(shown, snapshot, digits))
        quiet = self._resumed if now < self._resumed_until else ()
        frame = Frame(shown, self.clock.now(), now, self._rates, self._counts, quiet)
        screen.show(frame, fully=calm or self._looks % PANELS_EVERY == 0)
        self._title.show(shown)
        self._tell_news(before, snapshot)

    def digits_now(self) -> Digits:
        """All digits there are."""
        return self._flow.digits(self.worker)

    def _count(self, shown: Snapshot, now: float) -> None:
        self._counts.feed(self.digits_now(), shown.made)
        if shown.state in (State.RUNNING, State.SAVING):
            self._rates.feed(now, shown.rate)
        else:
            self._rates.rest()

    def _tell_news(self, before: Snapshot | None, snapshot: Snapshot) -> None:
        for note in snapshot.notes[self._notes_told :]:
            tell(self, note, seconds=12)
        self._notes_told = len(snapshot.notes)
        if snapshot.state is State.COMPLETE and before and _is_news(before, snapshot):
            verified = ", every one of them verified" if snapshot.verified else ""
            tell(self, f"{snapshot.goal:,} digits{verified}.", title="Complete")
            if self.memory.now.bell:
                self.bell()

    def _note_how_it_goes_on(self, before: Snapshot | None, snapshot: Snapshot, now: float) -> None:
        """At a start that resumes there is a quiet line for some seconds."""
        began = before and before.state in (State.PREPARING, State.WATCHING)
        if began and snapshot.state in (State.RUNNING, State.SAVING):  # it may save at once
            self._resumed = how_it_goes_on(snapshot, "digits")
            self._resumed_until = now + QUIET_SECONDS

    # Changing runs

    def take(self, worker: AnyWorker) -> None:
        """From now on this worker's run is on the screen."""
        self.worker = worker
        self.forget_wishes()
        self._begin_again()
        worker.start()
        self.hurry()

    def _begin_again(self) -> None:
        self._forget()
        self.main_screen.restart(self.worker.snapshot.goal)

    async def action_quit(self) -> None:
        """Save, then leave."""
        self.quitting.begin()

    # The terminal around us

    def _write_to_terminal(self, text: str) -> None:
        driver: Any = self._driver
        if driver is not None:
            getattr(driver, "set_title", driver.write)(text)


def _is_news(before: Snapshot, snapshot: Snapshot) -> bool:
    """Whether the run became complete just now, and was not so when it was opened."""
    was_there = before.state is State.PREPARING and snapshot.resumed == snapshot.goal
    return not before.state.is_final and not was_there


def run_app(settings: Settings, digits: int | None) -> int:
    """Run the app on a run of so many digits; returns the exit code once everything is saved.

    None is the run worked on last, or a question.
    """
    from pi_tui.pi.which_run import run_to_open
    from pi_tui.ui.remembered import default_path
    from pi_tui.ui.signals import run_to_the_end
    from pi_tui.worker.watcher import WatchingWorker
    from pi_tui.worker.worker import Worker

    digits, seen = run_to_open(settings, digits)
    later = replace(settings, fresh=False)
    a_worker = Worker if settings.fresh else WatchingWorker  # who begins again does not look on
    app = PiApp(
        a_worker(settings.job(digits, give_way=True)) if digits else None,
        make_worker=lambda wanted: WatchingWorker(later.job(wanted, give_way=True)),
        location=settings.location,
        seen=None if settings.fresh else seen,
        memory=default_path(),
    )
    return run_to_the_end(app, app.quitting)
