"""Suspend a job that has no terminal: a screen cannot be shown in the background."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from pi_tui.errors import UsageError

_PATIENCE = 0.2
"""Seconds to wait for a signal that came together with SIGCONT.

`kill %1` sends SIGTERM and SIGCONT. Another thread may be about to handle SIGTERM while the main
thread already runs on. If the main thread suspends the process then, the process stays suspended
and the signal is not handled (seen once in a hundred runs under load).
"""


def is_in_background() -> bool:
    """Return True if another job has the terminal."""
    with suppress(OSError):  # there is no terminal
        return os.tcgetpgrp(0) != os.getpgrp()
    return False


def wait_for_foreground() -> None:
    """Suspend the process until the shell's `fg`; do nothing if it is in the foreground.

    Raises UsageError if no shell can continue it.
    """
    suspend_in_background()
    if is_in_background():
        raise UsageError(
            "a screen needs the terminal, but another job has it, and no shell can bring this one "
            "to the foreground; start it without `&`"
        )


def suspend_in_background(is_leaving: Callable[[], bool] = lambda: False) -> None:
    """Suspend the process until it is in the foreground; suspend it again after each `bg`.

    Returns early if `is_leaving()` says that the process should exit, or if the kernel does not
    suspend it because no shell could continue it. Call this in the main thread.
    """
    continued: list[int] = []
    before = signal.signal(signal.SIGCONT, lambda number, _: continued.append(number))
    try:
        while is_in_background() and not _is_so_soon(is_leaving):
            continued.clear()
            os.kill(os.getpid(), signal.SIGTTOU)
            if not continued:
                return
    finally:
        signal.signal(signal.SIGCONT, before)


def _is_so_soon(condition: Callable[[], bool]) -> bool:
    """Wait until `condition()` is true; return False if that takes over `_PATIENCE` seconds."""
    until = time.monotonic() + _PATIENCE
    while not (so := condition()) and time.monotonic() < until:
        time.sleep(_PATIENCE / 20)
    return so
