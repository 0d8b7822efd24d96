"""Measure how fast the app responds: first frame, keys, scrolling, and CPU while it is open.

A key pressed while blocks are made counts only if blocks were still being made when its frame
came. A short run may be past that before a key can be pressed.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from pi_tui.pi.bench.contenders import database_in, ours
from pi_tui.pi.bench.pseudo_terminal import FRAME, App

LOOK = 5.0
"""Seconds over which a share of the processor is measured."""
KEYS = 5
"""Number of key presses for a median."""
KEYS_PER_SECOND = 60
"""Rate at which a held key repeats."""
FEW = 20
"""Minimum number of measurements of the event loop; with fewer, no result is given."""
SHORT = 20_000
"""Digits of a run that shows its first digits at once."""
A_ROW = r"\d{10} \d{10}"
"""Pattern of digits on the screen. The first digits of pi would not do: a long run scrolls on."""
Readings = dict[str, float | None]
"""Measurements by name; None if one could not be taken."""


def can_measure() -> bool:
    """Return True if processes can be measured this way, which is on Linux only."""
    return Path("/proc/self/stat").exists()


def measure_face(
    room: Path, environment: dict[str, str], cpu: Mapping[int, float], runs: int
) -> Readings:
    """Measure the app at its default pace, at full speed, and scrolling.

    `cpu` has the numbers of digits to measure, and the CPU seconds that `pi-tui run` takes.
    """
    sizes = list(cpu)
    room.mkdir()
    environment = environment | {"XDG_STATE_HOME": str(room)}  # not the user's own theme
    told = _first_frames(room, environment, runs) | _leisure(room, environment)
    told |= _first_digits(room, environment, sizes, runs)
    for digits in sizes:
        told |= _full_speed(room, environment, digits)
    told |= _beyond_run(room, environment, sizes[0], cpu[sizes[0]], runs)
    return told | _scrolling(room, environment, sizes[0])


def _app(database: Path, digits: int, *more: str) -> list[str]:
    return ["-m", "pi_tui", "--db", str(database), "--digits", str(digits), *more]


def _first_frames(room: Path, environment: dict[str, str], runs: int) -> Readings:
    """Measure the seconds until the first frame, and until one with saved digits."""
    fresh, resumed = list[float](), list[float]()
    database = room / "first.sqlite3"
    for turn in range(runs):
        database.unlink(missing_ok=True)
        with App(_app(database, 20_000 + turn), environment) as app:
            fresh.append(app.seconds_until("20,0"))
            app.seconds_until(A_ROW)
            app.quit()
        with App(_app(database, 20_000 + turn), environment) as app:
            resumed.append(app.seconds_until(A_ROW))
    return {"first frame": median(fresh), "first frame with saved digits": median(resumed)}


def _leisure(room: Path, environment: dict[str, str]) -> Readings:
    """Measure which share of a core the app uses in each state: 20,000 digits, the default pace."""
    shares: Readings = {}
    with App(_app(room / "leisure.sqlite3", 20_000), environment) as app:
        app.seconds_until(A_ROW)
        shares["CPU running"] = app.share(LOOK)
        app.press("p")
        app.seconds_until("paused")
        shares["CPU paused"] = app.share(LOOK)
        app.press("fp")
        app.seconds_until("complete")
        shares["CPU complete"] = app.share(LOOK)
        shares["memory"] = app.peak()
    return shares


def _first_digits(
    room: Path, environment: dict[str, str], sizes: Sequence[int], runs: int
) -> Readings:
    """Measure the seconds until a fresh run shows its first digits.

    Also returns the ratio to the time of a short run.
    """
    took: dict[int, list[float]] = {SHORT: [], **{digits: [] for digits in sizes}}
    database = room / "first-digits.sqlite3"
    for _ in range(runs):
        for digits, seconds in took.items():
            database.unlink(missing_ok=True)
            with App(_app(database, digits), environment) as app:
                seconds.append(app.seconds_until(A_ROW))
    told: Readings = {}
    for digits, seconds in took.items():
        told[f"first digits of {digits:,}"] = median(seconds)
        if digits != SHORT:
            told[f"× those of {SHORT:,}, {digits:,} digits"] = median(seconds) / median(took[SHORT])
    return told


def _full_speed(room: Path, environment: dict[str, str], digits: int) -> Readings:
    """Measure how late the screen is and how long keys take, while computing at full speed."""
    told: Readings = {}
    with _watched(room, environment, digits) as (app, watch):
        app.seconds_until("running")
        app.press("p")
        told["p to paused"] = app.seconds_until("paused")
        app.press("p")
        app.read_for(1.0)
        told["key to help"] = median(_help_and_back(app) for _ in range(KEYS))
        app.quit()
        told |= _lateness(watch)
    told |= _key_while_made(room, environment, digits) | _pause_while_made(
        room, environment, digits
    )
    return {f"{name}, {digits:,} digits": figure for name, figure in told.items()}


def _beyond_run(
    room: Path, environment: dict[str, str], digits: int, cpu: float, runs: int
) -> Readings:
    """Measure the CPU seconds of a whole run in the app beyond `cpu`, those of `pi-tui run`."""
    took, database = list[float](), room / "beyond.sqlite3"
    for _ in range(runs):
        database.unlink(missing_ok=True)
        with App(_app(database, digits, "--pace", "max"), environment) as app:
            app.seconds_until("complete")
            took.append(app.cpu_seconds())
    return {f"beyond pi-tui run, CPU, {digits:,} digits": max(median(took) - cpu, 0.0)}


def _lateness(watch: _Watch) -> Readings:
    """Return the 99th percentile of the event loop's lateness in each state."""
    late: dict[str, list[float]] = json.loads(watch.lags.read_text())
    told: Readings = {}
    for state in ("making blocks", "running"):
        lags = late.get(state, [])
        figure = quantiles(lags, n=100)[98] if len(lags) >= FEW else None
        told[f"event loop late, {state}, p99"] = figure
    return told


def _key_while_made(room: Path, environment: dict[str, str], digits: int) -> Readings:
    """Measure the time to open the help while blocks are made; up to five times."""
    took: list[float] = []
    with _watched(room, environment, digits) as (app, watch):
        app.read_until(watch.began, "that blocks are made")
        while len(took) < KEYS and not watch.made.exists():
            seconds = _help_and_back(app)
            if not watch.made.exists():
                took.append(seconds)
    return {"key to help while blocks are made": median(took) if took else None}


def _pause_while_made(room: Path, environment: dict[str, str], digits: int) -> Readings:
    """Measure the time to pause while blocks are made, and the CPU in that pause."""
    pause = share = None
    with _watched(room, environment, digits) as (app, watch):
        app.read_until(watch.began, "that blocks are made")
        app.press("p")
        seconds = app.seconds_until("paused")
        if not watch.made.exists():
            pause, share = seconds, app.share(LOOK)
    return {"p to paused while blocks are made": pause, "CPU in that pause": share}


@dataclass(frozen=True, slots=True)
class _Watch:
    """Files through which the app reports its measurements."""

    lags: Path
    """Seconds by which the event loop was late, by state; written when the app ends."""
    making: Path
    """A file that exists once making blocks has begun."""
    made: Path
    """A file that exists once the first sweep is done."""

    def began(self) -> bool:
        """Return True once making blocks has begun."""
        return self.making.exists() or self.made.exists()


@contextmanager
def _watched(room: Path, environment: dict[str, str], digits: int) -> Iterator[tuple[App, _Watch]]:
    """Run the app at full speed on a fresh run of so many digits; yield the app and its reports."""
    with TemporaryDirectory(dir=room) as folder:
        watch = _Watch(*(Path(folder) / name for name in ("lags", "making", "made")))
        files = [str(watch.lags), str(watch.making), str(watch.made)]
        command = ["-c", _WATCHED, *files, str(Path(folder) / "pi.sqlite3"), str(digits)]
        with App(command, environment) as app:
            yield app, watch


def _help_and_back(app: App) -> float:
    """Return the seconds from the key `?` to the help, the largest window that can open."""
    app.press("?")
    seconds = app.seconds_until("turn the view")
    app.read_for(0.3)  # the rest of the frame
    app.press("\x1b")
    app.read_for(0.5)  # a key right after Escape would count as Alt+key
    return seconds


def _scrolling(room: Path, environment: dict[str, str], digits: int) -> Readings:
    """Measure frames per second while PageDown is held, in a complete run of so many digits."""
    subprocess.run(ours()(digits, room), check=True, env=environment, capture_output=True)
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


_WATCHED = """\
import asyncio, json, sys, time
from pathlib import Path
from pi_tui.cli import main
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.app import pi_app as app

lags, making, made, database, digits = sys.argv[1:]
late = {}

def stage(snapshot):
    inside = Figures.of(snapshot.figures)
    if inside.iteration:
        Path(made).touch()
    elif inside.making:
        Path(making).touch()
        return "making blocks"
    return snapshot.state

async def measure(self):
    while True:
        due, state = time.perf_counter() + 0.005, stage(self.worker.snapshot)
        state = state if len(self.screen_stack) == 1 else "in help"
        await asyncio.sleep(0.005)
        late.setdefault(state, []).append(time.perf_counter() - due)

def on_ready(self):
    self.measuring = asyncio.create_task(measure(self))

app.PiApp.on_ready = on_ready
code = main(["--db", database, "--pace", "max", "--digits", digits])
Path(lags).write_text(json.dumps(late))
sys.exit(code)
"""
