"""A small process that restores the terminal, however pi-tui ends.

When memory runs out, GMP calls abort(). Then, as after SIGKILL, pi-tui cannot restore the
terminal: it would stay raw, and send the shell every movement of the mouse. So a second process
waits for the end of the first. It is forked before Textual is loaded. That is faster, and the two
share little memory; forked later, it cost the first frame 12 ms of copied pages.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from pi_tui.app.terminal.environment import correct_environment
from pi_tui.app.terminal.foreground import wait_for_foreground

_NAME = b"terminal-guard"
"""Name of the guardian in the list of processes, so that `pkill -9 pi-tui` does not kill it."""
_END = b"\0"
_LOOK_SECONDS = 0.05
"""Time between two looks at who has the terminal."""

_given: list[Any] = []
"""The settings of the terminal before we changed them."""
_pipe: list[int] = []
"""Our end of the pipe to the guardian; empty if there is none."""


@contextmanager
def guarded() -> Iterator[None]:
    """Restore the terminal's settings at the end, however the `with` block ends.

    Enter the block before any thread is started, because threads do not exist in a forked process.
    While the process is in the background, the terminal has the settings of the shell's own
    editing. So first wait until the user brings the process to the foreground, by `fg`. Raises
    UsageError if no shell can do that. Without a terminal, only run the block. Environment
    variables with which Textual fails are removed for good.
    """
    correct_environment()
    there = is_there()
    _given.clear()
    if there:
        wait_for_foreground()
        with suppress(termios.error):
            _given[:] = termios.tcgetattr(0)
    is_ours = there and not os.environ.get("TEXTUAL_DRIVER")
    try:
        with _watched() if is_ours else nullcontext():
            yield
    finally:
        give_back()


def is_there() -> bool:
    """Return True if stdin is a terminal; False once that was closed, though its file may be open.

    In a browser tab, return False only once the server that shows the app has ended.
    """
    if sys.__stdin__ is None:
        return False
    if os.environ.get("TEXTUAL_DRIVER") and hasattr(select, "poll"):
        look = select.poll()
        look.register(sys.__stdin__, 0)
        return not look.poll(0)
    return os.isatty(sys.__stdin__.fileno())


def give_back() -> None:
    """Restore the settings that the terminal had when `guarded` was entered."""
    if _given:
        with suppress(termios.error):
            if termios.tcgetattr(0) != _given:
                termios.tcsetattr(0, termios.TCSANOW, _given)


def arm(last_words: bytes) -> None:
    """Tell the guardian to write `last_words` to the terminal once this process has ended.

    The guardian is a forked process that restores the terminal. A later call replaces this one. Do
    nothing if there is no guardian.
    """
    for write in _pipe:
        with suppress(OSError):
            os.write(write, last_words + _END)


def disarm() -> None:
    """Tell the guardian, the forked process, to write nothing: the terminal is restored already."""
    arm(b"")


@contextmanager
def _watched() -> Iterator[None]:
    """Fork the guardian, which restores the terminal if this process cannot; then run the body.

    At the end of the `with` body the guardian is ended. If no process can be forked, the body runs
    without one.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    group, shell = os.getpgrp(), os.getpgid(os.getppid())
    try:
        watcher = os.fork()
    except OSError:  # no more processes: go on without a guardian
        watcher = -1
    if watcher == 0:
        os.close(write)
        _watch(read, group, shell)
    os.close(read)
    _pipe[:] = [write]
    try:
        yield
    finally:
        disarm()
        _pipe.clear()
        os.close(write)
        until = time.monotonic() + 0.5  # it may have been suspended by a signal
        with suppress(ChildProcessError):  # SIGCHLD is ignored, so the system has reaped it
            while watcher > 0 and not os.waitpid(watcher, os.WNOHANG)[0]:
                if time.monotonic() >= until:
                    break
                time.sleep(0.001)


def _watch(read: int, group: int, shell: int) -> None:
    """Wait until pi-tui ends, restore the terminal if pi-tui did not, and exit.

    This is all that the guardian, a forked process, does. pi-tui has ended once the writing end of
    the pipe `read` is closed; its last message says what to write to the terminal. Write nothing
    before the terminal belongs to one of three process groups: `group`, which is that of pi-tui,
    `shell`, which is that of its parent, or the group that leads the session. The parent may not
    lead the session, if it is a shell that was started from another shell. The terminal's settings
    are restored only if it belongs to `group`, because a shell sets its own.
    """
    try:
        # Ignore signals to the job, which are meant for pi-tui.
        for name in ("INT", "TERM", "HUP", "QUIT", "TSTP", "TTIN", "TTOU", "PIPE"):
            signal.signal(getattr(signal, f"SIG{name}"), signal.SIG_IGN)
        with suppress(OSError):
            os.setpgid(0, 0)
        _rename()
        last_words = _last_of(read)
        if last_words:
            owner = _await_owner(group, shell, os.getsid(0))
            _write_all(last_words)
            if owner == group:
                give_back()
    finally:
        os._exit(0)


def _await_owner(*groups: int) -> int:
    """Wait until the terminal belongs to one of these process groups, and return that group.

    The shell may have begun its next command before this process woke up. What is written then
    would spoil the screen of that command. No signal tells a process outside a job that the job
    has ended, so this function polls. Raises OSError once the terminal is gone.
    """
    while (owner := os.tcgetpgrp(2)) not in groups:
        time.sleep(_LOOK_SECONDS)
    return owner


def _rename() -> None:
    """Set our own process name, for `pkill` and `ps`; only on Linux."""
    with suppress(OSError, ValueError, IndexError):
        with open("/proc/self/comm", "wb") as name:
            name.write(_NAME)
        with open("/proc/self/stat", "rb") as stat:
            start, end = map(int, stat.read().rpartition(b")")[2].split()[45:47])
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(start)
            memory.write(_NAME[: end - start - 1].ljust(end - start, b"\0"))


def _last_of(read: int) -> bytes:
    """Wait until pi-tui has ended, which closes the pipe `read`; return the last message.

    Returns b"" if there is none.
    """
    last, rest = b"", b""
    while data := os.read(read, 4096):
        *whole, rest = (rest + data).split(_END)
        last = whole[-1] if whole else last
    return last


def _write_all(text: bytes) -> None:
    """Write to the terminal, and wait while it accepts no bytes. Raises OSError once it is gone."""
    while text:
        select.select([], [2], [])
        text = text[os.write(2, text) :]
