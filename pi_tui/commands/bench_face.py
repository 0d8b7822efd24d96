"""How the app feels: first frame, keys, scrolling, and what it costs to leave it open.

The real app runs in a pseudo-terminal, and is looked at from outside, where its user sits.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Self

from pi_tui.commands.bench_peers import child, database_in
from pi_tui.errors import PiTuiError

COLUMNS, ROWS = 120, 40
PATIENCE = 300.0
"""Seconds for what the app must show some day: making blocks, say, on a slow machine."""
LOOK = 5.0
"""Seconds over which a share of the processor is measured."""
KEYS = 5
"""How often a key is pressed for its median."""
KEYS_PER_SECOND = 60
"""What a held key sends."""
Figures = dict[str, float]
_LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
_STYLE = re.compile(rb"\x1b\[[\d;:]*m")
_FRAME = b"\x1b[?2026h"
"""Comes before each frame, for terminals that say they can show it whole ..."""
_ASKED, _ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""... when they are asked."""


class App:
    """A program in a terminal of its own; leave it as a context."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._terminal, theirs = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LOGIN, sys.executable, *command],
            stdin=theirs,
            env=environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(theirs)
        self.written = b""
        """What came to the terminal since `press`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()
        os.close(self._terminal)

    def press(self, keys: str) -> None:
        """Type; what was written before is forgotten."""
        self.read_for(0.0)
        self.written = b""
        self.type(keys)

    def type(self, keys: str) -> None:
        """Type, and forget nothing."""
        os.write(self._terminal, keys.encode())

    def read_for(self, seconds: float) -> None:
        """All that is written within these seconds is taken in."""
        end = time.perf_counter() + seconds
        while select.select([self._terminal], [], [], max(0.0, end - time.perf_counter()))[0]:
            try:
                data = os.read(self._terminal, 1 << 16)
            except OSError:  # Linux says so when the program has ended
                return
            self.written += data
            if _ASKED in data:
                os.write(self._terminal, _ANSWER)

    def seconds_until(self, text: str) -> float:
        """Seconds until the text has been written, styles left out."""
        began = time.perf_counter()
        while text.encode() not in _STYLE.sub(b"", self.written):
            select.select([self._terminal], [], [], 0.01)
            self.read_for(0.0)
            if time.perf_counter() - began > PATIENCE or self._child.poll() is not None:
                raise PiTuiError(f"the app did not show {text!r}")
        return time.perf_counter() - began

    def share(self) -> float:
        """Share of one core it takes just now."""
        began, cpu = time.perf_counter(), self._cpu_seconds()
        self.read_for(LOOK)
        return (self._cpu_seconds() - cpu) / (time.perf_counter() - began)

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self) -> int:
        """Bytes of memory at most."""
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def quit(self) -> None:
        """It has saved and ended."""
        self.press("q")
        began = time.perf_counter()
        while self._child.poll() is None:
            self.read_for(0.02)
            if time.perf_counter() - began > PATIENCE:
                raise PiTuiError("the app did not end when asked to")


def can_measure() -> bool:
    """True where processes can be looked at as we do: on Linux."""
    return Path("/proc/self/stat").exists()


def measure_face(
    room: Path, environment: dict[str, str], sizes: Sequence[int], runs: int
) -> Figures:
    """How the app feels: at its default pace, at full speed with so many digits, and scrolling."""
    room.mkdir()
    told = _first_frames(room, environment, runs) | _leisure(room, environment)
    for digits in sizes:
        told |= _full_speed(room, environment, digits)
    return told | _scrolling(room, environment, sizes[0])


def _app(database: Path, digits: int, *more: str) -> list[str]:
    return ["-m", "pi_tui", "--db", str(database), "--digits", str(digits), *more]


def _first_frames(room: Path, environment: dict[str, str], runs: int) -> Figures:
    """Seconds from the start of the process to its first frame, and to one with saved digits."""
    fresh, resumed = list[float](), list[float]()
    database = room / "first.sqlite3"
    for turn in range(runs):
        database.unlink(missing_ok=True)
        with App(_app(database, 20_000 + turn), environment) as app:
            fresh.append(app.seconds_until("20,0"))
            app.seconds_until("1415926535")
            app.quit()
        with App(_app(database, 20_000 + turn), environment) as app:
            resumed.append(app.seconds_until("1415926535"))
    return {"first frame": median(fresh), "first frame with saved digits": median(resumed)}


def _leisure(room: Path, environment: dict[str, str]) -> Figures:
    """20,000 digits at the default pace: the share of a core in every state."""
    shares: Figures = {}
    with App(_app(room / "leisure.sqlite3", 20_000), environment) as app:
        app.seconds_until("1415926535")
        shares["CPU running"] = app.share()
        app.press("p")
        app.seconds_until("paused")
        shares["CPU paused"] = app.share()
        app.press("fp")
        app.seconds_until("complete")
        shares["CPU complete"] = app.share()
        shares["memory"] = app.peak()
    return shares


def _full_speed(room: Path, environment: dict[str, str], digits: int) -> Figures:
    """While `digits` are computed at full speed: how late the screen is, and what keys take."""
    lags = room / "lags.json"
    command = ["-c", _LAGS, str(lags), str(room / "speed.sqlite3"), str(digits)]
    with App(command, environment) as app:
        app.seconds_until("running")
        app.press("p")
        pause = app.seconds_until("paused")
        app.press("p")
        app.read_for(1.0)
        keys = [_help_and_back(app) for _ in range(KEYS)]
        app.quit()
    told = {"key to help": median(keys), "p to paused": pause}
    late: dict[str, list[float]] = json.loads(lags.read_text())
    for state in ("preparing", "running"):
        told[f"event loop late, {state}, p99"] = quantiles(late[state], n=100)[98]
    return {f"{name}, {digits:,} digits": figure for name, figure in told.items()}


def _help_and_back(app: App) -> float:
    """Seconds from the key to the help it asks for: the largest thing that can open."""
    app.press("?")
    seconds = app.seconds_until("turn the view")
    app.read_for(0.3)  # the rest of the frame
    app.press("\x1b")
    app.read_for(0.5)  # what follows Escape too soon is taken for Alt and a key
    return seconds


def _scrolling(room: Path, environment: dict[str, str], digits: int) -> Figures:
    """Frames per second while PageDown is held, in a finished run of so many digits."""
    fill = child("fill")(digits, room)
    subprocess.run(fill, check=True, env=environment, capture_output=True)
    database = Path(database_in(room))
    with App(_app(database, digits), environment) as app:
        app.seconds_until("complete")
        app.press("\x1b[H")
        app.seconds_until("1415926535")
        app.press("")
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < LOOK:
            app.type("\x1b[6~")
            app.read_for(1 / KEYS_PER_SECOND)
        frames = app.written.count(_FRAME)
        return {
            "digits scrolled": digits,
            "frames a second": frames / now,
            "memory, scrolling": app.peak(),
        }


_LAGS = """\
import asyncio, json, sys, time
from pi_tui.cli import main
from pi_tui.ui import app

lags, database, digits = sys.argv[1:]
late = {}

async def measure(self):
    while True:
        due, state = time.perf_counter() + 0.005, self.worker.snapshot.state
        state = state if len(self.screen_stack) == 1 else "in help"
        await asyncio.sleep(0.005)
        late.setdefault(state, []).append(time.perf_counter() - due)

def on_ready(self):
    self.measuring = asyncio.create_task(measure(self))

app.PiApp.on_ready = on_ready
code = main(["--db", database, "--pace", "max", "--digits", digits])
open(lags, "w").write(json.dumps(late))
sys.exit(code)
"""
