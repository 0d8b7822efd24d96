"""Every way out of the app saves first and leaves a clean terminal.

Signals, a closed terminal and an exception of ours all end in `worker.stop()` and `worker.join()`.
What Textual does by itself was measured: SIGTERM and SIGHUP kill it at once, alternate screen and
mouse reporting left on; SIGINT cancels it without its quit action; with the terminal gone it spins.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading

from pi_tui.ui.face import Face
from pi_tui.ui.quitting import Quitting

_TTY_LOOK = 1.0
"""Seconds between looks whether the terminal is still there."""


def run_to_the_end(app: Face, quitting: Quitting) -> int:
    """Run the app; returns its exit code when the last checkpoint is committed."""
    app.when_open.append(WaysOut(app, quitting).watch)
    try:
        result = app.run()
    finally:
        if not quitting.is_over:  # an exception of ours, or a browser tab that was closed
            app.worker.stop()
            app.worker.join()
    return (result or 0) if app.return_code is None else app.return_code


class WaysOut:
    """Catches the signals that end a program, and notices a terminal that has gone."""

    def __init__(self, app: Face, quitting: Quitting) -> None:
        self._app, self._quitting = app, quitting

    def watch(self) -> None:
        """From now on signals save and leave; called from within the running app."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if (number := getattr(signal, name, None)) is not None and sys.platform != "win32":
                loop.add_signal_handler(number, self._signalled, number)
        if _terminal_is_there():
            self._app.set_interval(_TTY_LOOK, self._look_at_terminal)

    def _signalled(self, number: int) -> None:
        if number == signal.SIGHUP and not _terminal_is_there():
            self._hang_up()
        else:
            self._quitting.leave_by_signal(128 + number)

    def _look_at_terminal(self) -> None:
        if not _terminal_is_there():
            self._hang_up()

    def _hang_up(self) -> None:
        """The terminal has gone: save and end the process without drawing another byte.

        Textual's way out would block for ever on writing to the dead terminal.
        """
        threading.Thread(target=self._save_and_vanish, daemon=True).start()

    def _save_and_vanish(self) -> None:
        self._app.worker.stop()
        self._app.worker.join()
        os._exit(128 + signal.SIGHUP)


def _terminal_is_there() -> bool:
    """False once the terminal was closed: its file is open still, but is no terminal any more."""
    return os.isatty(sys.__stdin__.fileno()) if sys.__stdin__ else False
