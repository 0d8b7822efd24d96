"""What others ask of the worker thread: a few flags, and one condition to wake it."""

from __future__ import annotations

import threading

from pi_tui.worker.pace import Pace


class Wishes:
    """Asked from any thread, looked at by the worker between any two steps, and within them."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.pause = False
        self.save = False
        self.leaving = False
        """A pause is asked for because somebody waits to leave."""
        self.stop = False
        self.save_at_stop = True
        self._changed = threading.Condition()

    def tell(self, **wishes: bool | Pace) -> None:
        """Leave these wishes behind and wake the worker if it sleeps."""
        with self._changed:
            for name, value in wishes.items():
                setattr(self, name, value)
            self._changed.notify_all()

    def sleep(self, seconds: float | None, *, paused: bool = False) -> None:
        """Return after `seconds` (None: never), or at once if there is something to do.

        Looking and falling asleep are one step under the lock, so no wish is slept through.
        While `paused`, the end of the pause is something to do, and its beginning is not.
        """
        with self._changed:
            if not (self.stop or self.save or self.pause is not paused):
                self._changed.wait(seconds)
