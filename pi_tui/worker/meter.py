"""How far, how fast, how long still: figures of a run, from times that are handed in."""

from __future__ import annotations

from collections import deque

from pi_tui.machine import Work
from pi_tui.words import LINE_UNITS

WINDOW = 5.0
"""Seconds of computing that the rate looks back on."""
SHORTEST = 1.0
"""... and the least it divides by: the first steps of a run come at once and would be a spike."""
HALF_LIFE = 20.0
"""Seconds after which work counts half: a slow drift of the machine's speed shall show."""


class LineCount:
    """Counts line breaks of an output that grows, each byte once; None for other units."""

    def __init__(self, unit: str) -> None:
        self._counts, self._seen, self._lines = unit in LINE_UNITS, 0, 0

    def of(self, output: bytes | bytearray, length: int) -> int | None:
        """Return the line breaks in the first `length` bytes."""
        if not self._counts:
            return None
        if length < self._seen:
            self._seen = self._lines = 0
        self._lines += output.count(b"\n", self._seen, length)
        self._seen = length
        return self._lines


class Meter:
    """Measures one session of one run.

    Only time spent computing counts: pauses stop the meter. The time left comes from the work
    left, never from output per second alone: steps may get cheaper, or make no output at all.
    """

    def __init__(self, work: Work, made: int, now: float) -> None:
        self._work = work
        self._samples = deque([(now, made)])
        self._busy_time = self._busy_work = 0.0

    @property
    def done(self) -> float:
        """The share of the work that is done; 0 if the whole of it is not known."""
        done, total = self._work
        return min(1.0, done / total) if total > 0 else 0.0

    def stepped(self, work: Work, made: int, now: float, took: float) -> None:
        """A step has ended after `took` seconds, with so much work and output done."""
        fade = 0.5 ** (took / HALF_LIFE)
        self._busy_work = self._busy_work * fade + (work.done - self._work.done)
        self._busy_time = self._busy_time * fade + took
        self._work = work
        self._samples.append((now, made))
        while len(self._samples) > 2 and now - self._samples[1][0] > WINDOW:
            self._samples.popleft()

    def rate(self) -> float:
        """Bytes of output per second over the last seconds."""
        (start, first), (end, last) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def outlook(
        self, output_left: int | None, limit: float | None, elapsed: float
    ) -> tuple[float, float | None]:
        """The share that is done, and the seconds that are left; None while unknown.

        Both by the work or, if that takes longer, by the pace. `elapsed` are seconds of all
        sessions.
        """
        left = self._seconds_of_work(elapsed)
        if left is None and self._work.total > 0:
            return self.done, None  # a first step of 20 s would else count as two fifths of it all
        if limit is None or output_left is None or output_left / limit < (left or 0.0):
            return self.done, left
        left = output_left / limit
        return (elapsed / (elapsed + left) if left else 1.0), left

    def _seconds_of_work(self, elapsed: float) -> float | None:
        """Until this session has made a step, the sessions before stand in for it."""
        done, total = self._work
        if total <= 0:
            return None
        if self._busy_work > 0:
            return (total - done) * self._busy_time / self._busy_work
        return (total - done) * elapsed / done if done > 0 and elapsed > 0 else None
