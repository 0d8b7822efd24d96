"""The worker behind the screen, or a stand-in while there is none."""

from __future__ import annotations

from collections.abc import Callable

from pi_tui.machine import Task
from pi_tui.worker.job import MAX
from pi_tui.worker.snapshot import Snapshot, State
from pi_tui.worker.worker import Worker


class NoWorker:
    """A worker that computes nothing: a stand-in while there is no run."""

    snapshot = Snapshot(State.PAUSED, 0, MAX)
    output: bytes | bytearray = b""
    overture = b""
    crash: BaseException | None = None
    pace = MAX
    pause_wanted = False

    def _ignore(self, *_: object, **__: object) -> None:
        """Do nothing, because there is no run."""

    start = pause = resume = save_now = set_pace = stop = begin_with = _ignore

    def latest(self) -> Snapshot:
        """Return the snapshot, which never changes."""
        return self.snapshot

    def join(self, timeout: float | None = None) -> bool:
        """Return True: no thread is running."""
        return True


AnyWorker = Worker | NoWorker
MakeWorker = Callable[[Task], AnyWorker]
"""A function that makes a worker for a task; the worker has not started."""
