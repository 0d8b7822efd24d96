"""The speed of a session over time, for the curve on the screen."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from pi_tui.worker.snapshot import Snapshot


class Point(NamedTuple):
    """Progress at one moment: seconds computed, bytes of output, share of the work done."""

    elapsed: float
    made: float
    done: float


class SpeedHistory:
    """The progress of a session as points in bounded memory; when full, drops every second point.

    Points are counts, not rates. So the average of a span is always within the range of the curve
    drawn over it, even if output comes in bursts.
    """

    def __init__(self, interval: float = 0.5, capacity: int = 240) -> None:
        self._interval, self._capacity = interval, capacity
        self._points: list[Point] = []

    def feed(self, snapshot: Snapshot) -> None:
        """Add a point from a snapshot if `interval` seconds were computed since the last one.

        If the snapshot counts less than the last point, the run began again: drop all points.
        """
        point = Point(snapshot.elapsed, snapshot.made, snapshot.done)
        if self._points and point < self._points[-1]:
            self._points.clear()
        if self._points and point.elapsed - self._points[-1].elapsed < self._interval:
            return
        self._points.append(point)
        if len(self._points) > self._capacity:
            del self._points[1:-1:2]
            self._interval *= 2

    @property
    def span(self) -> float:
        """Return the seconds of computing between the first and the last point."""
        return self._points[-1].elapsed - self._points[0].elapsed if self._points else 0.0

    @property
    def makes_output(self) -> bool:
        """Return True if output was made in this span. If not, the curve shows work instead."""
        return bool(self._points) and self._points[-1].made > self._points[0].made

    def average(self) -> float:
        """Return output per second over the span, in bytes; without output, shares of the work."""
        return self._speeds(1)[0] if self.span else 0.0

    def columns(self, width: int) -> list[float]:
        """Return at most `width` speeds, oldest first, in the unit of `average`."""
        return self._speeds(width) if self.span else []

    def _speeds(self, width: int) -> list[float]:
        """Return the speeds between at most `width` + 1 points, the first and the last included."""
        last = len(self._points) - 1
        width = min(width, last)
        edges = [self._points[column * last // width] for column in range(width + 1)]
        count = [point.made if self.makes_output else point.done for point in edges]
        times = [after.elapsed - before.elapsed for before, after in pairwise(edges)]
        return [(b - a) / time for (a, b), time in zip(pairwise(count), times, strict=True)]
