"""Progress, rate and time left of a run, computed from times given as arguments."""

from __future__ import annotations

from collections import deque

from pi_tui.checkpoints import checked
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
    """Return the machine's work, done and in total; a total of 0 if unknown.

    If the job skips the comparison `Kind.verify`, its work is not in the total. If the machine does
    not know its total, `Kind.share` estimates the share that is done, and the total is 1.
    """
    done, total = checked.work(machine)
    total -= 0.0 if job.verify else checked.verifying_work(machine)
    if Work(done, total).share is not None:
        return Work(min(done, total), total)
    share = checked.share(job.kind, task, machine.steps, len(machine.output))
    return Work(0.0, 0.0) if share is None else Work(share, 1.0)


class LineCount:
    """Counts the line breaks of a growing output, but only if its unit is "lines" or "rows"."""

    def __init__(self, unit: str) -> None:
        self._counts, self._seen, self._lines = unit in LINE_UNITS, 0, 0

    def of(self, output: bytes | bytearray, length: int) -> int | None:
        """Return the number of line breaks in the first `length` bytes of `output`.

        Returns None if the unit of output is neither "lines" nor "rows". Bytes that the last call
        counted are not read again, unless `length` is less than it was then.
        """
        if not self._counts:
            return None
        if length < self._seen:
            self._seen = self._lines = 0
        self._lines += output.count(b"\n", self._seen, length)
        self._seen = length
        return self._lines


class Meter:
    """Measures progress, speed and time left in one session of one run.

    `done` is the only number for the progress of the run, and the progress bar shows it. It is
    saved with each checkpoint, and it never falls. When a step shortens the time left by a tenth,
    say from 10 s to 9 s, the empty part of the bar shrinks by a tenth too. If the time left rises,
    the bar stays. The times left before and after the step are both computed from the present speed
    and pace. So at full speed the bar follows the work. At a pace slower than the machine could go,
    it follows the output. After damage, or with more work to do than before, the bar goes on from
    what was shown.

    Only time spent computing counts: pauses stop the meter. The time left comes from the work left,
    never from output per second alone, because steps may get cheaper or make no output.
    """

    def __init__(
        self,
        work: Work,
        made: int,
        now: float,
        shown: float = 0.0,
        verifying: float = 0.0,
        length: int | None = None,
    ) -> None:
        """Begin a session; `work` was done in earlier sessions, which computed for `now` seconds.

        The progress bar begins at `shown`, a share from 0 to 1; if that is 0, at the share of
        `work` done. `made` is the number of bytes of output so far, `length` that of the whole
        output if known. `verifying` is the part of the total work that is not steps, but the
        comparison after them.
        """
        self._work, self._made, self._verifying, self._length = work, made, verifying, length
        self.done = shown or work.share or 0.0
        """The share of the run that is done, 0 to 1; 0 if the whole of it is not known."""
        self.limit: float | None = None
        """Bytes of output per second that the pace allows; None is full speed."""
        self._each = now / work.done if work.done > 0 and now > 0 else None
        """Seconds that a unit of work takes; until the first step, by the sessions before."""
        self._samples = deque([(now, made, self.done)])
        self._busy_time = self._busy_work = 0.0

    @property
    def work(self) -> Work:
        """Return the work to save with a checkpoint: the share `done`, out of a total of 1.

        If the total work is unknown, return the work last given to this meter.
        """
        return Work(self.done, 1.0) if self._work.total > 0 else self._work

    def saw(self, work: Work, made: int | None = None) -> None:
        """Update `done` from the machine's `work` and from `made`, its bytes of output.

        If `made` is None, the number last given stays, as in the comparison after the steps.
        """
        each = self._each or 1.0
        before = self._rest(each) if self._work.total > 0 else work.total * each
        self._work, self._made = work, self._made if made is None else made
        if before > 0 and (rest := self._rest(each)) < before:
            self.done = 1.0 - (1.0 - self.done) * rest / before

    def stepped(self, work: Work, made: int, now: float, took: float) -> None:
        """Record a step of `took` seconds, after which `work` is done and `made` bytes are there.

        `now` is the time spent computing, in seconds.
        """
        fade = 0.5 ** (took / HALF_LIFE)
        self._busy_work = self._busy_work * fade + (work.done - self._work.done)
        self._busy_time = self._busy_time * fade + took
        if self._busy_work > 0:
            self._each = self._busy_time / self._busy_work
        self.saw(work, made)
        self._samples.append((now, made, self.done))
        while len(self._samples) > 2 and now - self._samples[1][0] > WINDOW:
            self._samples.popleft()

    def rate(self) -> float:
        """Return bytes of output per second, over the last WINDOW seconds."""
        (start, first, _), (end, last, _) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def work_rate(self) -> float:
        """Return the share of the run that was done per second, over the last WINDOW seconds."""
        (start, _, first), (end, _, last) = self._samples[0], self._samples[-1]
        return (last - first) / max(end - start, SHORTEST) if end > start else 0.0

    def left(self) -> float | None:
        """Return the seconds that are left; None while unknown.

        If the total work is known, they are unknown only until a step has done some work, also at a
        limited pace, because the machine may be slower than the pace. If the total work is unknown,
        they are computed from the pace and the length of the whole output, if both are known.
        """
        if self._work.total > 0:
            return None if self._each is None else self._rest(self._each)
        return None if self.limit is None or self._length is None else self._rest(0.0)

    def _rest(self, each: float) -> float:
        """Return the seconds left if a unit of work takes `each` seconds.

        That is the longer of two times: of the work left at full speed, and of the output left at
        the pace. The pace limits the steps only, so the comparison after them is added to it. At
        full speed, or if the length of the output is unknown, only the first time counts.
        """
        rest = max(self._work.total - self._work.done, 0.0)
        if self.limit is None or self._length is None:
            return rest * each
        output_left = max(self._length - self._made, 0)
        return max(rest * each, output_left / self.limit + min(rest, self._verifying) * each)
