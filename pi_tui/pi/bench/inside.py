"""Parts of pi-tui that `bench` measures from inside, each in a process of its own.

python -m pi_tui.pi.bench.inside half|first|saved|kept|saving|phases DIGITS DATABASE [CADENCE]
"""

from __future__ import annotations

import time

BEGAN = time.perf_counter()

from pi_tui.worker import garbage  # noqa: E402

garbage.postpone()  # as the program itself does

import json  # noqa: E402 - the time of the imports below is measured
import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402

from pi_tui.pi.settings import Settings  # noqa: E402
from pi_tui.worker.snapshot import Snapshot, State  # noqa: E402
from pi_tui.worker.worker import Worker  # noqa: E402

IMPORTED = time.perf_counter()
LOOK = 0.002
"""Seconds between two reads of the snapshot."""


def half(digits: int, location: str, _: str) -> None:
    """Compute and save half of a run of `digits`, then stop."""
    # One second for all digits does not slow a long run down. A short run would be over before
    # `stop`.
    worker = _worker(digits, location, pace=str(max(digits, 50)))
    _wait(worker, lambda snapshot: snapshot.made >= digits // 2)
    worker.stop()
    worker.join()
    _no_failure(worker, worker.snapshot)


def first(digits: int, location: str, _: str) -> None:
    """Compute a run; end this process once its first new digit is computed."""
    _wait(_worker(digits, location), lambda snapshot: snapshot.made > snapshot.resumed)
    os._exit(0)


def saved(digits: int, location: str, _: str) -> None:
    """Compute a run until its first new digit; save it, as key `c` does, and end this process."""
    worker = _worker(digits, location)
    _wait(worker, lambda snapshot: snapshot.made > snapshot.resumed)
    worker.save_now()
    _wait(worker, lambda snapshot: snapshot.saved > snapshot.resumed)
    os._exit(0)


def kept(digits: int, location: str, _: str) -> None:
    """Compute a run; end this process once its first new digits are saved automatically.

    Unlike `saved`, this requests no save.
    """
    _wait(_worker(digits, location), lambda snapshot: snapshot.saved > snapshot.resumed)
    os._exit(0)


def saving(digits: int, location: str, cadence: str) -> None:
    """Compute a whole run that saves at `cadence`; print a JSON report about its saves.

    The report has the number of saves, their seconds in total, and the share of the run's time
    that they took, 0 to 1.
    """
    took: dict[int, float] = {}
    whole = 0.0
    for snapshot, seconds in _looks(_worker(digits, location, cadence)):
        took |= {c.seq: c.duration for c in snapshot.checkpoints if c.duration is not None}
        whole += seconds
    in_saves = sum(took.values())
    print(json.dumps({"saves": len(took), "seconds": in_saves, "share": in_saves / whole}))


def phases(digits: int, location: str, _: str) -> None:
    """Print, as JSON, the seconds of the imports and of each state of a whole run, to 0.05 s."""
    spent: dict[str, float] = {"imports": IMPORTED - BEGAN}
    spent |= dict.fromkeys((State.PREPARING, State.RUNNING, State.SAVING), 0.0)
    for snapshot, seconds in _looks(_worker(digits, location)):
        spent[snapshot.state] = spent.get(snapshot.state, 0.0) + seconds
    print(json.dumps(spent))


def _worker(digits: int, location: str, cadence: str = "auto", pace: str = "max") -> Worker:
    """Start a worker as `pi-tui run` does, with default settings except for these arguments."""
    settings = Settings(db=location, checkpoint_every=cadence)
    worker = Worker(settings.job(digits, pace=pace))
    worker.start()
    return worker


def _wait(worker: Worker, condition: Callable[[Snapshot], bool]) -> None:
    """Wait until the function `condition` returns True for the worker's snapshot.

    If the worker fails, raise its exception, or exit with its message.
    """
    while not condition(worker.snapshot):
        _no_failure(worker, worker.snapshot)
        worker.join(LOOK)


def _looks(worker: Worker) -> Iterator[tuple[Snapshot, float]]:
    """Yield snapshots until the worker ends, each with the seconds until the next snapshot.

    If the worker has failed, raise its exception at the end, or exit with its message.
    """
    ended = False
    while not ended:
        began, snapshot = time.perf_counter(), worker.snapshot
        ended = worker.join(LOOK)
        yield snapshot, time.perf_counter() - began
    _no_failure(worker, worker.snapshot)
    yield worker.snapshot, 0.0


def _no_failure(worker: Worker, snapshot: Snapshot) -> None:
    if worker.crash is not None:
        raise worker.crash
    if snapshot.state is State.FAILED:
        sys.exit(snapshot.error)


PARTS = {part.__name__: part for part in (half, first, saved, kept, saving, phases)}

if __name__ == "__main__":
    part, asked, database, *more = sys.argv[1:]
    PARTS[part](int(asked), database, more[0] if more else "auto")
