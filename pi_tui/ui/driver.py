"""Textual's way to a terminal, made to survive being stopped and continued by anyone.

Left to itself it begins anew at every SIGCONT, though it never ended: a second thread then reads
the keys, nobody joins the first, and the terminal stays raw for ever. And it stops by SIGSTOP,
which holds even when the shell that could continue us has gone.
"""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Stops where a shell can continue us, and is whole again afterwards."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Of a terminal that tells no size, others guess 25 lines, not 24, and the layout would go
        # to and fro between the two for ever.
        self._size = self._size or self._get_terminal_size()
        if isinstance(self._file, TextIOWrapper):  # in Latin-1 half a screen would be \u2501
            self._file.reconfigure(encoding="utf-8")
        self.is_leaving: Callable[[], bool] = lambda: False
        self.on_stop: Callable[[], object] = lambda: None
        """What SIGTSTP from outside asks for."""
        self._is_stopped = False
        self._continued = 0
        self._raw: list[Any] = []

    def stop_until_continued(self) -> None:
        """The process was stopped as ctrl+z does it, and is in the foreground again, or leaving.

        By SIGTSTP in its default meaning, to the whole job: the kernel does not stop a job that
        no shell looks after, and wakes a stopped one when its shell goes.
        """
        if self.is_leaving():
            return
        self.suspend_application_mode()
        self._is_stopped = True
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            if not self.is_leaving():
                os.kill(0, signal.SIGTSTP)
            self._stop_while_in_background()
        finally:
            self._is_stopped = False
            signal.signal(signal.SIGTSTP, self._sigtstp_application)
        if not (self.is_leaving() and self.is_in_background):
            self.resume_application_mode()
            self._app.refresh(layout=True)

    @property
    def is_in_background(self) -> bool:
        """The terminal belongs to another job."""
        with suppress(OSError):
            return os.tcgetpgrp(self.fileno) != os.getpgrp()
        return False

    def _stop_while_in_background(self) -> None:
        """After `bg`: a screen is nothing that could go on there."""
        while self.is_in_background and not self.is_leaving():
            before = self._continued
            os.kill(os.getpid(), signal.SIGTTOU)
            if self._continued == before:  # not stopped: nobody would continue us
                return

    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.on_stop)

    def _sigcont_application(self, *_: object) -> None:
        self._continued += 1
        if not self._is_stopped:
            self._loop.call_soon_threadsafe(self._come_back)

    def _come_back(self) -> None:
        """After SIGSTOP from outside: a shell may have used the terminal meanwhile."""
        if self._is_stopped or self._app._exit or self.is_leaving():
            return
        self._is_stopped = True
        try:
            self._stop_while_in_background()
        finally:
            self._is_stopped = False
        if self.is_leaving():
            return
        if self._settings() != self._raw:  # a shell had it, and left it as it likes it
            self.suspend_application_mode()
            self.resume_application_mode()
        self._app.refresh(layout=True)

    def start_application_mode(self) -> None:
        """The terminal is ours."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._raw = self._settings()

    def _settings(self) -> list[Any]:
        with suppress(termios.error):
            return termios.tcgetattr(self.fileno)
        return []

    def run_input_thread(self) -> None:
        """Until told to end, or the terminal is not ours to read any more."""
        with suppress(OSError):
            super().run_input_thread()
