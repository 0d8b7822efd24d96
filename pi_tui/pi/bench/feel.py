"""Measure how fast the app responds: first frame, first digits, keys, and CPU.

The time of a key "while blocks are made" counts only if blocks were still being made when the
screen showed the key's effect. In a short run all blocks may be made before a key can be pressed;
then there is no such time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import mkdtemp
from typing import Any

from pi_tui.pi.bench.contenders import database_in
from pi_tui.pi.bench.pseudo_terminal import App

LOOK = 5.0
"""Seconds over which the event loop is watched."""
KEYS = 5
"""Number of key presses for a median."""
FEW = 20
"""Minimum number of measurements of the event loop; with fewer, no result is given."""
SHORT = 20_000
"""Digits of a run that shows its first digits at once."""
A_ROW = r"\d{10} \d{10}"
"""Pattern of digits on the screen. The first digits of pi would not do: a long run scrolls on."""
Readings = dict[str, float | None]
"""Measurements by name; None if one could not be taken."""


def can_measure() -> bool:
    """Return True if `/proc` shows the figures of processes, which is so on Linux only."""
    return Path("/proc/self/stat").exists()


class Face:
    """Measures how the app feels in a terminal.

    That is the time to its first frame and first digits; at full speed, how late the event loop is
    and how long keys take; and the CPU seconds that it takes beyond `pi-tui run`.
    """

    def __init__(self, room: Path, environment: dict[str, str], runs: int) -> None:
        """Make the folder `room`, in which all databases and reports of the measurement are kept.

        Starts and whole runs are measured `runs` times, and the median counts.
        """
        room.mkdir()
        self._room, self._runs = room, runs
        self._environment = environment | {"XDG_STATE_HOME": str(room)}  # not the user's own theme

    def measure(self, cpu: Mapping[int, float]) -> Readings:
        """Return how fast the app starts, and responds at full speed, for each size in `cpu`.

        `cpu` maps a number of digits to the CPU seconds that `pi-tui run` takes. Of the first, also
        return the CPU seconds that the app takes beyond that. Raises PiTuiError if the app ends by
        itself, or does not react in time.
        """
        readings = self._starts(list(cpu))
        for digits in cpu:
            readings |= self._full_speed(digits)
        return readings | self._beyond_run(*next(iter(cpu.items())))

    def _app(self, digits: int, *more: str, folder: str = "") -> App:
        """Start the app on a run of `digits` digits, and return it.

        `more` are further options of `pi-tui`. With `folder`, the run saved there is resumed, or
        begins there; without it, a new run begins in a new folder.
        """
        database = database_in(Path(folder or mkdtemp(dir=self._room)))
        command = ["-m", "pi_tui", "--db", database, "--digits", str(digits), *more]
        return App(command, self._environment)

    def _starts(self, sizes: list[int]) -> Readings:
        """Measure the median seconds from the start of the app to its first frame and first digits.

        The time to the first digits is measured for a run of SHORT digits, and for each number of
        digits in `sizes`. For each of these, its ratio to that of the short run is returned too. A
        start with saved digits is measured by the first frame that shows them.
        """
        frames, resumed = list[float](), list[float]()
        first: dict[int, list[float]] = {digits: [] for digits in (SHORT, *sizes)}
        for _ in range(self._runs):
            for digits, seconds in first.items():
                with self._app(digits) as app:
                    frames.append(app.seconds_until(f"{digits:,}"))
                    seconds.append(frames[-1] + app.seconds_until(A_ROW))
            folder = mkdtemp(dir=self._room)
            with self._app(SHORT, folder=folder) as app:
                app.seconds_until(A_ROW)
                app.quit()
            with self._app(SHORT, folder=folder) as app:
                resumed.append(app.seconds_until(A_ROW))
        short = median(first.pop(SHORT))
        readings: Readings = {
            "first frame": median(frames),
            "first frame with saved digits": median(resumed),
            f"first digits of {SHORT:,}": short,
        }
        for digits, seconds in first.items():
            readings[f"first digits of {digits:,}"] = median(seconds)
            readings[f"× those of {SHORT:,}, {digits:,} digits"] = median(seconds) / short
        return readings

    def _full_speed(self, digits: int) -> Readings:
        """Return how late the event loop is and how long keys take, in seconds, at full speed."""
        readings: Readings = {}
        with self._watched(digits) as (app, report):
            app.press("p")
            paused, moment = app.seconds_until("paused"), time.perf_counter()
            readings["p to paused"] = paused
            app.press("p")
            app.read_for(LOOK)
        making = moment < report["made"]
        readings["p to paused while blocks are made"] = paused if making else None
        readings |= _lateness(report["late"])
        with self._watched(digits) as (app, report):
            helps = [_help_and_back(app) for _ in range(KEYS)]
        making_helps = [seconds for seconds, moment in helps if moment < report["made"]]
        readings["key to help"] = median(seconds for seconds, _ in helps)
        readings["key to help while blocks are made"] = median(making_helps or [0.0]) or None
        return {f"{name}, {digits:,} digits": figure for name, figure in readings.items()}

    def _beyond_run(self, digits: int, cpu: float) -> Readings:
        """Compute `digits` digits in the app; return how many CPU seconds more than `cpu` it takes.

        `cpu` is what `pi-tui run` takes for as many digits. The result is the median of several
        measurements, at least 0.
        """
        took = list[float]()
        for _ in range(self._runs):
            with self._app(digits, "--pace", "max") as app:
                app.seconds_until("complete")
                took.append(app.cpu_seconds())
        return {f"beyond pi-tui run, CPU, {digits:,} digits": max(median(took) - cpu, 0.0)}

    @contextmanager
    def _watched(self, digits: int) -> Iterator[tuple[App, dict[str, Any]]]:
        """Run the app at full speed on a new run of `digits` digits; yield once it shows its boxes.

        Yields the app, and a report (a dict) that is filled in when the app has ended: `late` has
        how late the event loop was in each state, `made` the time when an iteration was first seen
        done, so that all blocks were made (infinite if never).
        """
        report: dict[str, Any] = {}
        folder = Path(mkdtemp(dir=self._room))
        command = ["-c", _WATCHED, str(folder / "report"), database_in(folder), str(digits)]
        with App(command, self._environment) as app:
            app.seconds_until("boxes left")
            yield app, report
            app.quit()
        report |= json.loads((folder / "report").read_text())


def _lateness(late: dict[str, list[float]]) -> Readings:
    """Return how late the event loop is (99th percentile) while making blocks, and while running.

    `late` has the measurements by state. The figures are in seconds; a figure is None if its state
    has fewer than FEW measurements.
    """
    readings: Readings = {}
    for state in ("making blocks", "running"):
        lags = late.get(state, [])
        figure = quantiles(lags, n=100)[98] if len(lags) >= FEW else None
        readings[f"event loop late, {state}, p99"] = figure
    return readings


def _help_and_back(app: App) -> tuple[float, float]:
    """Open the help with `?` and close it; return how long it took, and when it had opened.

    The first number is the seconds from the key to the open help, the second a time of
    `perf_counter`. The help is measured because it is the largest window.
    """
    app.press("?")
    seconds, moment = app.seconds_until("turn the view"), time.perf_counter()
    app.read_for(0.3)  # the rest of the frame
    app.press("\x1b")
    app.read_for(0.5)  # a key right after Escape would count as Alt+key
    return seconds, moment


_WATCHED = """\
import asyncio, json, sys, time
from pathlib import Path
from pi_tui.cli import main
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.app import pi_app as app

report, database, digits = sys.argv[1:]
late, made = {}, []

def stage(snapshot):
    inside = Figures.of(snapshot.figures)
    if inside.iteration:
        made.append(time.perf_counter())
    return "making blocks" if inside.making and not made else snapshot.state

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
Path(report).write_text(json.dumps({"late": late, "made": min(made, default=float("inf"))}))
sys.exit(code)
"""
