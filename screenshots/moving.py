"""Film the running app in a real shell: digits, kill -9, back, search, walk.

A bash in a pseudo-terminal runs `pi-tui` of this environment. Nothing is drawn by hand: a terminal
emulator reads all output, and each picture is what the user would see at that moment. Waiting times
for the app are left out; everything else runs at its real speed.
"""

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
import time
from dataclasses import dataclass
from pathlib import Path

import pyte
from PIL import Image, ImageColor, ImageDraw, ImageFont

SIZE = (80, 24)
PER_SECOND = 8
"""Pictures a second."""
COLORS = 96
_PATIENCE = 60.0
_FONT, _BOLD, _POINTS = "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", 15
_CELL, _STRIP = (9, 18), 34
"""Pixels of a character, and of the caption line below the terminal."""
_INK, _PAPER, _STRIP_INK, _STRIP_PAPER = "#cdd5e1", "#0f1218", "#0f1218", "#e8b860"
_SCREENS = re.compile(rb"(\x1b\[\?1049[hl])")
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[(?:[<>=][\d;]*[a-zA-Z]|\?\d+\$p)")
_UNFINISHED = re.compile(rb"\x1b(?:\[[^@-~]*)?\Z")
_NAMED = {
    **{"black": "#0f1218", "red": "#ea7a72", "green": "#7fcb74", "brown": "#e0bb52"},
    **{"blue": "#5fa5e0", "magenta": "#d974ab", "cyan": "#4dbfd0", "white": "#cdd5e1"},
}
_BRAILLE = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of the dot for each bit of a braille character, which the font lacks."""


class Shell:
    """A bash in a terminal of its own, and the screens that were seen on it."""

    def __init__(self, folder: str) -> None:
        self.master, slave = pty.openpty()
        rows = struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, rows)
        login = "import os; os.login_tty(0); os.execvp('bash', ['bash', '--norc', '--noprofile'])"
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-c", login],
            stdin=slave,
            env=_environment(folder),
        )
        os.close(slave)
        self.frames: list[Frame] = []
        self.saying = ""
        self._shell, self._other = (_with_stream(pyte.Screen(*SIZE)) for _ in range(2))
        """The shell's own screen, and the alternate one that the app draws on."""
        self._now, self._rest, self._due = self._shell, b"", 0.0

    def close(self) -> None:
        """Close the terminal, as closing a window would; the shell and the app end."""
        os.close(self.master)
        self._child.wait(_PATIENCE)

    def send(self, keys: str) -> None:
        """Press these keys at once."""
        os.write(self.master, keys.encode())

    def type(self, keys: str, per_second: float = 12.0) -> None:
        """Press these keys one after the other, filming."""
        for key in keys:
            self.send(key)
            self.film(1 / per_second)

    def film(self, seconds: float) -> None:
        """Take pictures for so long; a remainder of a picture's time counts for the next call."""
        self._due += seconds * PER_SECOND
        while self._due >= 1:
            self._read(time.monotonic() + 1 / PER_SECOND)
            self.frames.append(Frame.of(self._now[0], self.saying))
            self._due -= 1

    def see(self, pattern: str) -> None:
        """Wait until the pattern is on the screen, without filming."""
        end = time.monotonic() + _PATIENCE
        while not re.search(pattern, text := "\n".join(self._now[0].display)):
            if time.monotonic() > end:
                raise TimeoutError(f"{pattern!r} does not come:\n{text}")
            self._read(time.monotonic() + 0.05)

    def kill(self) -> None:
        """Kill the program in the foreground with SIGKILL, as from another window."""
        os.kill(os.tcgetpgrp(self.master), signal.SIGKILL)

    def _read(self, until: float) -> None:
        """Read all output until then."""
        while select.select([self.master], [], [], max(0.0, until - time.monotonic()))[0]:
            self._feed(os.read(self.master, 65536))

    def _feed(self, data: bytes) -> None:
        data = self._rest + data
        whole = _UNFINISHED.search(data)
        end = whole.start() if whole else len(data)
        self._rest = data[end:]
        for part in _SCREENS.split(_UNKNOWN_TO_PYTE.sub(b"", data[:end])):
            if _SCREENS.fullmatch(part):
                self._other[0].reset()
                self._now = self._other if part.endswith(b"h") else self._shell
            else:
                self._now[1].feed(part)


def _with_stream(screen: pyte.Screen) -> tuple[pyte.Screen, pyte.ByteStream]:
    """Return the screen and its stream, which keeps incomplete characters for the next read."""
    return screen, pyte.ByteStream(screen)


def _environment(folder: str) -> dict[str, str]:
    """Return an environment without our settings, with the folder as home."""
    ours = ("PI_TUI_", "XDG_", "TEXTUAL", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return (
        kept
        | {"PATH": path, "PS1": "$ ", "HISTFILE": "/dev/null", "HOME": folder}
        | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PI_TUI_CHECKPOINT_EVERY": "1s"}
    )


@dataclass(frozen=True)
class Frame:
    """The contents of the screen at a moment; painted later, so that filming takes no time."""

    cells: list[list[pyte.screens.Char]]
    cursor: tuple[int, int] | None
    saying: str

    @classmethod
    def of(cls, screen: pyte.Screen, saying: str) -> Frame:
        """Copy the current contents of the screen."""
        columns, rows = SIZE
        cells = [[screen.buffer[row][column] for column in range(columns)] for row in range(rows)]
        cursor = None if screen.cursor.hidden else (screen.cursor.x, screen.cursor.y)
        return cls(cells, cursor, saying)

    def paint(self) -> Image.Image:
        """Paint the picture, with a caption line below."""
        width, height = SIZE[0] * _CELL[0], SIZE[1] * _CELL[1]
        image = Image.new("RGB", (width, height + _STRIP), _PAPER)
        pen = ImageDraw.Draw(image)
        for row, cells in enumerate(self.cells):
            for column, cell in enumerate(cells):
                _paint_cell(pen, column, row, cell)
        if self.cursor:
            x, y = self.cursor[0] * _CELL[0], self.cursor[1] * _CELL[1]
            pen.rectangle((x, y, x + _CELL[0] - 1, y + _CELL[1] - 1), _INK)
        if self.saying:
            pen.rectangle((0, height, width, height + _STRIP), _STRIP_PAPER)
            middle = width / 2, height + _STRIP / 2
            pen.text(middle, self.saying, _STRIP_INK, _FONTS[True], "mm")
        return image


def _paint_cell(pen: ImageDraw.ImageDraw, column: int, row: int, cell: pyte.screens.Char) -> None:
    x, y = column * _CELL[0], row * _CELL[1]
    ink, paper = _color(cell.fg, _INK), _color(cell.bg, _PAPER)
    if cell.reverse:
        ink, paper = paper, ink
    if paper != _PAPER:
        pen.rectangle((x, y, x + _CELL[0] - 1, y + _CELL[1] - 1), paper)
    if "\u2800" <= cell.data[:1] <= "\u28ff":
        _paint_braille(pen, x, y, ord(cell.data) - 0x2800, ink)
    elif cell.data.strip():
        font = _FONTS[cell.bold]
        pen.text((x, y + 14), cell.data, ink, font, "ls")


_FONTS = {False: ImageFont.truetype(_FONT, _POINTS), True: ImageFont.truetype(_BOLD, _POINTS)}


def _paint_braille(pen: ImageDraw.ImageDraw, x: int, y: int, bits: int, ink: str) -> None:
    for bit, (column, row) in enumerate(_BRAILLE):
        if bits >> bit & 1:
            left, top = x + 1 + column * 5, y + 1 + row * 5
            pen.rectangle((left, top, left + 1, top + 1), ink)


def _color(name: str, default: str) -> str:
    if name == "default":
        return default
    return _NAMED.get(name.removeprefix("bright"), f"#{name}")


def film(folder: str) -> list[Frame]:
    """Film the whole story, about fifteen seconds; return the frames."""
    shell = Shell(folder)
    try:
        _story(shell)
    finally:
        shell.close()
    return shell.frames


def _story(shell: Shell) -> None:
    shell.see(r"\$ ")
    shell.film(0.4)
    shell.type("pi-tui 100000")
    shell.send("\r")
    shell.see("running")
    shell.saying = "digits of π: yellow ones are not saved yet"
    shell.film(3.0)
    shell.saying = "kill -9, from another window"
    shell.kill()
    shell.see("(?s)was killed.*\\$ ")
    shell.film(1.8)
    shell.type("pi-tui")
    shell.send("\r")
    shell.see("running")
    shell.saying = "back: every saved digit is there, and it goes on"
    shell.film(2.4)
    shell.saying = "/ searches as you type"
    shell.type("/", 2)
    shell.type("2653", 5)
    shell.film(1.2)
    shell.send("\r")
    shell.film(0.4)
    shell.saying = "v turns the digits into their random walk"
    shell.send("v")
    shell.film(3.2)


def _palette(frames: list[Frame]) -> Image.Image:
    """Return a palette of every colour on the screens, and of shades between it and the paper.

    A palette made from the pictures themselves would lose small things, like a green word.
    """
    used = {_color(name, _INK) for frame in frames for row in frame.cells for name in _names(row)}
    colors = [ImageColor.getrgb(name) for name in sorted({*used, _PAPER, _STRIP_PAPER})]
    paper = ImageColor.getrgb(_PAPER)
    sample = Image.new("RGB", (len(colors), 3))
    for x, color in enumerate(colors):
        for y, share in enumerate((1.0, 0.65, 0.3)):
            mixed = (round(a * share + b * (1 - share)) for a, b in zip(color, paper, strict=True))
            sample.putpixel((x, y), tuple(mixed))
    return sample.quantize(COLORS, Image.Quantize.MAXCOVERAGE)


def _names(row: list[pyte.screens.Char]) -> set[str]:
    return {cell.fg for cell in row} | {cell.bg for cell in row}


def write_gif(frames: list[Frame], target: Path) -> None:
    """Write the film: one palette for all frames, each shown for the same time."""
    pictures = [frame.paint() for frame in frames]
    palette = _palette(frames)
    first, *rest = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in pictures]
    every = 1000 // PER_SECOND
    first.save(target, save_all=True, append_images=rest, duration=every, loop=0)
