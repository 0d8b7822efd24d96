"""How fast to go, and when to save. Plain values: no clock, no thread."""

from __future__ import annotations

from typing import NamedTuple

AUTO_SAVE_SECONDS = 5.0
"""`auto` never saves more often than this."""
AUTO_SAVE_SHARE = 50.0
"""... nor so often that saving takes more than one part in fifty of the time."""


class Pace(NamedTuple):
    """Output per second asked for."""

    word: str
    """`auto`, `max`, or the number the user asked for."""
    limit: float | None = None
    """Output per second; None is full speed."""

    @classmethod
    def of(cls, per_second: float) -> Pace:
        """Exactly so much output a second; ValueError below one."""
        if per_second < 1:
            raise ValueError(f"a pace is at least 1 a second, not {per_second:g}")
        return cls(f"{per_second:.0f}", float(per_second))


MAX = Pace("max")
"""Full speed."""


class Cadence(NamedTuple):
    """When to save of one's own accord: by time, by output, or never.

    Whatever it says, pausing, quitting, signals and the end save too.
    """

    seconds: float | None = None
    output: int | None = None
    """Save each time so much more is there."""
    share: float = 0.0
    """Wait at least this many times as long as the last save took."""


AUTO_CADENCE = Cadence(seconds=AUTO_SAVE_SECONDS, share=AUTO_SAVE_SHARE)
"""Every five seconds, and at most 2 % of the time."""
