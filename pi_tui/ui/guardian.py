"""A tiny process that gives the terminal back if ours is ended by what no line of it survives.

Out of memory GMP calls abort(); then, as after SIGKILL, the terminal would stay raw, and tell the
shell every movement of the mouse.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_SAY = b"pi-tui was killed, or ran out of memory; its last checkpoint stands\r\n"
_PATIENCE = 60.0
"""Seconds for a terminal that takes no byte, as when its window shows a stopped program."""
_pipe: list[int] = []
"""Our end of what the other process listens to, while there is one."""


@contextmanager
def watched(leave_screen: Callable[[], None], give_back: Callable[[], None]) -> Iterator[None]:
    """Should this process end within, another does both, and says what happened.

    To be entered before any thread is started, for threads do not live on in the other.
    """
    read, write = os.pipe()
    try:
        watcher = os.fork()
    except OSError:  # no more processes: then nobody watches
        watcher = -1
    if watcher == 0:
        os.close(write)
        _watch(read, leave_screen, give_back)
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


def dismiss() -> None:
    """All is well: the other process has nothing to do any more."""
    for write in _pipe:
        with suppress(OSError):
            os.write(write, b"!")


def _watch(read: int, leave_screen: Callable[[], None], give_back: Callable[[], None]) -> None:
    """The life of the other process. What ends or stops a job is meant for ours, not for it."""
    try:
        for name in ("INT", "TERM", "HUP", "QUIT", "TSTP", "TTIN", "TTOU", "PIPE"):
            signal.signal(getattr(signal, f"SIG{name}"), signal.SIG_IGN)
        if os.read(read, 1):
            return
        select.select([], [2], [], _PATIENCE)  # what was drawn last may fill the terminal
        owner = os.tcgetpgrp(2)
        if owner in (os.getpgrp(), os.getsid(0)):  # ours still, or the shell's again already
            leave_screen()
            os.write(2, _SAY)
        if owner == os.getpgrp():
            give_back()
    finally:
        os._exit(0)
