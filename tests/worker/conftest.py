"""Workers on a database of their own, joined at the end of every test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pi_tui.checkpoints.records import Loaded
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.worker.job import MAX, Cadence, Job, Pace
from pi_tui.worker.snapshot import State
from pi_tui.worker.watcher import WatchingWorker
from pi_tui.worker.worker import Worker
from tests.helpers import wait_until

MakeWorker = Callable[..., Worker]
NEVER = Cadence()


@pytest.fixture
def make_worker(database: Path) -> Iterator[MakeWorker]:
    """Return a function that starts workers, by default at full speed and without timed saves."""
    made: list[Worker] = []

    def make(digits: int = 12_000, *, threads: int = 1, **more: Any) -> Worker:
        settings: dict[str, Any] = {"pace": MAX, "cadence": NEVER, "digits_per_step": 2} | more
        kind, k = SpigotKind(threads), settings.pop("digits_per_step")
        insisted = () if k is None else ("digits_per_step",)
        task, clock = kind.task(digits, k), settings.pop("clock", time.monotonic)
        a_worker = WatchingWorker if settings.pop("watch", False) else Worker
        job = Job(kind, task, str(database), insisted=insisted, **settings)
        worker = a_worker(job, clock=clock)
        made.append(worker)
        worker.start()
        return worker

    yield make
    for worker in made:
        worker.stop(save=False)
        assert worker.join(60)
        assert worker.crash is None


def in_the_file(database: Path, digits: int = 12_000) -> Loaded:
    """Return what another process would find in the database now."""
    with CheckpointStore.open(str(database), SpigotKind(), write=False) as store:
        run = store.find_run(SpigotKind().task(digits))
        assert run is not None
        return store.load(run)


SLOWLY = Pace.of(400)


def is_running(worker: Worker) -> bool:
    return worker.snapshot.state is State.RUNNING and worker.snapshot.made > 0


def is_paused(worker: Worker) -> bool:
    return worker.snapshot.state is State.PAUSED


class Clock:
    """A clock that a test advances by hand; sleepers poll it."""

    def __init__(self) -> None:
        self.now, self.looks = 1_000.0, 0

    def __call__(self) -> float:
        self.looks += 1
        return self.now


@pytest.fixture
def clocked(database: Path) -> Iterator[tuple[Worker, Clock]]:
    """Start a worker at ten digits a second; return it and its clock once there is output."""
    kind, clock = SpigotKind(), Clock()
    worker = Worker(Job(kind, kind.task(12_000, 2), str(database), pace=Pace.of(10)), clock=clock)
    worker.start()
    wait_until(lambda: len(worker.output) > 0)
    yield worker, clock
    worker.stop()
    assert worker.join(60)
