"""The pace of the digits: full speed, or slow enough to watch."""

from __future__ import annotations

from collections.abc import Callable

from pi_tui.app.face import Face
from pi_tui.pi.settings import auto_pace
from pi_tui.worker.job import MAX, Pace


class Pacing:
    """Changes the pace of the run on the screen."""

    def __init__(self, face: Face, is_refused: Callable[[], bool]) -> None:
        """Set up; `is_refused()` returns True, and tells the user, if another process computes."""
        self._face, self._is_refused = face, is_refused
        self._requested: Pace | None = None

    def forget(self) -> None:
        """Forget the pace requested last, because the worker was replaced."""
        self._requested = None

    def toggle_full_speed(self) -> None:
        """Switch between full speed and the pace `auto`."""
        is_full = self._pace.limit is None
        self._set(auto_pace(self._face.worker.snapshot.goal) if is_full else MAX)

    def multiply(self, factor: float) -> None:
        """Multiply the pace; at full speed, slow down from the speed reached, or do nothing."""
        reached = self._face.worker.snapshot.rate if factor < 1 else 0.0
        limit = (self._pace.limit or reached) * factor
        if limit >= 1:
            self._set(Pace.of(limit))

    @property
    def _pace(self) -> Pace:
        """Return the pace requested last, which the snapshot may not have yet."""
        return self._requested or self._face.worker.snapshot.pace

    def _set(self, pace: Pace) -> None:
        if self._is_refused():
            return
        self._requested = pace
        self._face.worker.set_pace(pace)
        self._face.hurry()
