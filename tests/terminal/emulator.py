"""A real program in a real pseudo-terminal, and the screen its user would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import pyte

from tests.helpers import LIMIT, PI_TUI, wait_until

_LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal the controlling one, so that closing it and ctrl+c have their usual effect."""
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[(?:[<>=][\d;]*[a-zA-Z]|\?\d+\$p)")
_UNFINISHED = re.compile(rb"\x1b(?:\[[^@-~]*)?\Z")
_LEFT, _CLEARED = b"\x1b[?1049l", b"\x1b[H\x1b[2J"
"""The sequence that leaves the alternate screen; one to clear it, as pyte has only one screen."""
_MODE = re.compile(rb"\x1b\[\?(\d+)([hl])")
_NAMES = {1049: "alternate screen", 25: "hidden cursor", 2004: "pasting"}
_ON_AT_FIRST = {7: b"h", 25: b"h"}
"""Modes that are on at first: line wrap and the cursor."""
_KITTY = re.compile(rb"\x1b\[([<>])\d*u")
_KEPT_TITLE = re.compile(rb"\x1b\[2([23]);2t")
_PROGRESS = re.compile(rb"\x1b\]9;4;(\d)")
_OF_A_PROMPT = ("pasting", "terminal settings")


class Terminal:
    """`pi-tui` with these arguments in a terminal of its own. Use it as a context manager.

    With `program`, Python runs that instead; `more` is added to the environment. `size` is columns
    and rows. Without `tells_size`, the terminal reports no size before the next `resize`.
    """

    def __init__(
        self,
        *arguments: object,
        size: tuple[int, int] = (80, 24),
        program: tuple[str, ...] = (),
        tells_size: bool = True,
        **more: str,
    ) -> None:
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._pyte = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._pyte)
        self.raw = b""
        """Everything written to the terminal."""
        self._fed = 0
        self.resize(*size)
        if not tells_size:
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, bytes(8))
        self._before = termios.tcgetattr(self._slave)
        start = [sys.executable, *program] if program else PI_TUI
        command = [*start, *map(str, arguments)]
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LOGIN, *command],
            stdin=self._slave,
            env=os.environ | {"TERM": "xterm-256color"} | more,
        )
        self.pid = self._child.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()
        self.close()
        os.close(self._slave)

    def resize(self, columns: int, rows: int) -> None:
        """Resize the window, and signal the program."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._pyte.resize(rows, columns)

    def send(self, keys: str | bytes) -> None:
        """Type text; wait until the buffer of the terminal has taken it all."""
        rest = keys.encode() if isinstance(keys, str) else keys
        while rest:
            with suppress(BlockingIOError):
                rest = rest[os.write(self._master, rest) :]
            self._read()

    def type_unread(self, keys: bytes) -> None:
        """Type a few keys; read none of the program's output."""
        assert os.write(self._master, keys) == len(keys)

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._child.send_signal(number)

    def close(self) -> None:
        """Close the terminal window."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    @property
    def screen(self) -> str:
        """Return the text on the screen now."""
        self._read()
        return "\n".join(line.rstrip() for line in self._pyte.display)

    def cell(self, column: int, row: int) -> tuple[str, str, str, bool]:
        """Return character, foreground and background of a cell, and whether they are swapped.

        Column and row count from 0.
        """
        self._read()
        char = self._pyte.buffer[row][column]
        return char.data, char.fg, char.bg, char.reverse

    def place_of(self, text: str) -> tuple[int, int]:
        """Return column and row of a text on the screen."""
        lines = self.screen.splitlines()
        row = next(row for row, line in enumerate(lines) if text in line)
        return lines[row].index(text), row

    def drag(self, start: tuple[int, int], stop: tuple[int, int]) -> None:
        """Drag the mouse from one place to another, with the button held down."""
        for code, (column, row), end in ((0, start, "M"), (32, stop, "M"), (0, stop, "m")):
            self.send(f"\x1b[<{code};{column + 1};{row + 1}{end}")

    def click(self, column: int, row: int) -> None:
        """Click with the mouse."""
        self.drag((column, row), (column, row))

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition is true once; a moment later it may be false again.

        Raises AssertionError, with the screen, if it is false when the program ends, or after LIMIT
        seconds.
        """
        held: object = False

        def is_so_or_over() -> object:
            nonlocal held
            ended = self._child.poll() is not None
            self._read()
            held = condition()
            return held or ended

        with suppress(AssertionError):
            wait_until(is_so_or_over)
        assert held, f"exit code: {self._child.poll()}\n{self.screen}"

    def see(self, pattern: str) -> re.Match[str]:
        """Wait until the pattern is on the screen; return its match."""
        found: list[re.Match[str]] = []

        def is_there() -> bool:
            found.extend(filter(None, [re.search(pattern, self.screen)]))
            return bool(found)

        self.until(is_there)
        return found[0]

    def read(self, words: str) -> None:
        """Wait until the words are on the screen, with line breaks anywhere."""
        self.until(lambda: words in " ".join(self.screen.split()))

    def wait(self) -> int:
        """Wait for the program to end; return its exit code."""
        self.until(lambda: self._child.poll() is not None)
        return self._child.wait(LIMIT)

    @property
    def is_running(self) -> bool:
        """Return True if the program has not ended; read none of its output."""
        return self._child.poll() is None

    @property
    def is_raw(self) -> bool:
        """Return True if the terminal is in raw mode, without echo."""
        return not termios.tcgetattr(self._slave)[3] & (termios.ICANON | termios.ECHO)

    @property
    def is_stuck(self) -> bool:
        """Return True if the terminal's buffer is full, so the program cannot write."""
        _, room, _ = select.select([], [self._slave], [], 0)
        return not room

    def left_behind(self) -> list[str]:
        """Return what the program changed in the terminal and did not restore."""
        self._read()
        now = {int(mode): to for mode, to in _MODE.findall(self.raw)}
        found = [
            _NAMES.get(mode, f"mode {mode}")
            for mode, to in now.items()
            if to != _ON_AT_FIRST.get(mode, b"l")
        ]
        kitty, titles = _KITTY.findall(self.raw), _KEPT_TITLE.findall(self.raw)
        if kitty.count(b">") != kitty.count(b"<"):
            found.append("kitty keys")
        if titles.count(b"2") != titles.count(b"3"):
            found.append("title")
        if _PROGRESS.findall(self.raw)[-1:] not in ([], [b"0"]):
            found.append("progress")
        if termios.tcgetattr(self._slave) != self._before:
            found.append("terminal settings")
        return found

    def left_behind_by_a_job(self) -> list[str]:
        """Return what the program did not restore, but for settings that a shell prompt changes."""
        return [name for name in self.left_behind() if name not in _OF_A_PROMPT]

    @property
    def has_left_the_alternate_screen(self) -> bool:
        """Return True if the shell's own screen is shown."""
        self._read()
        return self.raw.rfind(b"\x1b[?1049h") <= self.raw.rfind(b"\x1b[?1049l")

    def _read(self) -> None:
        """Read what was written since the last read, and draw it."""
        while self._master >= 0:
            try:
                data = os.read(self._master, 65536)
            except BlockingIOError:
                break
            self.raw += data
        whole = _UNFINISHED.search(self.raw, self._fed)
        end = whole.start() if whole else len(self.raw)
        new = self.raw[self._fed : end].replace(_LEFT, _LEFT + _CLEARED)
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", new))
        self._fed = end
