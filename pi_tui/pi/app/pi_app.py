"""PiApp: the app for any machine, extended by what only pi has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType

from pi_tui.app.app import STYLES, RunApp
from pi_tui.app.face import tell
from pi_tui.app.keys import bindings
from pi_tui.app.looks.remembered import Remembered
from pi_tui.app.steering import is_refused
from pi_tui.pi.app.pi_colors import pi_variables
from pi_tui.pi.app.pi_keys import PI_KEYS, PI_ROWS
from pi_tui.pi.app.pi_naming import PiGoals, PiNaming
from pi_tui.pi.app.pi_screen import PiScreen
from pi_tui.pi.app.stage import VIEWS
from pi_tui.pi.settings import FASTEST, auto_pace
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.words import counted
from pi_tui.worker.job import MAX, Pace

if TYPE_CHECKING:
    from textual._path import CSSPathType
    from textual.screen import Screen

    from pi_tui.app.screens.help import Part
    from pi_tui.pi.settings import Settings


@dataclass(frozen=True, slots=True)
class PiLooks(Remembered):
    """Settings of the app for pi that are saved from one start to the next."""

    view: str = VIEWS[0].name
    colored: bool = False
    by_heart: int = 0
    """The best score in reciting from memory, in digits."""


_MOST_RECITED = 1_000_000
"""Digits that a user may recite; the record is about 70,000."""


class PiApp(RunApp):
    """The Textual app that shows how pi is computed."""

    CSS_PATH: ClassVar[CSSPathType | None] = [STYLES, "pi.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = bindings(PI_ROWS, "app")
    key_table = PI_KEYS
    kind = SpigotKind()
    naming = PiNaming()
    goals = PiGoals()
    usual = PiLooks()

    def get_default_screen(self) -> PiScreen:
        """Return a new main screen for the run."""
        return PiScreen(self.worker.snapshot, self._remember_view)

    @property
    def main_screen(self) -> PiScreen:
        """Return the main screen, even if a dialog covers it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, PiScreen)
        return screen

    # Looks

    @property
    def _looks(self) -> PiLooks:
        assert isinstance(self.looks.now, PiLooks)
        return self.looks.now

    def recall_looks(self) -> None:
        """Restore the view, and whether digits are coloured, from the last start."""
        screen = self.main_screen
        screen.digits.colored = self._looks.colored
        screen.stage.show(self._looks.view)

    def _remember_view(self) -> None:
        """Save the view and whether digits are coloured."""
        screen = self.main_screen
        self.looks.remember(view=screen.stage.view, colored=screen.digits.colored)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colour variables of RunApp, and those for digits and heat maps."""
        return super().get_theme_variable_defaults() | pi_variables(self.current_theme)

    def help_texts(self) -> Iterable[Part]:
        """Return the texts of the help screen, apart from the keys."""
        from pi_tui.pi.app.screens.pi_help import PI_HELP

        return PI_HELP

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield actions for the command palette: those of RunApp, and one to show each view."""
        yield from super().get_system_commands(screen)
        for view in VIEWS:
            show = partial(self.main_screen.stage.show, view.name)
            yield SystemCommand(f"View: {view.title}", view.meaning, show)

    # Actions

    def action_full_speed(self) -> None:
        """Set full speed or, if that is set, the pace `auto`.

        If this process only watches the run, only tell the user so.
        """
        is_full = self.worker.pace.limit is None
        self._set_pace(auto_pace(self.worker.snapshot.goal) if is_full else MAX)

    def action_pace(self, factor: float) -> None:
        """Multiply the pace by `factor`, unless less than one digit a second would result.

        The pace becomes FASTEST at most. Full speed has no pace. A factor below 1 then multiplies
        the speed reached, and a larger one does nothing. If this process only watches the run, the
        user is told so instead.
        """
        reached = self.worker.snapshot.rate if factor < 1 else 0.0
        limit = min((self.worker.pace.limit or reached) * factor, FASTEST)
        if limit >= 1:
            self._set_pace(Pace.of(limit))

    def _set_pace(self, pace: Pace) -> None:
        """Set the pace; if this process only watches the run, only tell the user so."""
        if not is_refused(self):
            self.worker.set_pace(pace)
            self.hurry()

    def action_more(self) -> None:
        """Ask whether to begin a larger run, or tell the user why there is none.

        Do nothing while a dialog is open.
        """
        if self.is_uncovered:
            from pi_tui.pi.app.larger import offer_larger

            self.questions.converse(offer_larger(self, self.main_screen, self.run_changes.open_run))

    def action_by_heart(self) -> None:
        """Open the screen for reciting digits from memory, and save the score if it is the best.

        Do nothing while a dialog is open. If there are no digits yet, only tell the user so.
        """
        if self.is_uncovered and self.main_screen.has_output("There are no digits yet."):
            self.questions.converse(self._by_heart())

    async def _by_heart(self) -> None:
        from pi_tui.pi.app.screens.by_heart import ByHeart

        screen, best = self.main_screen, self._looks.by_heart
        digits = bytes(screen.source[: min(screen.count, _MOST_RECITED)])
        question = ByHeart(digits, best)
        try:
            await self.questions.ask(question)
        finally:  # also at an exit
            if question.score > best:
                self.looks.remember(by_heart=question.score)
                tell(self, f"{counted(question.score, 'digit')} by heart, your best.")


def run_app(settings: Settings, digits: int | None) -> int:
    """Show the run of `digits` digits in the app until the user exits; return the exit code.

    If `digits` is None, open the run last worked on, an unfinished one first. If none is saved, ask
    for a number. Raises PiTuiError if the app cannot start, for example because of an invalid
    setting or a database that cannot be read.
    """
    from pi_tui.app.looks.remembered import default_path
    from pi_tui.app.terminal.signals import run_to_the_end
    from pi_tui.pi.which_run import run_to_open
    from pi_tui.worker.watcher import WatchingWorker
    from pi_tui.worker.worker import Worker

    digits, seen = run_to_open(settings, digits)
    later = replace(settings, fresh=False)
    a_worker = Worker if settings.fresh else WatchingWorker  # a fresh start never watches
    app = PiApp(
        a_worker(settings.job(digits, give_way=True)) if digits else None,
        make_worker=lambda task: WatchingWorker(later.job(task.goal, give_way=True)),
        location=settings.location,
        seen=None if settings.fresh else seen,
        memory=default_path(),
        goals=PiGoals(settings.memory),
    )
    return run_to_the_end(app, app.quitting)
