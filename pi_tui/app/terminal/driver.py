"""Textual's driver, extended to survive any input, any signal and any end of the process.

Textual's own driver starts again at every SIGCONT, though it never stopped. A second thread then
reads the keys, the first is never joined, and the terminal stays raw. And it suspends by SIGSTOP,
which lasts even if the shell that could continue the process has ended.
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
from typing import Any, cast

from textual.drivers.linux_driver import LinuxDriver

from pi_tui.app.terminal import background, guardian
from pi_tui.app.terminal.foreground import is_in_background, suspend_in_background
from pi_tui.app.terminal.keyboard import Keyboard
from pi_tui.app.terminal.title import KEEP_TITLE, leaving

_SAY = "pi-tui was killed, or ran out of memory; its last checkpoint stands\r\n"
_CTRL_C = re.compile(rb"\x03|\x1b\[99[\d:]*;(?:5|69|133|197)(?::1)?[\d;:]*u")
_MOVE = rb"\x1b\[<(?:35|39|43|47|51|55|59|63);\d{1,6};\d{1,6}M"
"""Matches a movement of the mouse without a button, with any of shift, alt and ctrl."""
_MOVES = re.compile(rb"(?:%b)+(%b)" % (_MOVE, _MOVE))
_MANY = 500
"""Maximum bytes typed ahead; if there are more, ctrl+c is handled before them."""
_DEAF = 2.0
"""Seconds without a turn of the event loop after which ctrl+c counts as SIGINT."""
_AT_ONCE = 32
"""Maximum keys waiting in the app while more are sent to it; bytes of input sent at a time."""


class TerminalDriver(LinuxDriver):
    """A driver that suspends only if a shell can continue it, and draws its screen again after."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # If a terminal reports no size, Textual guesses 25 lines in one place and 24 in another,
        # and the layout would alternate between the two for ever.
        self._size = self._size or self._get_terminal_size()
        if isinstance(self._file, TextIOWrapper):  # Latin-1 lacks most of the characters we draw
            self._file.reconfigure(encoding="utf-8", errors="replace")
            self._file = cast("TextIOWrapper", _Output(self._file))
        self.is_leaving: Callable[[], bool] = lambda: False
        self.on_stop: Callable[[], object] = lambda: None
        """Called when another process sends SIGTSTP."""
        self._ask_until: float | None = None
        """Time until which an answer about the background is accepted; None before the query."""
        self.is_shown = False
        """True while the terminal shows our screen."""
        self.leaving = leaving()
        self.is_stopped = False
        """True while suspended: the terminal belongs to the shell, or to another job."""
        self._raw: list[Any] = []
        self._title = ""

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return the terminal's columns and rows, also if standard output is a file.

        Textual would ask standard output for its size, and a file has none.
        """
        if sys.__stdout__ is None or not sys.__stdout__.isatty():
            with suppress(OSError):
                columns, rows = os.get_terminal_size(self.fileno)
                if columns and rows:
                    return columns, rows
        return super()._get_terminal_size()

    def stop_until_continued(self) -> None:
        """Suspend the process as ctrl+z does; return once it is in the foreground, or should exit.

        Sends SIGTSTP with its default action to the whole job. The kernel does not suspend a job
        that no shell controls, and continues a suspended one when its shell ends.
        """
        if self.is_leaving():
            return
        self.suspend_application_mode()
        self.is_stopped = True
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            if not self.is_leaving():
                os.kill(0, signal.SIGTSTP)
            suspend_in_background(self.is_leaving)
        finally:
            self.is_stopped = False
            signal.signal(signal.SIGTSTP, self._sigtstp_application)
        if not (self.is_leaving() and is_in_background()):
            self.resume_application_mode()
            self._app.refresh(layout=True)

    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.on_stop)

    def _sigcont_application(self, *_: object) -> None:
        if not self.is_stopped:
            self._loop.call_soon_threadsafe(self._come_back)

    def _come_back(self) -> None:
        """Draw again after SIGSTOP, as a shell may have drawn; in the background, suspend first."""
        if self.is_stopped or self._app._exit or self.is_leaving():
            return
        self.is_stopped = True
        try:
            suspend_in_background(self.is_leaving)
        finally:
            self.is_stopped = False
        if self.is_leaving():
            return
        if self._settings() != self._raw:  # a shell changed the settings
            self.suspend_application_mode()
            self.resume_application_mode()
        self._app.refresh(layout=True)

    def start_application_mode(self) -> None:
        """Set up the terminal, once it is ours: alternate screen, raw keys, mouse.

        If another job has the terminal, as after ctrl+z and `bg` during the start, suspend first:
        Textual would start no writing thread then, and fail at its first write. If no shell could
        continue the process, or it should exit meanwhile, set up nothing and send it SIGHUP.
        """
        self.is_stopped = True
        suspend_in_background(self.is_leaving)
        if is_in_background():  # and no shell would continue us: exit as if it closed its window
            os.kill(os.getpid(), signal.SIGHUP)
            return
        self.is_stopped = False
        self.is_shown = True
        guardian.arm((self.leaving + _SAY).encode())
        # Other programs leave it non-blocking, which would end Textual's writing thread.
        os.set_blocking(self.fileno, True)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write(KEEP_TITLE + self._title)
        self._ask_for_background()
        self._raw = self._settings()

    def _ask_for_background(self) -> None:
        """Ask the terminal for its background colour, once; do not wait for the answer."""
        if self._ask_until is None and background.can_ask():
            self._ask_until = time.monotonic() + background.PATIENCE
            self.write(background.QUESTION)

    def _hear(self, answer: bytes) -> None:
        """Choose a theme by the background colour in the terminal's answer, if that came in time.

        The thread that reads keys calls this.
        """
        light = background.is_light(answer)
        if light is not None and time.monotonic() < (self._ask_until or 0.0):
            suit = self._app.looks.suit  # type: ignore[attr-defined]
            self._loop.call_soon_threadsafe(self._app.call_later, suit, light)

    def stop_application_mode(self) -> None:
        """Restore the terminal: switch off everything that was switched on."""
        self.disable_input()
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self.write(self.leaving)
        self.flush()

    def close(self) -> None:
        """Stop the writing thread once all is written; drop later output; disarm the guardian."""
        super().close()
        self._writer_thread = None
        self.is_shown = False
        guardian.disarm()

    def write(self, data: str) -> None:
        """Write to the terminal; drop the text before the start, while suspended, after `close`."""
        if self._writer_thread is not None:
            super().write(data)

    def set_title(self, text: str) -> None:
        """Write the sequences that show title and progress, now and after each suspension."""
        self._title = text
        self.write(text)

    def _query_in_band_window_resize(self) -> None:
        """Do nothing: SIGWINCH tells the size, and the mouse is not needed in pixels."""

    def _settings(self) -> list[Any]:
        with suppress(termios.error):
            return termios.tcgetattr(self.fileno)
        return []

    # Reading

    def _run_input_thread(self) -> None:
        """Read input until told to stop or the terminal is gone; any other error ends the app."""
        try:
            with suppress(OSError):
                self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        """Read all input at once, but send the app no more keys than it can take.

        So ctrl+c is seen however much was typed before it. If the event loop is stuck, ctrl+c drops
        the input and becomes SIGINT.
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
                    keyboard = Keyboard(self._hear)  # the dropped input may have begun a paste
                backlog = only_last_moves(backlog)
            while backlog and self._has_room():
                part = bytes(backlog[:_AT_ONCE])
                del backlog[:_AT_ONCE]
                for event in keyboard.feed(part):
                    self._sent = None
                    self.process_message(event)
            if self._is_deaf() and _CTRL_C.search(backlog):
                backlog.clear()
                os.kill(os.getpid(), signal.SIGINT)
            for event in keyboard.tick():
                self.process_message(event)

    _sent: Future[None] | None = None
    _asked_at = 0.0

    def _has_room(self) -> bool:
        """Return True if the app has handled nearly all keys that it was sent."""
        if self._sent is None:  # `_pass` runs after what was sent last
            self._sent = asyncio.run_coroutine_threadsafe(_pass(), self._loop)
            self._asked_at = time.monotonic()
        return self._sent.done() and self._app.waiting < _AT_ONCE  # type: ignore[attr-defined]

    def _is_deaf(self) -> bool:
        """Return True if the event loop has been stuck for _DEAF seconds.

        This happens while the terminal accepts no bytes.
        """
        has_turn = self._sent is None or self._sent.done()
        return not has_turn and time.monotonic() - self._asked_at > _DEAF


class _Output:
    """The file of Textual's writing thread; it drops what a closed terminal refuses.

    An exception would end that thread. Then its queue of 30 writes would fill, and the event loop
    would wait for ever for room in it, before it can look whether the terminal is still there.
    """

    def __init__(self, file: TextIOWrapper) -> None:
        self._file, self.fileno = file, file.fileno

    def write(self, text: str) -> None:
        """Write the text, or drop it if the terminal is closed."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Send the text written so far to the terminal; if that fails, the next flush retries."""
        with suppress(OSError):
            self._file.flush()


def only_last_moves(data: bytearray) -> bytearray:
    r"""Return the input with only the last of mouse movements that directly follow each other.

    The app needs 5 ms for each movement. Movements with a button held stay.

    >>> bytes(only_last_moves(bytearray(b"a\x1b[<35;1;1M\x1b[<35;2;1M\x1b[<35;3;1Mb\x1b[<35;4;1M")))
    b'a\x1b[<35;3;1Mb\x1b[<35;4;1M'
    """
    return bytearray(_MOVES.sub(rb"\1", data))


async def _pass() -> None:
    """Do nothing. When this has run, the event loop has done all that it had queued before."""


def _drop_before_ctrl_c(backlog: bytearray) -> bool:
    """Drop the input before the last ctrl+c, if it is more than _MANY bytes.

    Returns True if it was dropped.
    """
    last = max((found.start() for found in _CTRL_C.finditer(backlog)), default=0)
    del backlog[: last if last > _MANY else 0]
    return last > _MANY
