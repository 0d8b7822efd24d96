"""When the next step and the next save are due. Knows no clock: every time is an argument."""

from __future__ import annotations

from math import inf

from pi_tui.worker.job import Cadence, Pace

FIRST_RETRY, LAST_RETRY = 1.0, 60.0
"""Seconds until a failed save is tried again: the first, then doubling, up to the last."""


class StepSchedule:
    """Spreads the output of a run evenly in time.

    >>> steps = StepSchedule(Pace.of(100), now=0.0, count=0)
    >>> steps.seconds_until_next(now=0.5, count=80)
    0.3
    """

    def __init__(self, pace: Pace, now: float, count: int) -> None:
        self.pace = pace
        self._from = (now, count)

    def output_due(self, now: float, count: int) -> float:
        """Output that should be there by `now`, beyond the `count` that are; all at full speed."""
        if self.pace.limit is None:
            return inf
        start, first = self._from
        return first + (now - start) * self.pace.limit - count

    def seconds_until_next(self, now: float, count: int) -> float:
        """Seconds to wait, with `count` bytes of output made, before the next step may be made."""
        limit = self.pace.limit
        return 0.0 if limit is None else max(0.0, -self.output_due(now, count) / limit)


class SaveSchedule:
    """Says when a save is due, by the cadence or because the last one failed."""

    def __init__(self, cadence: Cadence) -> None:
        self._cadence = cadence
        self._mark: int | None = None
        self._retry_after = 0.0
        self._again_from: float | None = None
        self.next_save: float | None = None
        """When the next save by time, or the next retry, is due."""

    def begin(self, now: float, count: int, *, again: bool) -> None:
        """A session begins, with `count` there; `again` if it is not the first of its run.

        What ended the one before may end this one: with the automatic cadence no more than a fifth
        of it is lost then, and while saves come that close, no more than a fifth goes into them.
        """
        self._again_from = now if again and self._cadence.share else None
        self.saved(now, count, took=0.0)

    def saved(self, now: float, count: int, took: float) -> None:
        """A save that took `took` seconds has succeeded, or there was nothing to save."""
        seconds, output = self._cadence.seconds, self._cadence.output
        self._retry_after = 0.0
        self.next_save = None
        if seconds is not None:
            wait = max(seconds, self._cadence.share * took)
            if self._again_from is not None:
                wait = min(wait, max((now - self._again_from) / 4, 4 * took))
            self.next_save = now + wait
        # A step may make no output, one byte or thousands: `count % output` would skip marks.
        self._mark = None if output is None else (count // output + 1) * output

    def failed(self, now: float) -> None:
        """A save has failed: the next one is a retry, later each time."""
        self._retry_after = min(max(FIRST_RETRY, 2 * self._retry_after), LAST_RETRY)
        self.next_save = now + self._retry_after

    def is_due(self, now: float, count: int) -> bool:
        """True if a mark of output was crossed or the time has come."""
        if self._retry_after:
            return self.seconds_until_retry(now) == 0.0
        by_time = self.next_save is not None and now >= self.next_save
        return by_time or (self._mark is not None and count >= self._mark)

    def output_until_mark(self, count: int) -> float:
        """Output until a mark makes a save due, with `count` there; inf if none will."""
        return inf if self._mark is None or self._retry_after else self._mark - count

    def seconds_until_retry(self, now: float) -> float | None:
        """Seconds until a failed save is tried again, or None if none has failed."""
        if not self._retry_after or self.next_save is None:
            return None
        return max(0.0, self.next_save - now)


class Stopwatch:
    """Counts the seconds of computing, in all sessions; it stands still in pauses."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    def restart(self, now: float, before: float) -> None:
        """Runs from `now` on, with `before` seconds already counted."""
        self._before, self._since = before, now

    def stop(self, now: float) -> None:
        """Stands still."""
        self._before, self._since = self.read(now), None

    def read(self, now: float) -> float:
        """Seconds counted up to `now`."""
        return self._before if self._since is None else self._before + now - self._since
