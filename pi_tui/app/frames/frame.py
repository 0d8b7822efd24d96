"""The values that one frame of the screen is drawn from, handed down to every widget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from pi_tui.app.frames.naming import Naming
from pi_tui.app.frames.rates import RateHistory
from pi_tui.worker.snapshot import Snapshot


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clock(NamedTuple):
    """The two clocks a face reads; tests stop them."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds that only go forward: for rates and waits."""
    now: Callable[[], datetime] = _utc_now
    """The time of day (aware): for what people read."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment, as the panels see it."""

    snapshot: Snapshot
    now: datetime
    monotonic: float
    rates: RateHistory = field(default_factory=RateHistory)
    naming: Naming = field(default_factory=Naming)
    quiet: tuple[str, ...] = ()
    """Texts for a quiet line just now, from full to short."""

    def clock_time(self, moment: datetime) -> str:
        """Return the moment on the user's own clock."""
        return f"{moment.astimezone():%H:%M:%S}"
