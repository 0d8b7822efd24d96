"""Run a program in a pseudo-terminal and read what it writes to the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import AbstractContextManager
from pathlib import Path

from pi_tui.errors import PiTuiError
from pi_tui.pi.bench.contenders import PYTHON

COLUMNS, ROWS = 120, 40
PATIENCE = 300.0
"""Time-out in seconds for anything the app must show; blocks take long on a slow machine."""
_LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
_STYLE = re.compile(rb"\x1b\[[\d;:]*m")


class App(AbstractContextManager["App"]):
    """A Python program in a terminal of its own; a context manager, which kills it at the end.

    The program starts at once; `command` has the arguments of Python.
    """

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._terminal, theirs = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LOGIN, *PYTHON, *command],
            stdin=theirs,
            env=environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(theirs)
        self.written = b""
        """Output of the program since the last `press`."""

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()
        os.close(self._terminal)

    def press(self, keys: str) -> None:
        """Discard the output so far, then type `keys` into the program."""
        self.read_for(0.0)
        self.written = b""
        os.write(self._terminal, keys.encode())

    def read_for(self, seconds: float) -> None:
        """Read the output for `seconds`, or until the program ends; append it to `written`.

        Output that waits after that time is read too.
        """
        end = time.perf_counter() + seconds
        while select.select([self._terminal], [], [], max(0.0, end - time.perf_counter()))[0]:
            try:
                self.written += os.read(self._terminal, 1 << 16)
            except OSError:  # how Linux reports that the program has ended
                return

    def seconds_until(self, pattern: str) -> float:
        """Read until the output contains the pattern, a regular expression; return the seconds.

        Output before the last `press` does not count, and styles are removed. Raises PiTuiError if
        the program ends before, or after PATIENCE seconds.
        """
        began, wanted, has_ended = time.perf_counter(), re.compile(pattern.encode()), False
        while not wanted.search(_STYLE.sub(b"", self.written)):
            if has_ended or time.perf_counter() - began > PATIENCE:
                raise PiTuiError(f"the app did not show {pattern}")
            has_ended = self._child.poll() is not None  # before its last output is read
            select.select([self._terminal], [], [], 0.01)
            self.read_for(0.0)
        return time.perf_counter() - began

    def cpu_seconds(self) -> float:
        """Return the CPU seconds that the program has used so far."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def quit(self) -> None:
        """Press q and wait until the program has saved and ended.

        Raises PiTuiError after PATIENCE seconds.
        """
        self.press("q")
        began = time.perf_counter()
        while self._child.poll() is None:
            self.read_for(0.02)
            if time.perf_counter() - began > PATIENCE:
                raise PiTuiError("the app did not end when asked to")
