"""What `bench` looks at from inside, each in a process of its own: the program's real parts.

python -m pi_tui.bench.inside half|fill|first|phases|saving DIGITS DATABASE [CADENCE]
"""

from __future__ import annotations

import time

BEGAN = time.perf_counter()

from pi_tui import garbage  # noqa: E402

garbage.postpone()  # as the program itself does

import json  # noqa: E402 - what the imports below cost is one of the figures
import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from contextlib import closing  # noqa: E402
from typing import TypeVar  # noqa: E402

from pi_tui.checkpoints.records import Run  # noqa: E402
from pi_tui.checkpoints.store import CheckpointStore  # noqa: E402
from pi_tui.settings import Settings, cores  # noqa: E402
from pi_tui.spigot.numerals import to_number, to_text  # noqa: E402
from pi_tui.spigot.plan import plan  # noqa: E402
from pi_tui.spigot.reference import first_difference, pi_digits  # noqa: E402
from pi_tui.spigot.spigot import Spigot  # noqa: E402
from pi_tui.worker.snapshot import Snapshot, State  # noqa: E402
from pi_tui.worker.worker import SpigotWorker  # noqa: E402

IMPORTED = time.perf_counter()
T = TypeVar("T")


def half(digits: int, location: str, _: str) -> None:
    """The database holds the run of `digits`, half of them computed."""
    with closing(CheckpointStore.open(location)) as store:
        spigot = Spigot.new(digits, threads=cores())
        while spigot.count < digits // 2:
            spigot.wave()
        store.save(_run_of(spigot, store), spigot.to_state(), 0.0)


def fill(digits: int, location: str, _: str) -> None:
    """The database holds the finished run of `digits`, without having computed it."""
    k, b = plan(digits).digits_per_step, plan(digits).boxes_per_block
    with closing(CheckpointStore.open(location)) as store:
        store.complete(store.open_run(digits, k, b), pi_digits(digits), 0.0, 0)


def first(digits: int, location: str, _: str) -> None:
    """The first new digit is there, and this process has ended in that moment."""
    worker = _worker(digits, location)
    while not (snapshot := worker.snapshot).count > snapshot.resumed:
        _no_failure(worker, snapshot)
        worker.join(0.001)
    os._exit(0)


def saving(digits: int, location: str, cadence: str) -> None:
    """Print the saves of a whole run at this cadence: how many, the seconds, the share."""
    worker = _worker(digits, location, cadence)
    took: dict[int, float] = {}
    while not worker.join(0.05):
        took |= _saves(worker.snapshot)
    snapshot = worker.snapshot
    _no_failure(worker, snapshot)
    took |= _saves(snapshot)
    seconds = sum(took.values())
    figures = {"saves": len(took), "seconds": seconds, "share": seconds / snapshot.elapsed}
    print(json.dumps(figures))


def phases(digits: int, location: str, _: str) -> None:
    """Print the seconds of every part of a run, without the worker around them."""
    told: dict[str, float] = {"imports": IMPORTED - BEGAN}
    clock = _Clock(told)
    store = clock.time("opening the database", lambda: CheckpointStore.open(location))
    spigot = clock.time("making blocks", lambda: Spigot.new(digits, threads=cores()))
    run = _run_of(spigot, store)
    clock.time("stepping", lambda: _step_to(spigot, digits // 2))
    clock.time("saving half-way", lambda: store.save(run, spigot.to_state(), 0.0))
    clock.time("stepping", lambda: _step_to(spigot, digits))
    clock.time("saving the last digits", lambda: store.save(run, spigot.to_state(), 0.0))
    clock.time("verifying", lambda: first_difference(bytes(spigot.result), lambda *_: None))
    clock.time("completing", lambda: store.complete(run, bytes(spigot.result), 0.0, spigot.i))
    store.close()
    told["of stepping: text"] = _seconds_of_text(spigot)
    print(json.dumps(told))


class _Clock:
    """Adds up what each part takes."""

    def __init__(self, told: dict[str, float]) -> None:
        self._told = told

    def time(self, part: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        result = work()
        self._told[part] = self._told.get(part, 0.0) + time.perf_counter() - began
        return result


def _step_to(spigot: Spigot, count: int) -> None:
    while spigot.count < count:
        spigot.wave()


def _seconds_of_text(spigot: Spigot) -> float:
    """What turning super-digits into text took: every one of them is turned once more."""
    k, seconds = spigot.digits_per_step, 0.0
    for start in range(0, spigot.digits - k + 1, k):
        number = to_number(bytes(spigot.result[start : start + k]))
        began = time.perf_counter()
        to_text(number, k)
        seconds += time.perf_counter() - began
    return seconds


def _run_of(spigot: Spigot, store: CheckpointStore) -> Run:
    return store.open_run(spigot.digits, spigot.digits_per_step, spigot.boxes_per_block)


def _worker(digits: int, location: str, cadence: str = "auto") -> SpigotWorker:
    """The worker of `pi-tui run` with default settings, at work."""
    settings = Settings(db=location, checkpoint_every=cadence)
    worker = SpigotWorker(settings.job(digits, pace="max"))
    worker.start()
    return worker


def _saves(snapshot: Snapshot) -> dict[int, float]:
    return {c.seq: c.duration for c in snapshot.checkpoints if c.duration is not None}


def _no_failure(worker: SpigotWorker, snapshot: Snapshot) -> None:
    if worker.crash is not None:
        raise worker.crash
    if snapshot.state is State.FAILED:
        sys.exit(snapshot.error)


PARTS = {"half": half, "fill": fill, "first": first, "saving": saving, "phases": phases}

if __name__ == "__main__":
    part, asked, database, *more = sys.argv[1:]
    PARTS[part](int(asked), database, more[0] if more else "auto")
