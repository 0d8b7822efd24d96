"""The terminal is given back as it was found, however we end.

Out of memory GMP calls abort(); then, as after SIGKILL, no line of ours runs any more: the terminal
would stay raw, and tell the shell every movement of the mouse. So a tiny second process waits for
our end. It is made before Textual is loaded: that is quicker, and what both have in common is
small (made later it cost the first frame 12 ms of copied pages).
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

_SAY = b"pi-tui was killed, or ran out of memory; its last checkpoint stands\r\n"
_PATIENCE = 60.0
"""Seconds for a terminal that takes no byte, as when its window shows a stopped program."""
_LEAVE_SCREEN = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?7h"
    b"\x1b[<u\x1b[?1049l\x1b[?25h"
)
"""Mouse, focus, pasting and keys as they were, the shell's own screen, the cursor."""
_ARMED, _DISMISSED = b"+", b"!"

_given: list[Any] = []
"""The settings of the terminal as we found it."""
_pipe: list[int] = []
"""Our end of what the other process listens to, while there is one."""


@contextmanager
def guarded() -> Iterator[None]:
    """The terminal's settings are afterwards what they were, whatever happens within.

    To be entered before any thread is started, for threads do not live on in the other process.
    """
    there = is_there()
    _given.clear()
    if sys.platform != "win32" and there:
        import termios

        with suppress(termios.error):
            _given[:] = termios.tcgetattr(0)
    is_ours = there and hasattr(os, "fork") and not os.environ.get("TEXTUAL_DRIVER")
    try:
        with _watched() if is_ours else nullcontext():
            yield
    finally:
        give_back()


def is_there() -> bool:
    """False once the terminal was closed: its file is open still, but is no terminal any more.

    Or, behind a browser tab, once the server is gone that shows us and feeds us keys.
    """
    if sys.__stdin__ is None:
        return False
    if os.environ.get("TEXTUAL_DRIVER") and hasattr(select, "poll"):
        look = select.poll()
        look.register(sys.__stdin__, 0)
        return not look.poll(0)
    return os.isatty(sys.__stdin__.fileno())


def leave_screen(within: float = 0.0) -> None:
    """The shell's screen is shown again, if the terminal takes a byte within so many seconds."""
    with suppress(OSError, ValueError):
        _, ready, _ = select.select([], [2], [], within)
        if ready and os.isatty(2):
            os.write(2, _LEAVE_SCREEN)


def give_back() -> None:
    """The terminal's settings are what they were when `guarded` was entered."""
    if sys.platform != "win32" and _given:
        import termios

        with suppress(termios.error):
            if termios.tcgetattr(0) != _given:
                termios.tcsetattr(0, termios.TCSANOW, _given)


def arm() -> None:
    """From now on there is a screen to leave, and something to say, should we be killed."""
    _tell(_ARMED)


def dismiss() -> None:
    """All is well: the other process has nothing to do any more."""
    _tell(_DISMISSED)


def _tell(what: bytes) -> None:
    for write in _pipe:
        with suppress(OSError):
            os.write(write, what)


@contextmanager
def _watched() -> Iterator[None]:
    """Should this process end within, and be armed, another tidies up and says what happened."""
    read, write = os.pipe()
    try:
        watcher = os.fork()
    except OSError:  # no more processes: then nobody watches
        watcher = -1
    if watcher == 0:
        os.close(write)
        _watch(read)
    os.close(read)
    _pipe[:] = [write]
    try:
        yield
    finally:
        dismiss()
        _pipe.clear()
        os.close(write)
        until = time.monotonic() + 0.5  # it may have been stopped by somebody
        while watcher > 0 and not os.waitpid(watcher, os.WNOHANG)[0] and time.monotonic() < until:
            time.sleep(0.001)


def _watch(read: int) -> None:
    """The life of the other process. What ends or stops a job is meant for ours, not for it."""
    try:
        for name in ("INT", "TERM", "HUP", "QUIT", "TSTP", "TTIN", "TTOU", "PIPE"):
            signal.signal(getattr(signal, f"SIG{name}"), signal.SIG_IGN)
        if os.read(read, 1) != _ARMED or os.read(read, 1):
            return
        select.select([], [2], [], _PATIENCE)  # what was drawn last may fill the terminal
        owner = os.tcgetpgrp(2)
        if owner in (os.getpgrp(), os.getsid(0)):  # ours still, or the shell's again already
            leave_screen(_PATIENCE)  # the shell writes too: there may be no room again
            os.write(2, _SAY)
        if owner == os.getpgrp():
            give_back()
    finally:
        os._exit(0)
