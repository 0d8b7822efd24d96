"""A fixed terminal, and the app of any machine on runs that do not move."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from pi_tui.app.app import RunApp
from pi_tui.app.frames.any_worker import NoWorker
from pi_tui.worker.job import MAX
from pi_tui.worker.snapshot import Snapshot, State
from tests.app.lines import LinesKind
from tests.helpers import until


@pytest.fixture(autouse=True)
def good_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set 24-bit colour and a fixed time zone."""
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("COLORFGBG", raising=False)
    time.tzset()


class Still(NoWorker):
    """A worker that computes nothing; it has one snapshot until the test sets another."""

    def __init__(self, output: bytes | bytearray, **changes: Any) -> None:
        facts: dict[str, Any] = {
            "state": State.RUNNING,
            "goal": 1_000,
            "pace": MAX,
            "kind": "ising",
            "unit": "bytes",
            "parameters": {"size": 64, "seed": 7},
            "steps": 12,
            "done": 0.25,
            "figures": {"temperature": 2.27, "energy": -1.41, "accepted": 12_345},
        }
        size = len(output)
        self.snapshot = Snapshot(**(facts | {"made": size, "saved": size} | changes))
        self.output = output


Shown = Callable[..., AbstractAsyncContextManager[tuple[RunApp, Pilot[int]]]]


@pytest.fixture
def shown(tmp_path: Any) -> Shown:
    """Return a function that shows the app on a run with the output given to it."""

    @asynccontextmanager
    async def show(
        output: bytes | bytearray, size: tuple[int, int] = (100, 30), **changes: Any
    ) -> AsyncIterator[tuple[RunApp, Pilot[int]]]:
        app = RunApp(Still(output, **changes), kind=LinesKind(), location=str(tmp_path / "db"))
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(lambda: app.main_screen.count == len(output))
            await pilot.pause()
            yield app, pilot

    return show
