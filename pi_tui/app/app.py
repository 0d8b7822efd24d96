"""RunApp: the app for any machine. Its methods are short calls to the objects it holds."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from functools import partial
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TextIO, cast

from rich.text import Text
from textual import constants, events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer

from pi_tui.app import steering
from pi_tui.app.face import Face, tell
from pi_tui.app.frames.any_worker import AnyWorker, MakeWorker, NoWorker
from pi_tui.app.frames.frame import Clock
from pi_tui.app.frames.naming import Naming
from pi_tui.app.keys import KEYS, KeyTable, bindings
from pi_tui.app.live import Live
from pi_tui.app.looks.choosing_looks import Looks
from pi_tui.app.looks.remembered import Remembered
from pi_tui.app.looks.themes import own_variables
from pi_tui.app.questions import Questions
from pi_tui.app.screen import RunScreen
from pi_tui.app.talk.changing_runs import RunChanges
from pi_tui.app.talk.goals import Goals
from pi_tui.app.talk.key_queue import KeyQueue
from pi_tui.app.terminal.quitting import Quitting
from pi_tui.app.terminal.timers import certain
from pi_tui.app.widgets.bars import trouble
from pi_tui.errors import StorageError, UsageError
from pi_tui.no_memory import MESSAGE, is_lack_of_memory
from pi_tui.words import plain
from pi_tui.worker import garbage
from pi_tui.worker.crash_report import report, traceback_of

if TYPE_CHECKING:
    from textual._path import CSSPathType
    from textual.driver import Driver

    from pi_tui.app.screens.help import Part
    from pi_tui.checkpoints.glance import Glance
    from pi_tui.machine import Kind

_PRINTED = 2_000
"""Maximum number of printed texts kept, and of characters of each.

A print makes two texts: the second is the end of its line.
"""
STYLES = Path(__file__).with_name("app.tcss")
"""The style sheet of the app, for any machine."""


class RunApp(Face):
    """The Textual app that shows a run of any machine."""

    TITLE = "pi-tui"
    CSS_PATH: ClassVar[CSSPathType | None] = STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(KEYS.keys, "app"),
        # Has priority: it works in dialogs too.
        Binding("ctrl+z", "save_and_suspend", "Suspend", priority=True),
        Binding("ctrl+c", "quit", "Save and quit", system=True),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
        (0, "-tiny"),
        (8, "-low"),
        (18, "-high"),
    ]
    """Classes by window height for dialogs; the main screen has its own breakpoints."""
    key_table: KeyTable = KEYS
    naming: Naming = Naming()
    goals: Goals = Goals()
    usual: Remembered = Remembered()
    """The user's settings at a first start."""

    def __init__(
        self,
        worker: AnyWorker | None = None,
        *,
        make_worker: MakeWorker = lambda _: NoWorker(),
        kind: Kind | None = None,
        location: str = "",
        seen: Glance | None = None,
        clock: Clock | None = None,
        memory: Path | None = None,
        naming: Naming | None = None,
        goals: Goals | None = None,
    ) -> None:
        """Make an app for a worker that has not started; without one, the app asks for a goal.

        `make_worker` makes the worker of each further run, `location` is the path or URL of the
        database. `seen` is saved output, shown until the worker has loaded it. `memory` is the file
        with the user's settings; without a file they last until the exit. `kind`, `naming` and
        `goals` replace the attributes of the class. RunApp itself has no kind, so it needs `kind`.
        """
        super().__init__()
        for capture in (self._capture_stdout, self._capture_stderr):
            # Textual says -1, on which multiprocessing and subprocess fail.
            capture.fileno = _no_descriptor  # type: ignore[method-assign]
        self.animation_level = "none"  # or a scroll through 166,667 lines would crawl
        self.worker: AnyWorker = worker or NoWorker()
        self.make_worker, self.location = make_worker, location
        self.kind, self.naming = kind or self.kind, naming or self.naming
        self.when_open = lambda: None
        self.printed, self.writing = deque(maxlen=_PRINTED), []
        self.questions = Questions(self)
        self._keys = KeyQueue(self, super().on_event)
        self.quitting = Quitting(self)
        self.run_changes = RunChanges(self, self.quitting, goals or self.goals)
        self.live = Live(self, lambda: self.main_screen, clock or Clock(), seen)
        self.looks = Looks(self, memory, self.usual)
        self.hurry = self.live.hurry
        self.live.rings = lambda: self.looks.now.bell
        self.looks.begin()

    def get_default_screen(self) -> RunScreen:
        """Return a new main screen for the run."""
        return RunScreen(self.worker.snapshot)

    @property
    def main_screen(self) -> RunScreen:
        """Return the main screen, even if a dialog covers it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, RunScreen)
        return screen

    # Opening

    def open(self) -> None:
        """Draw what is saved; then start the worker, whose imports are slow.

        Without a run to show, ask for a goal instead.
        """
        self.when_open()
        self.recall_looks()
        self.live.start()
        self.call_after_refresh(self._begin)

    def recall_looks(self) -> None:
        """Apply saved settings of the main screen, such as its view; most kinds have none."""

    def _begin(self) -> None:
        if not self.worker.snapshot.goal:
            garbage.settle()  # the answer may take hours
            self.questions.converse(self.run_changes.ask_for_run())
            return
        self.worker.start()

    def take(self, worker: AnyWorker) -> None:
        """Start this worker, and show its run from now on in place of the previous run.

        Do nothing while the app exits: the exit would not stop and save another worker. Raises
        StorageError if no thread can be started.
        """
        if self.quitting.is_leaving:
            return
        self.worker = worker
        self.live.begin_again()
        worker.start()
        self.live.hurry()

    async def on_event(self, event: events.Event) -> None:
        """Queue typed keys; let Textual handle Ctrl+C, Ctrl+Q and all other events at once."""
        await self._keys.handle(event)

    @property
    def waiting(self) -> int:
        """Return the number of keys and messages not handled yet.

        The thread that reads keys calls this.
        """
        return len(self._keys) + self.message_queue_size

    def watch_app_focus(self, focus: bool) -> None:
        """Focus a widget if the window gets the focus and no widget has it: keys then reach one."""
        if focus and self.screen_stack and self.screen.focused is None:
            self.screen.focus_next(self.screen.AUTO_FOCUS or "*")

    # Actions

    @property
    def is_uncovered(self) -> bool:
        """Return True if no dialog covers the main screen."""
        return self.screen is self.main_screen

    def action_toggle_pause(self) -> None:
        """Pause or resume; if the run is only watched, compute it here, or say why not."""
        steering.toggle_pause(self)

    def action_save_now(self) -> None:
        """Request a checkpoint; if the run is only watched, tell the user so instead."""
        steering.save_now(self)

    async def action_save_and_suspend(self) -> None:
        """Save, then suspend the process.

        Do nothing while the app saves in order to exit, or to open or delete a run.
        """
        await steering.suspend(self)

    async def action_quit(self) -> None:
        """Save, then exit."""
        self.quitting.begin()

    def action_runs(self) -> None:
        """Open the list of the saved runs of this app's kind, unless a dialog is open."""
        if self.is_uncovered:
            self.questions.converse(self.run_changes.browse())

    def action_change_theme(self) -> None:
        """Let the user choose a theme, with a preview, unless a dialog is open."""
        if self.is_uncovered:
            self.questions.converse(self.looks.choose_theme())

    def action_crash_test(self) -> None:
        """Ask, then kill this process; do nothing while a dialog is open.

        If the run is complete, failed or only watched, or if there is none, only tell the user so.
        """
        if self.is_uncovered:
            from pi_tui.app.terminal.crash_test import crash_test

            crash_test(self)

    def action_help(self) -> None:
        """Open the help."""
        from pi_tui.app.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.key_table, self.help_texts()))

    def action_show_trouble(self) -> None:
        """Show what is wrong, with the traceback if there is one; a toast if nothing is wrong.

        Do nothing while a dialog is open.
        """
        from pi_tui.app.screens.help import ReadingScreen

        if not self.is_uncovered:
            return
        if wrong := trouble(self.worker.snapshot, self.naming):
            trace = traceback_of(self.worker.crash)
            more = [("Where it was raised", trace)] if trace else []
            self.push_screen(ReadingScreen("What is wrong", [("", wrong), *more]))
        else:
            tell(self, "Nothing is wrong.", seconds=3)

    def help_texts(self) -> Iterable[Part]:
        """Return the texts of the help, apart from the keys."""
        from pi_tui.app.screens.help import ON_THE_SCREEN

        return [("On the screen", ON_THE_SCREEN)]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield the actions for the command palette, with names; also actions without a key.

        The action that opens the palette is left out.
        """
        for key in self.key_table.keys:
            if key.action != "app.command_palette":  # it is open
                told, act = f"{key.shown} · {key.meaning}", partial(self.run_action, key.action)
                yield SystemCommand(key.title, told, act)
        yield SystemCommand(
            f"Bell at the end: turn {'off' if self.looks.now.bell else 'on'}",
            "Whether the terminal rings when a run is complete; remembered",
            self.looks.turn_bell,
        )
        told = "Kill pi-tui with SIGKILL; the next start shows that all that was saved is there"
        yield SystemCommand("Crash test", told, self.action_crash_test)

    # Themes

    def refresh_css(self, animate: bool = True) -> None:
        """Apply the theme to all styles; before there is a screen, only to the app's own.

        Without a screen, Textual would read every style sheet, and read them all again for the
        first screen. This would take about 10 ms.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.update(self, animate=animate)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own colour variables, derived from the current theme."""
        return own_variables(self.current_theme)

    # The terminal around us

    def get_driver_class(self) -> type[Driver]:
        """Return the driver's class. Raises UsageError if TEXTUAL_DRIVER names no driver."""
        try:
            return super().get_driver_class()
        except (ImportError, AttributeError, ValueError, RuntimeError) as error:
            named = plain(f"TEXTUAL_DRIVER names no driver of Textual: {constants.DRIVER}")
            raise UsageError(named) from error

    def set_timer(self, *of_a_timer: Any, **more: Any) -> Timer:
        """Call a function after a delay; call it late where Textual would not call it at all.

        Textual drops a one-shot timer whose time has passed (timers.py). It calls this method for
        its own timers too.
        """
        return certain(super().set_timer(*of_a_timer, **more))

    def streams(self) -> list[tuple[object, TextIO]]:
        """Return stdout and stderr, each with the stream by which Textual captures its text."""
        ours = (sys.stdout, self._capture_stdout), (sys.stderr, self._capture_stderr)
        return [(stream, cast("TextIO", capture)) for stream, capture in ours]

    def _print(self, text: str, stderr: bool = False) -> None:
        """Keep the first _PRINTED characters of a text that the machine prints, for after the exit.

        Only the newest _PRINTED texts are kept. This runs in the machine's thread. A message to the
        app for each print would be too many.
        """
        self.printed.append(text[:_PRINTED])
        super()._print(text, stderr)

    def _handle_exception(self, error: Exception) -> None:
        """Exit with code 1 and a traceback without local variables.

        For lack of memory, exit with code 6 and a message instead.
        """
        self._exception = self._exception or error  # only the first: it caused the others
        cause = getattr(self._exception, "error", self._exception)  # of Textual's WorkerFailed
        lacks = is_lack_of_memory(cause)
        self._return_code = StorageError.exit_code if lacks else 1
        self._exit_renderables[:] = [Text(MESSAGE if lacks else report(cause))]
        self._close_messages_no_wait()
        self._exception_event.set()


def _no_descriptor() -> int:
    raise UnsupportedOperation("fileno")
