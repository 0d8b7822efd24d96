"""Progress, rate and time left of a run, computed from times given as arguments."""

from __future__ import annotations

from collections import deque

from pi_tui.machine import Machine, Task, Work
from pi_tui.worker.job import Job

WINDOW = 5.0
"""Seconds of computing that the rates look back on."""
SHORTEST = 1.0
"""... and the least they divide by: the first steps of a run come at once and would be a spike."""
HALF_LIFE = 20.0
"""Seconds after which work counts half: a slow drift of the machine's speed shall show."""


def work_of(job: Job, task: Task, machine: Machine) -> Work:
    """Return how far the machine is: of its steps and, if the job verifies, the comparison."""
    done, total = machine.work()
    total -= 0.0 if job.verify else machine.verifying_work
    if Work(done, total).share is not None:
        return Work(min(done, total), total)
    share = job.kind.share(task, machine.steps, len(machine.output))
    return Work(0.0, 0.0) if share is None else Work(share, 1.0)


class Meter:
    """Measures one session of one run.

    `done` is the only number of how far the run is. It is saved with each checkpoint, and never
    falls: where a machine begins with less than was shown before, after damage or with more to do,
    the rest of the bar is spread over the rest of the work.

    Only time spent computing counts: pauses stop the meter. The time left comes from the work
    left, never from output per second alone: steps may get cheaper, or make no output at all.
    """

    def __init__(
        self, work: Work, made: int, now: float, shown: float = 0.0, verifying: float = 0.0
    ) -> None:
        """Begin at `work` done, with `made` bytes of output, for a bar that stands at `shown`.

        `verifying` is how much of the work is not steps, but the comparison after them.
        """
        self._work, self._verifying = work, verifying
        self._first = work.share or 0.0
        self.done = self._from = max(self._first, shown)
        """The share of the work that is done, 0 to 1; 0 if the whole of it is not known."""
        self._samples = deque([(now, made, self.done)])
        self._busy_time = self._busy_work = 0.0

    @property
    def work(self) -> Work:
        """Return the work to save: its share is `done`."""
        is_told = (self._work.share or 0.0) == self.done
        return self._work if is_told else Work(self.done, 1.0)

    def saw(self, work: Work) -> None:
        """Note how far the machine is, also within a comparison."""
        self._work = work
        share, rest = work.share or 0.0, 1.0 - self._first
        if self._from > self._first:
            share = self._from + (1.0 - self._from) * (share - self._first) / rest
        self.done = min(1.0, max(self.done, share))

    def stepped(self, work: Work, made: int, now: float, took: float) -> None:
        """Note a step that took `took` seconds, with so much work and output done after it."""
        fade = 0.5 ** (took / HALF_LIFE)
        self._busy_work = self._busy_work * fade + (work.done - self._work.done)
        self._busy_time = self._busy_time * fade + took
        self.saw(work)
        self._samples.append((now, made, self.done))
        while len(self._samples) > 2 and now - self._samples[1][0] > WINDOW:
            self._samples.popleft()

    def rate(self) -> float:
        """Return the bytes of output per second over the last seconds."""
        (start, first, _), (end, last, _) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def work_rate(self) -> float:
        """Return the share of the run per second over the last seconds, also without output."""
        (start, _, first), (end, _, last) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def left(self, output_left: int | None, limit: float | None, elapsed: float) -> float | None:
        """Return the seconds that are left; None while unknown.

        They follow the work or, if that takes longer, the pace, which holds back the steps and not
        the comparison after them. `elapsed` are seconds of all sessions.
        """
        left = self._seconds_of(self._work.total - self._work.done, elapsed)
        if left is None and self._work.total > 0:
            return None  # a first step of 20 s would else count as two fifths of it all
        if limit is None or output_left is None:
            return left
        after = self._seconds_of(self._verifying, elapsed) or 0.0
        return max(left or 0.0, output_left / limit + after)

    def _seconds_of(self, work: float, elapsed: float) -> float | None:
        """Return the seconds that so much work takes.

        Until this session has made a step, the sessions before stand in for it.
        """
        done, total = self._work.done, self._work.total
        if total <= 0:
            return None
        if self._busy_work > 0:
            return work * self._busy_time / self._busy_work
        return work * elapsed / done if done > 0 and elapsed > 0 else None
