"""ctrl+z: the run is saved and paused before the process is suspended, and goes on after it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from pi_tui.app import steering
from pi_tui.app.app import RunApp
from pi_tui.machine import Poll, Task, unwatched
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.app.lines import Lines, LinesKind
from tests.helpers import LIMIT, until


class GatedKind(LinesKind):
    """The kind of machines whose steps wait until `may_step` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.is_in_step, self.may_step = threading.Event(), threading.Event()

    def new(self, task: Task) -> Lines:
        return Gated(self, task.goal)


class Gated(Lines):
    def __init__(self, kind: GatedKind, goal: int) -> None:
        super().__init__(goal, 0.0)
        self.kind = kind

    def step(self, poll: Poll = unwatched) -> None:
        self.kind.is_in_step.set()
        assert self.kind.may_step.wait(LIMIT)
        super().step(poll)


@pytest.mark.parametrize("is_paused", [True, False], ids=["paused before", "not paused before"])
async def test_run_is_paused_after_ctrl_z_within_a_step_only_if_the_user_had_paused_it(
    is_paused: bool, tmp_path: Path
) -> None:
    kind = GatedKind()
    worker = Worker(Job(kind, Task(10**9), str(tmp_path / "db")))
    app = RunApp(worker, kind=kind, location=str(tmp_path / "db"))
    try:
        async with app.run_test() as pilot:
            await until(kind.is_in_step.is_set)
            if is_paused:
                await pilot.press("p")
            assert (worker.pause_wanted, worker.snapshot.state) == (is_paused, State.RUNNING)
            suspended = asyncio.create_task(steering.suspend(app))
            await asyncio.sleep(0)  # now it waits for the step
            kind.may_step.set()
            await suspended
            assert worker.pause_wanted == is_paused
            after = State.PAUSED if is_paused else State.RUNNING
            await until(lambda: worker.snapshot.state is after)
    finally:
        kind.may_step.set()
        worker.stop(save=False)
        assert worker.join(LIMIT)
