"""Progress, rate and time left of a run, computed from times given as arguments."""

from __future__ import annotations

from collections import deque

from pi_tui.machine import Machine, Task, Work
from pi_tui.words import LINE_UNITS
from pi_tui.worker.job import Job

WINDOW = 5.0
"""Last seconds of computing over which the rates are averaged."""
SHORTEST = 1.0
"""Minimum seconds by which the rates divide: otherwise the first steps would show as a spike."""
HALF_LIFE = 20.0
"""Seconds after which a step has half its weight in the time left, to follow a slow drift."""


def work_of(job: Job, task: Task, machine: Machine) -> Work:
    """Return the work done and in total: steps and, if the job verifies, the comparison."""
    done, total = machine.work()
    total -= 0.0 if job.verify else machine.verifying_work
    if Work(done, total).share is not None:
        return Work(min(done, total), total)
    share = job.kind.share(task, machine.steps, len(machine.output))
    return Work(0.0, 0.0) if share is None else Work(share, 1.0)


class LineCount:
    """Counts the line breaks of a growing output, each byte once; None if the unit is not lines."""

    def __init__(self, unit: str) -> None:
        self._counts, self._seen, self._lines = unit in LINE_UNITS, 0, 0

    def of(self, output: bytes | bytearray, length: int) -> int | None:
        """Return the line breaks in the first `length` bytes; None if lines are not counted."""
        if not self._counts:
            return None
        if length < self._seen:
            self._seen = self._lines = 0
        self._lines += output.count(b"\n", self._seen, length)
        self._seen = length
        return self._lines


class Meter:
    """Measures progress, speed and time left in one session of one run.

    `done` is the only number for the progress of the run. It is saved with each checkpoint, and it
    never falls. If a machine begins with less than was shown before, because of damage or of more
    work to do, then the rest of the bar is spread over the rest of the work.

    Only time spent computing counts: pauses stop the meter. The time left comes from the work
    left, never from output per second alone, because steps may get cheaper or make no output.
    """

    def __init__(
        self, work: Work, made: int, now: float, shown: float = 0.0, verifying: float = 0.0
    ) -> None:
        """Begin with the work done, `made` bytes of output, and a bar that stands at `shown`.

        `verifying` is the part of the work that is not steps, but the comparison after them.
        """
        self._work, self._verifying = work, verifying
        self._first = work.share or 0.0
        self.done = self._from = max(self._first, shown)
        """The share of the work done, 0 to 1; 0 if the total is not known."""
        self._samples = deque([(now, made, self.done)])
        self._busy_time = self._busy_work = 0.0

    @property
    def work(self) -> Work:
        """Return the work to save, such that its share is `done`."""
        is_told = (self._work.share or 0.0) == self.done
        return self._work if is_told else Work(self.done, 1.0)

    def saw(self, work: Work) -> None:
        """Update `done` from the work of the machine; also called during a comparison."""
        self._work = work
        share, rest = work.share or 0.0, 1.0 - self._first
        if self._from > self._first:
            share = self._from + (1.0 - self._from) * (share - self._first) / rest
        self.done = min(1.0, max(self.done, share))

    def stepped(self, work: Work, made: int, now: float, took: float) -> None:
        """Record a step that took `took` seconds; `work` and `made` are the counts after it."""
        fade = 0.5 ** (took / HALF_LIFE)
        self._busy_work = self._busy_work * fade + (work.done - self._work.done)
        self._busy_time = self._busy_time * fade + took
        self.saw(work)
        self._samples.append((now, made, self.done))
        while len(self._samples) > 2 and now - self._samples[1][0] > WINDOW:
            self._samples.popleft()

    def rate(self) -> float:
        """Return bytes of output per second, over the last WINDOW seconds."""
        (start, first, _), (end, last, _) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def work_rate(self) -> float:
        """Return shares of the work per second, over the last WINDOW seconds."""
        (start, _, first), (end, _, last) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def left(self, output_left: int | None, limit: float | None, elapsed: float) -> float | None:
        """Return the seconds left; None while unknown.

        The time for the work left or, if longer, the time that the pace `limit` needs. A pace slows
        down the steps, not the comparison after them. `elapsed` are the seconds of all sessions.
        """
        left = self._seconds_of(self._work.total - self._work.done, elapsed)
        if left is None and self._work.total > 0:
            return None  # else a first step of 20 s would count as two fifths of all
        if limit is None or output_left is None:
            return left
        after = self._seconds_of(self._verifying, elapsed) or 0.0
        return max(left or 0.0, output_left / limit + after)

    def _seconds_of(self, work: float, elapsed: float) -> float | None:
        """Return the seconds needed for so much work; None while unknown.

        Until this session has made a step, the average of earlier sessions is used.
        """
        done, total = self._work.done, self._work.total
        if total <= 0:
            return None
        if self._busy_work > 0:
            return work * self._busy_time / self._busy_work
        return work * elapsed / done if done > 0 and elapsed > 0 else None
