"""Where the worker writes what it has to say: makes the snapshots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pi_tui.checkpoints.records import Checkpoint
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import Snapshot, State

PUBLISH_SECONDS = 0.05
"""Age of a snapshot at most while the worker computes; the screen looks at 10 Hz."""
CHECKPOINTS_SHOWN = 8
"""Newest checkpoints in a snapshot; the screen has room for no more."""


class Board:
    """Written by the worker thread only; `snapshot` and `output` may be read from any."""

    def __init__(self, job: Job, clock: Callable[[], float]) -> None:
        self.snapshot = Snapshot(
            State.PREPARING, job.task.goal, job.pace, length=job.kind.length(job.task)
        )
        self.output: bytes | bytearray = b""
        self.overture = b""
        self._clock = clock
        self._last = 0.0

    def publish(self, **changes: Any) -> None:
        """A new snapshot is there, with these changes."""
        self._last = self._clock()
        self.snapshot = replace(self.snapshot, **changes)

    @property
    def is_stale(self) -> bool:
        """True if the last snapshot is so old that the next is due."""
        return self._clock() - self._last >= PUBLISH_SECONDS

    def publish_checkpoint(self, checkpoint: Checkpoint, saved: int, **changes: Any) -> None:
        """The checkpoint is committed, and so much output is saved."""
        shown = (checkpoint, *self.snapshot.checkpoints)[:CHECKPOINTS_SHOWN]
        self.publish(checkpoints=shown, saved=saved, **changes)

    def note(self, text: str) -> None:
        """The user is told `text`, once."""
        self.publish(notes=(*self.snapshot.notes, text))

    def fail(self, error: str, exit_code: int, **changes: Any) -> None:
        """The worker has come to its end by `error`."""
        self.publish(state=State.FAILED, error=error, exit_code=exit_code, **changes)
