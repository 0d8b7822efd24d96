"""Handle signals and a closed terminal: save first, then exit and restore the terminal.

Signals, a closed terminal and our own exceptions all end in `worker.stop()` and `worker.join()`.
Textual alone was measured: SIGTERM and SIGHUP kill it at once and leave alternate screen and mouse
reporting on. SIGINT cancels it without its quit action. If the terminal is gone, it spins.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, cast

from pi_tui.app.face import Face
from pi_tui.app.terminal import guardian
from pi_tui.app.terminal.foreground import is_in_background
from pi_tui.app.terminal.quitting import Quitting, outcome
from pi_tui.worker.leave_request import not_in_forks
from pi_tui.worker.threads import start_all

_TTY_LOOK = 1.0
"""Seconds between two checks whether the terminal still exists."""
_DEAF = 3.0
"""Seconds after which a screen that does not handle a signal counts as blocked."""


def run_to_the_end(app: Face, quitting: Quitting) -> int:
    """Run the app; return its exit code.

    The run is saved by then, unless the save failed or the user did not wait for it. Raises
    StorageError if the system gives no threads for the app.
    """
    ends = Signals(app, quitting)
    app.when_open = ends.watch
    with ends.signals():
        _look_for_threads()
        try:
            result = app.run()
        finally:
            ends.left.set()
            if not quitting.is_over:  # after an exception, or if a browser tab was closed
                app.worker.stop()
                app.worker.join()
    code = (result or 0) if app.return_code is None else app.return_code
    return code or ends.code_of_signal


def _look_for_threads() -> None:
    """Raise StorageError if three threads cannot be started: to write, read keys and compute.

    Without them Textual would fail and leave the terminal raw.
    """
    over = threading.Event()
    threads = [threading.Thread(target=over.wait) for _ in range(3)]
    try:
        start_all(*threads)
    finally:
        over.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()


class Signals:
    """Handles the signals that end a program, and detects a terminal that is gone."""

    def __init__(self, app: Face, quitting: Quitting) -> None:
        self._app, self._quitting = app, quitting
        self._loop: asyncio.AbstractEventLoop | None = None
        self._first = 0
        """The first signal; 0 if there was none."""
        self.left = threading.Event()
        """Set once Textual has ended the app, also by an exception."""
        quitting.when_begun = self._start_insisting
        self._insisting = self._vanishing = False
        if not os.environ.get("TEXTUAL_DRIVER"):
            from pi_tui.app.terminal.driver import TerminalDriver

            app.driver_class = TerminalDriver

    @property
    def code_of_signal(self) -> int:
        """Return the exit code for the first signal that requested an exit; 0 if there was none."""
        return 128 + self._first if self._first else 0

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Save and exit on SIGTERM, SIGINT and SIGHUP in this block.

        This holds before the first frame and after the last too.
        """
        wanted = signal.SIGTERM, signal.SIGINT, signal.SIGHUP
        before = {number: signal.signal(number, self._note) for number in wanted}
        try:
            with not_in_forks(before):
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def watch(self) -> None:
        """Make signals save and exit through the app from now on, because it now runs.

        Handle a signal that arrived before. Start to look regularly whether the terminal is gone.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):  # Textual's browser driver handles them
            if loop.remove_signal_handler(number):
                signal.signal(number, self._note)
        driver: Any = self._app._driver
        if hasattr(driver, "is_leaving"):
            driver.is_leaving = lambda: bool(self._first or self._quitting.is_over)
            driver.on_stop = lambda: self._app.call_later(self._app.run_action, "save_and_suspend")
        self._context = copy_context()
        self._loop = loop
        if self._first:  # it arrived before the app could handle it
            self._act(self._first)
        if guardian.is_there():
            self._app.set_interval(_TTY_LOOK, self._look_at_terminal)

    def _note(self, number: int, _frame: object) -> None:
        """Note the signal `number` if it is the first, and make the running app save and exit.

        Before the app runs, the signal is only noted. From now on SIGTTOU and SIGTTIN are ignored.
        Python calls this in the main thread, between any two instructions.
        """
        self._first = self._first or number
        for stop in (signal.SIGTTOU, signal.SIGTTIN):  # restoring the terminal must not suspend us
            signal.signal(stop, signal.SIG_IGN)
        if self._loop is not None:
            self._act(number)

    def _act(self, number: int) -> None:
        assert self._loop is not None
        driver: Any = self._app._driver
        away = getattr(driver, "is_stopped", False) and is_in_background()
        if away or (number == signal.SIGHUP and not guardian.is_there()):
            self._vanish()
            return
        with suppress(RuntimeError):  # the loop is closed: all is saved
            self._loop.call_soon_threadsafe(self._quitting.begin, number, context=self._context)
            self._start_insisting()

    def _start_insisting(self) -> None:
        if not self._insisting:
            self._insisting = True
            with suppress(RuntimeError):  # no more threads
                threading.Thread(target=self._insist, daemon=True).start()

    def _insist(self) -> None:
        """Save and exit without Textual if the event loop stops answering during an exit.

        A terminal that accepts no bytes blocks the loop. Runs in a thread of its own until the
        screen is left, or until the user chooses to stay.
        """
        while not self.left.wait(_TTY_LOOK / 10):
            if not (self._first or self._quitting.is_leaving):  # the user chose to stay
                self._insisting = False
                return
            if not (self._has_turn() or self.left.is_set()):
                self._vanish()
                return

    def _has_turn(self) -> bool:
        """Return True if the event loop answers within `_DEAF` seconds.

        Waits twice for half of that, because a suspension of the process may use up one wait.
        """
        turn = threading.Event()
        with suppress(RuntimeError):  # the loop is closed
            cast("asyncio.AbstractEventLoop", self._loop).call_soon_threadsafe(turn.set)
        return turn.wait(_DEAF / 2) or turn.wait(_DEAF / 2)

    def _look_at_terminal(self) -> None:
        if not guardian.is_there():
            self._first = self._first or signal.SIGHUP
            self._vanish()

    def _vanish(self) -> None:
        """Begin to save and exit without Textual, in a thread of its own; once begun, do nothing.

        For a terminal that is gone, accepts no bytes or belongs to another job: Textual's exit
        would wait for ever to write to it. Here the exit waits for it a second at most.
        """
        if not self._vanishing:
            self._vanishing = True
            threading.Thread(target=self._save_and_vanish, daemon=True).start()

    def _save_and_vanish(self) -> None:
        self._app.worker.stop()
        self._app.worker.join()
        code, _message = outcome(self._app.worker.snapshot, self._app.naming)
        leave = partial(os._exit, code or self.code_of_signal)
        guardian.give_back()
        driver: Any = self._app._driver
        if getattr(driver, "is_shown", False):
            text = driver.leaving.encode()
            guardian.arm(text)
            # A terminal that nobody reads blocks the writer; then the guardian writes it later.
            threading.Timer(_DEAF / 3, leave).start()
            with suppress(OSError):
                os.write(2, text)
            guardian.disarm()
        leave()
