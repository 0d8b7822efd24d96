"""Helpers for the tests of the app for pi: snapshots, frames, and apps on a fixed snapshot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.pilot import Pilot

from pi_tui.app.frames.any_worker import NoWorker
from pi_tui.app.frames.frame import Clock, Frame
from pi_tui.app.frames.rates import RateHistory
from pi_tui.app.looks.themes import NIGHT
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.app.pi_naming import PiNaming
from pi_tui.pi.settings import auto_pace
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import Snapshot, State
from tests.app.helpers import paste as paste
from tests.app.helpers import text_of as text_of
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench

NOW = datetime(2026, 7, 22, 14, 3, 25, tzinfo=UTC)
"""The time of the stopped clock."""


async def resize(app: PiApp, pilot: Pilot[int], size: tuple[int, int]) -> None:
    """Resize the window, and wait until the top screen is laid out for it."""
    await pilot.resize_terminal(*size)
    await until(lambda: app.screen._compositor.size == size)
    await pilot.pause()


async def until_state(app: PiApp, *states: State) -> None:
    """Wait until the worker is in one of these states and the screen shows it."""
    await until(lambda: app.worker.snapshot.state in states)
    await until(lambda: f" {app.worker.snapshot.state.value}" in text_of(app))


def a_snapshot(**changes: Any) -> Snapshot:
    """Return a snapshot of a run of 20,000 digits while it is computed, with these changes."""
    facts: dict[str, Any] = {
        "state": State.RUNNING,
        "goal": 20_000,
        "length": 20_000,
        "pace": auto_pace(20_000),
        "made": 8_640,
        "saved": 8_220,
        "resumed": 3_000,
        "steps": 144,
        "part": 5,
        "parts": 12,
        "figures": some_figures(),
        "rate": 667.3,
        "done": 0.632,
        "resumed_done": 0.27,
        "elapsed": 13.2,
        "left": 17.0,
        "next_save": 102.0,
        "kind": "pi",
        "unit": "digits",
        "checkpoints": tuple(a_checkpoint(number) for number in range(5)),
        "resumed_at": a_checkpoint(0).saved_at,
    }
    return Snapshot(**(facts | changes))


def some_figures(**changes: Any) -> Figures:
    """Return the figures of a spigot that computes 20,000 digits, with these changes."""
    facts: dict[str, Any] = {
        "iteration": 144,
        "iterations": 336,
        "digits_per_step": 60,
        "boxes_per_block": 1_024,
        "predigit": "91724876913928345670",
        "nines": 0,
        "boxes_left": (24_576, 15_360),
        "blocks": 39,
        "blocks_made": 39,
        "series": "two arctangents",
        "threads": 2,
    }
    return Figures(**(facts | changes))


def a_checkpoint(number: int) -> Checkpoint:
    """Return a checkpoint; number 0 is the newest, and number n + 1 is 5 s older than number n."""
    return Checkpoint(
        seq=12 - number,
        steps=137 - 56 * number,
        length=8_220 - 1_660 * number,
        size=12_345 + 2_901 * number,
        saved_at=NOW - timedelta(seconds=3 + 5 * number),
        elapsed=12.5 - 2.5 * number,
        duration=0.0083,
    )


def a_frame(**changes: Any) -> Frame:
    """Return a frame of a run of 20,000 digits, with rates; the changes are for its snapshot."""
    snapshot = a_snapshot(**changes)
    rates = RateHistory()
    rates.samples = [660.0 + (17 * at) % 13 for at in range(24)]
    return Frame(snapshot, NOW, 100.0, rates, PiNaming())


class Still(NoWorker):
    """A worker that computes nothing, and shows one snapshot until a test sets another."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.output = pi(20_000)[: snapshot.made]


@asynccontextmanager
async def a_still(
    snapshot: Snapshot, size: tuple[int, int], theme: str = NIGHT, *, location: str = ""
) -> AsyncIterator[tuple[PiApp, Pilot[int]]]:
    """Run the app on a fixed snapshot and window size, with stopped clocks; yield app and pilot.

    `location` is a database for the list of runs; without one, no toasts are shown.
    """
    app = PiApp(
        Still(snapshot),
        location=location,
        clock=Clock(lambda: 100.0, lambda: NOW),
    )
    app.live.rates.samples = [660.0 + (17 * at) % 13 for at in range(24)]
    async with app.run_test(size=size, notifications=bool(location)) as pilot:
        app.theme = theme
        await until(lambda: app.main_screen.count == snapshot.made)
        thumbnail, walk = app.main_screen.query_one("#walk-panel"), app.main_screen.stage.walk
        await until(lambda: not thumbnail.region or walk.walked == snapshot.made)
        await pilot.pause()
        yield app, pilot


DIGITS = 2_000
"""Digits of the run that `a_complete_run` shows."""


@asynccontextmanager
async def a_complete_run(
    bench: Bench, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[PiApp, Pilot[Any]]]:
    app = bench.app(DIGITS)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until_state(app, State.COMPLETE)
        yield app, pilot
