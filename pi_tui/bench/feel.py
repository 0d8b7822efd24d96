"""How the app feels: first frame, keys, scrolling, and what it costs to leave it open."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from pi_tui.bench.contenders import child, database_in
from pi_tui.bench.pseudo_terminal import FRAME, App

LOOK = 5.0
"""Seconds over which a share of the processor is measured."""
KEYS = 5
"""How often a key is pressed for its median."""
KEYS_PER_SECOND = 60
"""What a held key sends."""
Figures = dict[str, float]


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
        shares["CPU running"] = app.share(LOOK)
        app.press("p")
        app.seconds_until("paused")
        shares["CPU paused"] = app.share(LOOK)
        app.press("fp")
        app.seconds_until("complete")
        shares["CPU complete"] = app.share(LOOK)
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
        frames = app.written.count(FRAME)
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
