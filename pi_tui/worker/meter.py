"""How far, how fast, how long still: the figures of a run, from times that are handed in."""

from __future__ import annotations

from collections import deque

from pi_tui.spigot import plan

WINDOW = 5.0
"""Seconds of computing that the rate looks back on."""
SHORTEST = 1.0
"""... and the least it divides by: the first steps of a run come at once and would be a spike."""


class Meter:
    """Measures one session of one run; knows no clock, every time is an argument.

    Only time spent computing counts: pauses stop the meter. The time left comes from the work
    left (blocks to make; iterations, which get cheaper as the tail shrinks), never from digits per
    second alone. `done` is the share of the stepping: making blocks is work that a resume repeats.
    """

    def __init__(self, digits: int, digits_per_step: int, boxes_per_block: int, i: int) -> None:
        self._size = (digits, digits_per_step, boxes_per_block)
        self._total = plan.work_total(*self._size) or 1.0
        self._making = plan.work_of_making(*self._size, done=i, numbers=i == 0)
        self._making_left = self._making
        self.resumed_done = self.done = self._share(i)
        self._samples: deque[tuple[float, int]] = deque()
        self._busy_time = 0.0
        self._busy_work = 0.0

    def _share(self, i: int) -> float:
        return min(1.0, plan.work_done(*self._size, i) / self._total)

    def made(self, share: float, took: float) -> None:
        """In `took` seconds this share of the blocks was made."""
        self._making_left = (1.0 - share) * self._making
        self._busy_work, self._busy_time = share * self._making, took

    def stepped(self, i: int, count: int, now: float, took: float) -> None:
        """A step or wave has ended at `now` after `took` seconds of work."""
        done = self._share(i)
        # A slow drift of the machine's speed shall show: older work counts half after ~20 s.
        fade = 0.5 ** (took / 20.0)
        self._busy_work = self._busy_work * fade + (done - self.done) * self._total
        self._busy_time = self._busy_time * fade + took
        self.done = done
        self.sample(count, now)

    def sample(self, count: int, now: float) -> None:
        """At `now`, on the clock that stands still in pauses, `count` digits were settled."""
        self._samples.append((now, count))
        while len(self._samples) > 2 and now - self._samples[1][0] > WINDOW:
            self._samples.popleft()

    def rate(self) -> float:
        """Digits per second over the last seconds."""
        if not self._samples:
            return 0.0
        (start, first), (end, last) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def left(self, digits_left: int, limit: float | None, elapsed: float) -> float | None:
        """Seconds left: by the work or by the pace, whichever takes longer; None while unknown."""
        if limit is not None and self.is_paced(digits_left, limit, elapsed):
            return digits_left / limit
        return self._seconds_of_work(elapsed)

    def is_paced(self, digits_left: int, limit: float | None, elapsed: float) -> bool:
        """True if the pace decides how long it takes, not the machine."""
        seconds = self._seconds_of_work(elapsed)
        return limit is not None and (seconds is None or digits_left / limit >= seconds)

    def _seconds_of_work(self, elapsed: float) -> float | None:
        """Seconds that the work left takes; None while nothing is known.

        `elapsed` (seconds of all sessions) stands in until this session has made a block.
        """
        work_left = self._making_left + (1.0 - self.done) * self._total
        if self._busy_work > 0:
            return work_left * self._busy_time / self._busy_work
        if self.done > 0 and elapsed > 0:
            return work_left * elapsed / (self.done * self._total)
        return None
