"""Frame: the values that one frame of the screen is drawn from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from pi_tui.app.frames.naming import Naming
from pi_tui.app.frames.rates import RateHistory
from pi_tui.worker.snapshot import Snapshot


class Clock(NamedTuple):
    """Two clocks that the app reads, for intervals and for the time of day; tests replace them."""

    monotonic: Callable[[], float] = time.monotonic
    """Return seconds that never go back: for rates and waits."""
    now: Callable[[], datetime] = partial(datetime.now, UTC)
    """Return the time of day, with a time zone: for times that are shown."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The values for one frame: every widget gets this and draws it."""

    snapshot: Snapshot
    now: datetime
    monotonic: float
    rates: RateHistory = field(default_factory=RateHistory)
    naming: Naming = field(default_factory=Naming)
    quiet: tuple[str, ...] = ()
    """A message shown for some seconds, in versions from long to short; () for none."""

    @staticmethod
    def clock_time(moment: datetime) -> str:
        """Return a moment as hours, minutes and seconds in the user's time zone."""
        return f"{moment.astimezone():%H:%M:%S}"
