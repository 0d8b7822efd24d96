"""What crosses between the worker's thread and its owner: snapshots one way, wishes the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pi_tui.worker.job import Job, Pace
from pi_tui.worker.snapshot import Snapshot, State

PUBLISH_SECONDS = 0.05
"""Age of a snapshot at most while the worker computes; the screen looks at 10 Hz."""
CHECKPOINTS_SHOWN = 8
"""Newest checkpoints in a snapshot; the screen has room for no more."""


class Board:
    """Only the thread publishes. Anybody may read it, and leave a wish, which is no more than that.

    The thread looks at wishes between any two steps, and within them.
    """

    def __init__(self, job: Job, clock: Callable[[], float]) -> None:
        self.job, self.clock = job, clock
        self.snapshot = Snapshot(
            State.PREPARING, job.task.goal, job.pace, length=job.kind.length(job.task)
        )
        """How things stand; immutable, at most a moment old."""
        self.output: bytes | bytearray = b""
        """All output so far. It only grows: slice it, search it, never change it."""
        self.is_whole = False
        """All output is made, and waits only for a database that cannot be written."""
        self.overture = b""
        """The first output, found in another way, to be looked at until the machine has it."""
        self.pace = job.pace
        self.pause_wanted = self.save_wanted = self.stop_wanted = False
        self.save_at_stop = True
        self.leaving = False
        """A pause is asked for because somebody waits to leave."""
        self._changed = threading.Condition()
        self._published = 0.0

    # What its owner asks.

    def pause(self, *, leaving: bool = False) -> None:
        """Ask for a pause: the state becomes `paused` once a checkpoint was tried.

        With `leaving`, a server that does not answer is not waited for very long.
        """
        self._wish(pause_wanted=True, leaving=leaving)

    def resume(self) -> None:
        """Ask to go on after a pause."""
        self._wish(pause_wanted=False, leaving=False)

    def save_now(self) -> None:
        """Ask for a checkpoint of the last whole step."""
        self._wish(save_wanted=True)

    def set_pace(self, pace: Pace) -> None:
        """Ask for another pace; it holds from the next step on."""
        self._wish(pace=pace)

    def stop(self, *, save: bool = True) -> None:
        """Ask the thread to end; it saves first, unless told not to."""
        self._wish(stop_wanted=True, save_at_stop=save)

    def _wish(self, **wishes: bool | Pace) -> None:
        with self._changed:
            vars(self).update(wishes)
            self._changed.notify_all()

    # What the thread does.

    @property
    def is_wanted(self) -> bool:
        """Return True if something was asked that the loop does between two steps."""
        return self.stop_wanted or self.save_wanted or self.pause_wanted

    def is_leaving(self) -> bool:
        """True if somebody waits for us to end."""
        return self.stop_wanted or self.leaving

    def sleep(self, seconds: float | None, *, paused: bool = False) -> None:
        """Return after `seconds` (None: never), or at once if there is something to do.

        Looking and falling asleep are one step under the lock, so no wish is slept through.
        While `paused`, the end of the pause is something to do, and its beginning is not.
        """
        with self._changed:
            if not (self.stop_wanted or self.save_wanted or self.pause_wanted is not paused):
                self._changed.wait(seconds)

    def publish(self, **changes: Any) -> None:
        """A new snapshot is there, with these changes."""
        self._published = self.clock()
        self.snapshot = replace(self.snapshot, **changes)

    @property
    def is_stale(self) -> bool:
        """True if the last snapshot is so old that the next is due."""
        return self.clock() - self._published >= PUBLISH_SECONDS

    def note(self, text: str) -> None:
        """The user is told `text`, once."""
        self.publish(notes=(*self.snapshot.notes, text))

    def fail(self, error: str, exit_code: int) -> None:
        """The worker has come to its end by `error`."""
        self.publish(state=State.FAILED, error=error, exit_code=exit_code)
