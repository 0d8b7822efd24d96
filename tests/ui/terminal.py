"""A real pseudo-terminal with pi-tui in it, and an emulator that sees what a user would see."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyte

from tests.helpers import LIMIT

LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"


class Terminal:
    """A child process on a pseudo-terminal of its own."""

    def __init__(self, command: list[str], columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = bytearray()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # the child
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execv(command[0], command)
        self.status: int | None = None

    def read(self, seconds: float = 0.02) -> None:
        """Take in what the child has written, waiting so long for the first of it."""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # Linux says EIO once the child has closed its side
                return
            if not data:
                return
            self.written += data
            self._stream.feed(_plain(data))
            seconds = 0.0

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.screen.display)

    def shows(self, words: str) -> bool:
        """True once the words are on the screen."""
        self.read()
        return words in self.text

    def has_written(self, data: bytes) -> bool:
        """True once the child has sent these bytes."""
        self.read()
        return data in self.written

    def wait_for(self, words: str) -> None:
        """The words are on the screen."""
        self._read_until(lambda: words in self.text, words)

    def wait_for_digits(self, count: int) -> None:
        """So many digits are there, and the last of them in sight."""
        self._read_until(lambda: self._digits_in_sight() >= count, f"{count} digits")

    def _digits_in_sight(self) -> int:
        title = re.search(r"digits [\d,]+ – ([\d,]+) ", self.text)
        return int(title[1].replace(",", "")) if title else 0

    def wait_for_bytes(self, sequence: bytes) -> None:
        """The child has written this."""
        self._read_until(lambda: sequence in self.written, repr(sequence))

    def _read_until(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + LIMIT
        while not condition():
            assert time.monotonic() < end, f"{what} never came; the screen:\n{self.text}"
            self.read()

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())

    def send(self, number: signal.Signals) -> None:
        """Send the child a signal."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal, as a closed window does."""
        os.close(self.fd)
        self.fd = -1

    def exit_code(self) -> int:
        """How the child ended: its exit code, or minus the signal that killed it."""
        end = time.monotonic() + LIMIT
        while self.status is None:
            assert time.monotonic() < end, "it did not end"
            if self.fd >= 0:
                self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        if self.fd >= 0:
            self.read()
        return self.status

    def close(self) -> None:
        """Neither child nor terminal is left."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.fd >= 0:
            os.close(self.fd)


def _plain(data: bytes) -> bytes:
    """Without the sequences that pyte shows as text: it does not know the kitty keyboard ones."""
    for sequence in (b"\x1b[>1u", b"\x1b[<u", b"\x1b[22;2t", b"\x1b[23;2t"):
        data = data.replace(sequence, b"")
    return data


@contextmanager
def terminal(
    *arguments: object, columns: int = 100, rows: int = 30, code: str = ""
) -> Iterator[Terminal]:
    """pi-tui with these arguments, in a terminal; it is gone afterwards, whatever happens.

    `code` is run instead of the module, if there is any.
    """
    program = ["-c", code] if code else ["-m", "pi_tui"]
    command = [sys.executable, "-W", "error", *program, *map(str, arguments)]
    child = Terminal(command, columns, rows)
    try:
        yield child
    finally:
        child.close()


def saved_digits(database: object) -> int:
    """How many digits of the newest run are committed."""
    from pi_tui.checkpoints.glance import glance

    seen = glance(str(database), None)
    return seen.committed if seen else 0
