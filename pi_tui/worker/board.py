"""Snapshots and requests: the data shared by the worker's thread and its owner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pi_tui.checkpoints import checked
from pi_tui.worker.job import Job, Pace
from pi_tui.worker.snapshot import Snapshot, State

PUBLISH_SECONDS = 0.05
"""Age from which a snapshot is replaced, between steps and at polls; the screen reads at 10 Hz."""
CHECKPOINTS_SHOWN = 8
"""Number of newest checkpoints in a snapshot; the screen has no room for more."""


def _length_in(job: Job) -> int | None:
    """Return the number of bytes of the whole output; None if unknown.

    None too if the kind raises: the worker's thread then meets that error, and reports it.
    """
    with suppress(Exception):
        return checked.length(job.kind, job.task)
    return None


class Board:
    """State shared by threads: the worker's thread publishes snapshots, others set requests.

    The thread checks for requests between steps, and within them.
    """

    def __init__(self, job: Job, clock: Callable[[], float]) -> None:
        self.job, self.clock = job, clock
        self.snapshot = Snapshot(
            State.PREPARING,
            job.task.goal,
            job.pace,
            length=_length_in(job),
            kind=job.kind.name,
            unit=job.kind.unit,
            parameters=job.task.parameters,
        )
        """The state at the last poll, or between two steps; immutable, replaced as a whole."""
        self.output: bytes | bytearray = b""
        """All output so far, which grows: slice it, search it, never change it.

        After damage, and in a watcher of a run that began again, another object takes its place.
        """
        self.steps = 0
        """Steps made, also those made since the snapshot was published."""
        self.is_whole = False
        """True once all output is computed; saving it may still be waiting for the database."""
        self.overture = b""
        """The first output, found fast by another method; shown until the machine has it."""
        self.pace = job.pace
        self.pause_wanted = self.save_wanted = self.stop_wanted = False
        self.save_at_stop = True
        self.leaving = False
        """True if a pause is requested because the thread is to end after it."""
        self._changed = threading.Condition()
        self._published = 0.0

    # Requests of the owner.

    def pause(self, *, leaving: bool = False) -> None:
        """Request a pause: the state becomes `paused` after a save was tried.

        With `leaving`, the time-out for a server that does not answer is short.
        """
        self._request(pause_wanted=True, leaving=leaving)

    def resume(self) -> None:
        """Request the end of a pause; if the run is only watched, request to compute it here."""
        self._request(pause_wanted=False, leaving=False)

    def save_now(self) -> None:
        """Request a checkpoint of the last complete step; ignored while the run is only watched."""
        self._request(save_wanted=True)

    def set_pace(self, pace: Pace) -> None:
        """Request another pace, from the next step on."""
        self._request(pace=pace)

    def stop(self, *, save: bool = True) -> None:
        """Request the end of the thread, after a save unless `save` is False."""
        self._request(stop_wanted=True, save_at_stop=save)

    def _request(self, **flags: bool | Pace) -> None:
        with self._changed:
            vars(self).update(flags)
            self._changed.notify_all()

    def latest(self) -> Snapshot:
        """Return the last snapshot, updated with the steps and output made since it was published.

        The final message needs them. Short steps publish no snapshot, so the last snapshot lacks
        the short steps before a long step.
        """
        shown, output = self.snapshot, self.output
        if shown.state.is_at_rest or len(output) < shown.made:
            return shown
        lines = None if shown.made_lines is None else output.count(b"\n")
        steps = max(shown.steps, self.steps)
        return replace(shown, made=len(output), made_lines=lines, steps=steps)

    # For the thread.

    @property
    def is_wanted(self) -> bool:
        """Return True if a stop, a save or a pause is requested."""
        return self.stop_wanted or self.save_wanted or self.pause_wanted

    def is_leaving(self) -> bool:
        """Return True if the end of the thread is requested, or a pause that comes before it."""
        return self.stop_wanted or self.leaving

    def sleep(self, seconds: float | None, *, paused: bool = False) -> None:
        """Sleep for `seconds` (None: without limit), or until there is a request of any sort.

        Do not sleep at all if a stop or a save is requested already. With `paused`, do not sleep
        either if the pause has ended; otherwise, not if a pause is requested. The check for
        requests and the wait happen under one lock, so no request is missed.
        """
        with self._changed:
            if not (self.stop_wanted or self.save_wanted or self.pause_wanted is not paused):
                self._changed.wait(seconds)

    def publish(self, **changes: Any) -> None:
        """Publish a new snapshot: the last one with these changes."""
        self._published = self.clock()
        self.snapshot = replace(self.snapshot, **changes)

    @property
    def is_stale(self) -> bool:
        """Return True if the last snapshot is PUBLISH_SECONDS old or older, so the next is due."""
        return self.clock() - self._published >= PUBLISH_SECONDS

    def note(self, text: str) -> None:
        """Add a note to the snapshot; the user sees each note once."""
        self.publish(notes=(*self.snapshot.notes, text))

    def fail(self, error: str, exit_code: int) -> None:
        """Publish the state `failed`, with the error and the exit code."""
        self.publish(state=State.FAILED, error=error, exit_code=exit_code)
