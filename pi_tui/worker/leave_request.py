"""A request to exit, by a key or a signal: the first one saves, a later one exits at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

AT_ONCE_AFTER = 2.0
"""Seconds after the first request from which another request means: exit at once.

An earlier one is a duplicate of the first. When a window closes, the kernel and the shell both
send a signal; `timeout` signals a child twice; a held key repeats.
"""


class LeaveRequest:
    """A request to exit. In a condition, it is false until the request is made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self.signal = 0
        """The first signal that requested the exit, or 0."""
        self.when_asked: Callable[[], None] = lambda: None
        """Called at the first request, within the handler of the signal."""
        self.at_once = False
        """True if the request was repeated after AT_ONCE_AFTER seconds of saving."""

    def __bool__(self) -> bool:
        return self._since is not None

    @property
    def is_long_ago(self) -> bool:
        """Return True if the first request is so old that another one means: exit at once."""
        return self._since is not None and self._clock() - self._since >= AT_ONCE_AFTER

    def ask(self, number: int = 0) -> None:
        """Record a request to exit: by the signal `number`, or by a key (0).

        The first one calls `when_asked`. A later one sets `at_once` if the first is long ago.
        """
        self.at_once = self.at_once or self.is_long_ago
        self.signal = self.signal or number
        if self._since is None:
            self._since = self._clock()
            self.when_asked()

    def forget(self) -> None:
        """Cancel the request to exit."""
        self._since, self.signal, self.at_once = None, 0, False


@contextmanager
def handling_signals(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """In the `with` body, call `handler` on SIGINT, SIGTERM and SIGHUP, sent by users and shells.

    A signal that was ignored before stays ignored: that is what `nohup` asks for. One that C code
    handles is left to it.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = (None, signal.SIG_IGN)  # None: by C code, and Python could not put it back
    before = {n: old for n in numbers if (old := signal.getsignal(n)) not in kept}
    for number in before:
        signal.signal(number, handler)
    try:
        with not_in_forks(before):
            yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


_REPLACED: list[Mapping[signal.Signals, Any]] = []
"""The handlers that ours replaced, by signal; those replaced first come first."""


@contextmanager
def not_in_forks(before: Mapping[signal.Signals, Any]) -> Iterator[None]:
    """In the `with` body, let SIGTERM end processes that are forked from this one.

    Our handlers save and end this process. A fork inherits them, has nothing to save, and would not
    end. So `Process.terminate` had no effect, and `with multiprocessing.Pool()` in a step waited
    for ever. `before` has the handlers that ours replaced; a fork gets that for SIGTERM again.
    SIGINT and SIGHUP come to all processes of a terminal. A fork ignores them, so that the step can
    end, and be saved.
    """
    _REPLACED.append(before)
    try:
        yield
    finally:
        _REPLACED.remove(before)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing. Unlike SIG_IGN, this handler does not outlive an `exec`."""


_FORKING = threading.local()
"""`mask` has the signals that a thread held back before it began to fork."""


def _hold_back() -> None:
    """Hold SIGTERM back before a fork: a child that got it before `_in_a_fork` would not end."""
    _FORKING.mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def _let_come() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _FORKING.mask)


def _in_a_fork() -> None:
    for number, old in _REPLACED[0].items() if _REPLACED else ():
        with suppress(ValueError, TypeError):  # not the main interpreter; a handler of C code
            signal.signal(number, old if number == signal.SIGTERM else _ignore)
    _let_come()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_hold_back, after_in_parent=_let_come, after_in_child=_in_a_fork)
