"""Timers of the app if the process is delayed between two looks at Textual's clock."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest
from textual import _time
from textual.app import App

from pi_tui.app.terminal.timers import certain
from pi_tui.worker.snapshot import State
from tests.helpers import until
from tests.pi.app.helpers import Still, a_snapshot, a_still, resize, text_of


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Textual's clock jump a second between the first and second look of each task."""
    looks: Counter[object] = Counter()
    late = [0.0]

    def get_time() -> float:
        task = asyncio.current_task()
        looks[task] += 1
        late[0] += looks[task] == 2
        return time.monotonic() + late[0]

    monkeypatch.setattr(_time, "get_time", get_time)


@pytest.mark.usefixtures("held_up")
async def test_textual_drops_a_one_shot_timer_that_is_overdue() -> None:
    """The reason for `pi_tui.app.terminal.timers`, which can be deleted once this test fails."""
    fired: list[str] = []
    plain: App[None] = App()
    async with plain.run_test() as pilot:
        plain.set_timer(0.01, lambda: fired.append("Textual's"))
        certain(plain.set_timer(0.01, lambda: fired.append("ours")))
        await until(lambda: "ours" in fired)
        await pilot.pause()
        assert fired == ["ours"]


@pytest.mark.usefixtures("held_up")
async def test_app_is_laid_out_for_every_new_window_size_even_if_timers_are_late() -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, pilot):
        for size in ((60, 20), (120, 40), (80, 24)):
            await resize(app, pilot, size)


@pytest.mark.usefixtures("held_up")
async def test_screen_follows_the_worker_if_timers_are_late() -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, _):
        assert isinstance(app.worker, Still)
        app.worker.snapshot = a_snapshot(state=State.PAUSED)
        await until(lambda: "paused" in text_of(app))
