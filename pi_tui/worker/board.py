"""Where the worker writes what it has to say: makes the snapshots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pi_tui.checkpoints.records import Checkpoint
from pi_tui.worker.job import Job
from pi_tui.worker.schedule import Stopwatch
from pi_tui.worker.snapshot import Snapshot, State

if TYPE_CHECKING:
    from pi_tui.spigot.spigot import Spigot
    from pi_tui.worker.meter import Meter

PUBLISH_SECONDS = 0.05
"""A snapshot is about this old at most while the worker computes; the screen looks at 10 Hz."""
CHECKPOINTS_SHOWN = 8
"""The newest ones; the screen has room for no more."""
HELD_SHOWN = 20
"""Digits of the held super-digit that a snapshot carries."""


class Board:
    """Written by the worker thread only; `snapshot` may be read from any."""

    def __init__(self, job: Job, clock: Callable[[], float]) -> None:
        self.snapshot = Snapshot(State.PREPARING, job.digits, job.pace, threads=job.threads)
        self.result: bytes | bytearray = b""
        self.activity = State.PREPARING
        """What the worker does when it is neither saving nor paused."""
        self.watch = Stopwatch()
        self.spigot: Spigot | None = None
        self.meter: Meter | None = None
        self._clock = clock
        self._last = 0.0

    def publish(self, state: State | None = None, **changes: Any) -> None:
        """A new snapshot is there: these changes, and all the figures as they are now."""
        self._last = self._clock()
        changes["elapsed"] = self.watch.read(self._last)
        if self.spigot is not None:
            changes |= self._spigot_figures(self.spigot)
        now = replace(self.snapshot, state=state or self.activity, **changes)
        if self.meter is not None:
            now = replace(now, **self._meter_figures(self.meter, now))
        if state is State.COMPLETE:
            now = replace(now, done=1.0, left=0.0)
        self.snapshot = now

    def publish_if_stale(self, **changes: Any) -> None:
        """The same, unless the last snapshot is young enough."""
        if self._clock() - self._last >= PUBLISH_SECONDS:
            self.publish(**changes)

    def publish_checkpoint(self, checkpoint: Checkpoint, saved: int, **changes: Any) -> None:
        """The checkpoint is committed, and so many digits are saved."""
        shown = (checkpoint, *self.snapshot.checkpoints)[:CHECKPOINTS_SHOWN]
        self.publish(checkpoints=shown, saved=saved, **changes)

    def note(self, text: str) -> None:
        """The user is told `text`, once."""
        self.publish(notes=(*self.snapshot.notes, text))

    def fail(self, error: str, exit_code: int) -> None:
        """The worker has come to its end by `error`."""
        self.watch.stop(self._clock())
        self.publish(State.FAILED, error=error, exit_code=exit_code)

    def _spigot_figures(self, spigot: Spigot) -> dict[str, Any]:
        figures: dict[str, Any] = {
            # After a fallback the spigot stands behind the digits that are saved, and shown.
            "count": max(spigot.count, self.snapshot.saved),
            "boxes": spigot.boxes_left,
            "nines": spigot.nines,
        }
        if spigot.i != self.snapshot.iteration:
            figures |= {"iteration": spigot.i, "predigit": spigot.held_digits(HELD_SHOWN)}
        return figures

    def _meter_figures(self, meter: Meter, now: Snapshot) -> dict[str, Any]:
        pace = (now.digits - now.count, now.pace.limit, now.elapsed)
        figures = {"rate": meter.rate(), "left": meter.left(*pace)}
        if meter.is_paced(*pace):  # the time goes with the digits, whatever work they are
            shares = {"done": now.count / now.digits, "resumed_done": now.resumed / now.digits}
        else:
            shares = {"done": meter.done, "resumed_done": meter.resumed_done}
        return figures | shares
