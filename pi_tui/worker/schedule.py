"""Schedules of steps and saves. They use no clock: every time is an argument."""

from __future__ import annotations

from math import inf

from pi_tui.worker.job import AUTO_CADENCE, AUTO_SAVE_SECONDS, Cadence, Pace

FIRST_SAVE_SECONDS = 1.0
"""Seconds until the first save, unless the user set a cadence: early kills are common."""

FIRST_RETRY, LAST_RETRY = 1.0, 60.0
"""Seconds from a failed save to the first retry, and at most; each retry doubles the wait."""


class StepSchedule:
    """A schedule that spreads the output of a run evenly over time.

    >>> steps = StepSchedule(Pace.of(100), now=0.0, count=0)
    >>> steps.seconds_until_next(now=0.5, count=80)
    0.3
    """

    def __init__(self, pace: Pace, now: float, count: int) -> None:
        self.pace = pace
        self._from = (now, count)

    def output_due(self, now: float, count: int) -> float:
        """Return how many bytes of output more than `count` the pace asks for by `now`.

        `count` is the output made so far. The result is negative if that is more than the pace asks
        for, and inf at full speed.
        """
        if self.pace.limit is None:
            return inf
        start, first = self._from
        return first + (now - start) * self.pace.limit - count

    def seconds_until_next(self, now: float, count: int) -> float:
        """Return the seconds to wait before the next step, with `count` bytes of output made."""
        limit = self.pace.limit
        return 0.0 if limit is None else max(0.0, -self.output_due(now, count) / limit)


class SaveSchedule:
    """A schedule of saves: by time, by output, or to retry one that failed.

    A cadence by output saves at marks: at every multiple of a given number of bytes. It saves by
    time too, as `auto` does, until a session comes to its first mark, and while no new output
    appears. Otherwise a run that is killed before each mark would never get on.
    """

    def __init__(self, cadence: Cadence) -> None:
        self._cadence = cadence
        self._by_output = cadence.output is not None and cadence.seconds is None
        self._timed = AUTO_CADENCE if self._by_output else cadence
        self._mark: int | None = None
        self._has_marked = False
        """True once this session has come to a mark."""
        self._seen = 0
        """Bytes of output at the last check."""
        self._due: float | None = None
        self._retry_after = 0.0
        self._again_from: float | None = None

    @property
    def next_save(self) -> float | None:
        """Return the time of the next automatic save, in seconds on the caller's clock.

        Returns None with a cadence by output, even while that saves by time, and with one that
        never saves.
        After a failed save it is the time of the retry, with any cadence.
        """
        return None if self._by_output and not self._retry_after else self._due

    def begin(self, now: float, count: int, *, again: bool) -> None:
        """Begin a session of computing with `count` bytes of output.

        `again` is True if the run had a session before. What ended that session may end this one
        too. So saves by time come early at first, after a quarter of the session's time so far: at
        most a fifth of the session is at risk. After a slow save more may be: the wait is at least
        four times as long as it, so that at most a fifth of the time goes into saves. In a run's
        first session, only the first save comes early. If the user set a cadence in seconds, that
        is followed as it is.
        """
        self._again_from = now if again and self._timed.share else None
        self._mark, self._has_marked = None, False
        self.saved(now, count, took=0.0)
        if self._timed.share and self._due is not None:
            self._due = min(self._due, now + FIRST_SAVE_SECONDS)

    def saved(self, now: float, count: int, took: float) -> None:
        """Record a save that took `took` seconds, and schedule the next one.

        If there was nothing to save, call this with a `took` of 0.
        """
        seconds, output = self._timed.seconds, self._cadence.output
        self._retry_after, self._due, self._seen = 0.0, None, count
        if seconds is not None:
            wait = max(seconds, self._timed.share * took)
            if self._again_from is not None:
                wait = min(wait, max((now - self._again_from) / 4, 4 * took))
            self._due = now + wait
        self._has_marked |= self._mark is not None and count >= self._mark
        # A step may make no output or thousands of bytes: `count % output == 0` would skip marks.
        self._mark = None if output is None else (count // output + 1) * output

    def failed(self, now: float) -> None:
        """Record a failed save, and schedule a retry; the wait doubles up to LAST_RETRY."""
        self._retry_after = min(max(FIRST_RETRY, 2 * self._retry_after), LAST_RETRY)
        self._due = now + self._retry_after

    def is_due(self, now: float, count: int) -> bool:
        """Return True if it is time for a save, or if enough output was made.

        After a failed save, return True only once it is time for the retry. If a cadence by output
        has come to a mark, new output since the last call puts off the save by time.
        """
        if self._retry_after:
            return self.seconds_until_retry(now) == 0.0
        if self._by_output and self._has_marked and count != self._seen:
            self._seen, self._due = count, now + AUTO_SAVE_SECONDS
        by_time = self._due is not None and now >= self._due
        return by_time or (self._mark is not None and count >= self._mark)

    def output_until_mark(self, count: int) -> float:
        """Return how many bytes of output are still to be made until a save is due.

        A cadence with a number of bytes saves at marks: at every multiple of that number. Without
        such a number the result is inf. It is inf too after a failed save, because then the time
        decides about the retry.
        """
        return inf if self._mark is None or self._retry_after else self._mark - count

    def seconds_until_retry(self, now: float) -> float | None:
        """Return the seconds until a retry; None if the last save did not fail."""
        if not self._retry_after or self._due is None:
            return None
        return max(0.0, self._due - now)


class Stopwatch:
    """A stopwatch for the seconds of computing in all sessions, pauses excluded."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    def restart(self, now: float, before: float) -> None:
        """Start the stopwatch at time `now`, with `before` seconds already counted."""
        self._before, self._since = before, now

    def stop(self, now: float) -> None:
        """Stop the stopwatch at time `now`; `read` returns the same seconds from then on."""
        self._before, self._since = self.read(now), None

    def read(self, now: float) -> float:
        """Return the seconds that the stopwatch has counted up to time `now`."""
        return self._before if self._since is None else self._before + now - self._since
