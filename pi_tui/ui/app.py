"""The app: keys become plain calls to the worker, snapshots become frames for the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from pi_tui.ui.frame import Clock, Frame
from pi_tui.ui.main_screen import MainScreen
from pi_tui.ui.quitting import Quitting
from pi_tui.ui.rates import RateHistory
from pi_tui.ui.statistics import DigitCounts, Digits
from pi_tui.ui.themes import DAY_THEME, NIGHT, NIGHT_THEME, own_variables
from pi_tui.worker.pace import MAX, Pace
from pi_tui.worker.snapshot import Snapshot, State

if TYPE_CHECKING:
    from pi_tui.settings import Settings
    from pi_tui.ui.ways_out import WaysOut
    from pi_tui.worker.worker import SpigotWorker

MakeWorker = Callable[[int], "SpigotWorker"]
"""A worker for a run of so many digits, not yet started."""

QUICK, SLOW, IDLE = 0.1, 1.0, 20.0
"""Seconds between looks at the worker: while it works, while it rests, while even ages rest."""
_HURRY = 2.0
"""Seconds of quick looks after a key, for what it changes."""


class PiApp(App[int]):
    """Watch pi being computed; nothing here blocks on the worker."""

    TITLE = "pi-tui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p,space", "toggle_pause", "Pause or go on", id="pause"),
        Binding("q", "quit", "Save and quit", id="quit"),
        Binding("ctrl+c", "quit", "Save and quit", show=False, system=True),
        Binding("c", "save_now", "Checkpoint now", id="checkpoint"),
        Binding("f", "full_speed", "Full speed on or off", id="full-speed"),
        Binding("plus,equals_sign", "faster", "Double the pace", id="faster"),
        Binding("minus", "slower", "Halve the pace", id="slower"),
        Binding("question_mark", "help", "Help", id="help"),
    ]

    def __init__(
        self,
        worker: SpigotWorker,
        *,
        make_worker: MakeWorker | None = None,
        initial: bytes = b"",
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self.animation_level = "none"  # a scroll through 166,667 lines shall not crawl
        self.worker = worker
        self.make_worker = make_worker
        self.clock = clock or Clock()
        self.quitting = Quitting(self)
        self.ways_out: WaysOut | None = None
        self._initial = initial
        self._rates, self._counts = RateHistory(), DigitCounts()
        self._shown: Snapshot | None = None
        self._shown_at = self._hurry_until = 0.0
        self._notes_told = 0
        self.register_theme(NIGHT_THEME)
        self.register_theme(DAY_THEME)
        self.theme = NIGHT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, made to go with whatever theme is on."""
        return own_variables(self.current_theme)

    def get_default_screen(self) -> MainScreen:
        """The one screen of the run."""
        return MainScreen(self.worker.snapshot.digits)

    # Looking at the worker

    def on_main_screen_ready(self) -> None:
        """Draw what is saved, then start the worker: its imports shall not delay the first frame."""
        if self.ways_out is not None:
            self.ways_out.watch()
        self._look()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.worker.start()
        self._beat(QUICK)

    def _beat(self, seconds: float) -> None:
        self._interval = seconds
        self._timer = self.set_timer(seconds, self._tick)

    def _tick(self) -> None:
        if self.quitting.is_over:
            return
        self._look()
        self._beat(self._pulse())

    def _pulse(self) -> float:
        """How soon to look again: not at all often while nothing can change."""
        snapshot, now = self.worker.snapshot, self.clock.monotonic()
        resting = snapshot.state is State.PAUSED or snapshot.state.is_final
        if not resting or now < self._hurry_until or self._counts.counted < snapshot.count:
            return QUICK
        newest = snapshot.checkpoint
        young = newest is not None and (self.clock.now() - newest.saved_at).total_seconds() < 60
        return SLOW if young else IDLE

    def hurry(self) -> None:
        """Look often for a moment: something was asked of the worker."""
        self._hurry_until = self.clock.monotonic() + _HURRY
        self._timer.stop()
        self._beat(QUICK)

    def _look(self) -> None:
        """Take the worker's snapshot and show it, unless it is the one already shown."""
        snapshot, now = self.worker.snapshot, self.clock.monotonic()
        uncounted = self._counts.counted < snapshot.count
        if snapshot is self._shown and now - self._shown_at < SLOW and not uncounted:
            return
        self._shown, self._shown_at = snapshot, now
        self._count(snapshot, now)
        screen = self.main_screen
        screen.show_digits(self.digits_now(), self._with_initial(snapshot))
        screen.show(Frame(snapshot, self.clock.now(), now, self._rates, self._counts))
        self._tell_notes(snapshot)

    @property
    def main_screen(self) -> MainScreen:
        """The screen with the digits, whatever lies on top of it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    def digits_now(self) -> Digits:
        """All digits there are: the worker's, or before it has loaded them those we were given."""
        result = self.worker.result
        return result if len(result) >= len(self._initial) else self._initial

    def _with_initial(self, snapshot: Snapshot) -> Snapshot:
        from dataclasses import replace

        known = len(self._initial)
        if snapshot.count >= known or snapshot.state is not State.PREPARING:
            return snapshot
        return replace(snapshot, count=known, saved=known)

    def _count(self, snapshot: Snapshot, now: float) -> None:
        self._counts.feed(self.worker.result, snapshot.count)
        if snapshot.state in (State.RUNNING, State.SAVING):
            self._rates.feed(now, snapshot.rate)
        else:
            self._rates.rest()

    def _tell_notes(self, snapshot: Snapshot) -> None:
        for note in snapshot.notes[self._notes_told :]:
            self.notify(note, markup=False, timeout=12)
        self._notes_told = len(snapshot.notes)

    # Keys

    def action_toggle_pause(self) -> None:
        """Pause, which saves; or go on."""
        state = self.worker.snapshot.state
        if state is State.PAUSED:
            self.worker.resume()
        elif not state.is_final:
            self.worker.pause()
        self.hurry()

    def action_save_now(self) -> None:
        """Checkpoint now."""
        self.worker.save_now()
        self.hurry()

    def action_full_speed(self) -> None:
        """Full speed, or back to auto."""
        snapshot = self.worker.snapshot
        self._set_pace(MAX if snapshot.pace.limit is not None else Pace.auto(snapshot.digits))

    def action_faster(self) -> None:
        """Twice the pace; full speed has nothing above it."""
        limit = self.worker.snapshot.pace.limit
        if limit is not None:
            self._set_pace(Pace.of(limit * 2))

    def action_slower(self) -> None:
        """Half the pace; from full speed, half of what it reaches."""
        snapshot = self.worker.snapshot
        limit = snapshot.pace.limit or snapshot.rate
        if limit >= 2:
            self._set_pace(Pace.of(limit / 2))

    def _set_pace(self, pace: Pace) -> None:
        self.worker.set_pace(pace)
        self.hurry()

    async def action_quit(self) -> None:
        """Save, then leave."""
        self.quitting.begin()

    def action_help(self) -> None:
        """Explain the screen and the keys."""
        from pi_tui.ui.help_screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())


def run_app(settings: Settings, digits: int | None) -> int:
    """Run the app on a run of so many digits; returns the exit code once everything is saved.

    None is the run that was worked on last, or a question on a first start.
    """
    from pi_tui.checkpoints.glance import glance
    from pi_tui.ui.ways_out import run_to_the_end
    from pi_tui.worker.worker import SpigotWorker

    seen = glance(settings.location, digits)
    app = PiApp(
        SpigotWorker(settings.job(digits or seen[0])),
        make_worker=lambda n: SpigotWorker(settings.job(n)),
        initial=seen[2] if seen and not settings.fresh else b"",
    )
    return run_to_the_end(app)
