"""What the face asks of a worker, and the worker that stands in while there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pi_tui.worker.job import MAX, Pace
from pi_tui.worker.snapshot import Snapshot, State


class AnyWorker(Protocol):
    """What a face asks of `Worker`; nothing here but `join` takes any time."""

    @property
    def snapshot(self) -> Snapshot:
        """How things stand."""

    @property
    def output(self) -> bytes | bytearray:
        """All settled digits; only ever sliced and searched."""

    @property
    def overture(self) -> bytes:
        """The first digits, found early; only ever sliced and searched."""

    def start(self) -> None:
        """Begin."""

    def pause(self, *, leaving: bool = False) -> None:
        """Save, then rest; with `leaving`, somebody waits for it."""

    def resume(self) -> None:
        """Go on."""

    def save_now(self) -> None:
        """Save."""

    def set_pace(self, pace: Pace) -> None:
        """So many digits per second from now on."""

    def stop(self, *, save: bool = True) -> None:
        """End, and save first unless told not to."""

    def join(self, timeout: float | None = None) -> bool:
        """True once it has ended."""


MakeWorker = Callable[[int], AnyWorker]
"""A worker for a run of so many digits, not yet started."""


class NoWorker:
    """Computes nothing: there is no run yet, or the last one was just let go."""

    snapshot = Snapshot(State.PAUSED, 0, MAX)
    output = overture = b""

    def _ignore(self, *_: object, **__: object) -> None:
        """Nothing is computed, so there is nothing to ask for."""

    start = pause = resume = save_now = set_pace = stop = _ignore

    def join(self, timeout: float | None = None) -> bool:
        """It has ended."""
        return True
