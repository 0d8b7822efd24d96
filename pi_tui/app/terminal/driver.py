"""Textual's driver, made to survive any input, any signal and any end.

Left to itself it begins anew at every SIGCONT, though it never ended: a second thread then reads
the keys, nobody joins the first, and the terminal stays raw for ever. And it stops by SIGSTOP,
which holds even when the shell that could continue us has gone.
"""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import sys
import termios
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from pi_tui.app.terminal import background, guardian
from pi_tui.app.terminal.keyboard import Keyboard
from pi_tui.app.terminal.title import KEEP_TITLE, leaving

_SAY = "pi-tui was killed, or ran out of memory; its last checkpoint stands\r\n"
_CTRL_C = re.compile(rb"\x03|\x1b\[99[\d:]*;(?:5|69|133|197)(?::1)?[\d;:]*u")
_MANY = 500
"""Bytes typed ahead, beyond which ctrl+c overtakes what was typed before it."""
_AT_ONCE = 32
"""Keys that may wait in the app while more are sent to it."""


class TerminalDriver(LinuxDriver):
    """Stops where a shell can continue us, and is whole again afterwards."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Of a terminal that tells no size, others guess 25 lines, not 24, and the layout would go
        # to and fro between the two for ever.
        self._size = self._size or self._get_terminal_size()
        if isinstance(self._file, TextIOWrapper):  # in Latin-1 half a screen would be \u2501
            self._file.reconfigure(encoding="utf-8", errors="replace")
        self.is_leaving: Callable[[], bool] = lambda: False
        self.on_stop: Callable[[], object] = lambda: None
        """Called when SIGTSTP comes from outside."""
        self._ask_until: float | None = None
        """Until when an answer to the question for the background counts."""
        self.is_shown = False
        """Whether there is a screen to leave."""
        self.leaving = leaving()
        self._is_stopped = False
        self._continued = 0
        self._raw: list[Any] = []
        self._title = ""

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return columns and rows, also if standard output is a file: Textual would ask that."""
        if sys.__stdout__ is None or not sys.__stdout__.isatty():
            with suppress(OSError):
                columns, rows = os.get_terminal_size(self.fileno)
                if columns and rows:
                    return columns, rows
        return super()._get_terminal_size()

    def stop_until_continued(self) -> None:
        """Stop the process as ctrl+z does; return in the foreground again, or when leaving.

        It sends SIGTSTP in its default meaning to the whole job: the kernel does not stop a job
        that no shell looks after, and wakes a stopped one when its shell goes.
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
        """Return True if the terminal belongs to another job."""
        with suppress(OSError):
            return os.tcgetpgrp(self.fileno) != os.getpgrp()
        return False

    def _stop_while_in_background(self) -> None:
        """Stop again after `bg`: a screen cannot go on there."""
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
        """Draw anew after SIGSTOP from outside: a shell may have used the terminal meanwhile."""
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
        """Take the terminal: its own screen, raw keys, the mouse."""
        self.is_shown = True
        guardian.arm((self.leaving + _SAY).encode())
        # Other programs leave it so, and Textual's writing thread would die of it.
        os.set_blocking(self.fileno, True)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write(KEEP_TITLE + self._title)
        self._ask_for_background()
        self._raw = self._settings()

    def _ask_for_background(self) -> None:
        """Ask once; nothing waits for the answer."""
        if self._ask_until is None and background.can_ask():
            self._ask_until = time.monotonic() + background.PATIENCE
            self.write(background.QUESTION)

    def _hear(self, answer: bytes) -> None:
        """Take an answer of the terminal; called in the thread that reads."""
        light = background.is_light(answer)
        if light is not None and time.monotonic() < (self._ask_until or 0.0):
            suit = self._app.suit_background  # type: ignore[attr-defined]
            self._loop.call_soon_threadsafe(self._app.call_later, suit, light)

    def stop_application_mode(self) -> None:
        """Give the terminal back: nothing that was switched on stays on."""
        self.disable_input()
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self.write(self.leaving)
        self.flush()

    def close(self) -> None:
        """Wait until all is written."""
        super().close()
        self.is_shown = False
        guardian.disarm()

    def set_title(self, text: str) -> None:
        """Write a title or progress, again after each stop."""
        self._title = text
        self.write(text)

    def _query_in_band_window_resize(self) -> None:
        """Ask for nothing: SIGWINCH tells the size, and nothing here needs the mouse in pixels."""

    def _settings(self) -> list[Any]:
        with suppress(termios.error):
            return termios.tcgetattr(self.fileno)
        return []

    # Reading

    def _run_input_thread(self) -> None:
        """Read until told to end, or the terminal is gone; a bug of ours ends the app."""
        try:
            with suppress(OSError):
                self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        """Read all there is at once, but give the app no more keys than it can take.

        So ctrl+c is seen however much was typed before it.
        """
        keyboard, backlog = Keyboard(self._hear), bytearray()
        while not self.exit_event.is_set():
            hurry = backlog or keyboard.is_waiting
            ready, _, _ = select.select([self.fileno], [], [], 0.01 if hurry else 0.1)
            if ready:
                data = os.read(self.fileno, 65536)
                if not data:
                    return
                backlog += data
                if _drop_before_ctrl_c(backlog):
                    keyboard = Keyboard(self._hear)  # which may have been within a paste
            while backlog and self._has_room():
                part = bytes(backlog[:_AT_ONCE])
                del backlog[:_AT_ONCE]
                for event in keyboard.feed(part):
                    self._sent = None
                    self.process_message(event)
            for event in keyboard.tick():
                self.process_message(event)

    _sent: Future[None] | None = None

    def _has_room(self) -> bool:
        """Return whether the app has obeyed nearly all keys that it was sent."""
        if self._sent is None:  # queued behind what was sent last
            self._sent = asyncio.run_coroutine_threadsafe(_pass(), self._loop)
        return self._sent.done() and self._app.waiting < _AT_ONCE  # type: ignore[attr-defined]


async def _pass() -> None:
    """Do nothing."""


def _drop_before_ctrl_c(backlog: bytearray) -> bool:
    """Drop input before the last ctrl+c, if that is much; return True if it was dropped."""
    last = max((found.start() for found in _CTRL_C.finditer(backlog)), default=0)
    del backlog[: last if last > _MANY else 0]
    return last > _MANY
