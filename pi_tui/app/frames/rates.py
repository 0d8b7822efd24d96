"""The history of the rate, from which the speed panel draws a curve."""

from __future__ import annotations

from itertools import pairwise


class RateHistory:
    """Rates sampled at equal intervals, in bounded memory.

    When it is full, neighbours are averaged and the interval doubles. So it always spans the whole
    session.
    """

    def __init__(self, interval: float = 0.5, capacity: int = 240) -> None:
        self.interval = interval
        self.samples: list[float] = []
        self._capacity = capacity
        self._due: float | None = None
        self._pending: list[float] = []
        self._starting = True

    def feed(self, now: float, rate: float) -> None:
        """Add a rate that was measured at `now`, a time in seconds.

        Rates of the first interval, and of the first one after a rest, are not kept.
        """
        if self._due is None:  # the first sample would measure the start, not the speed
            self._due = now + self.interval
            self._starting = True
        self._pending.append(rate)
        if now < self._due:
            return
        mean = sum(self._pending) / len(self._pending)
        self._pending.clear()
        self._due = now + self.interval
        if self._starting:
            self._starting = False
            return
        self.samples.append(mean)
        if len(self.samples) >= self._capacity:
            self._halve()

    def rest(self) -> None:
        """Discard the unfinished sample, because nothing is being computed."""
        self._due = None
        self._pending.clear()

    @property
    def span(self) -> float:
        """Return the seconds of computing that the samples cover."""
        return len(self.samples) * self.interval

    def _halve(self) -> None:
        pairs = zip(self.samples[::2], self.samples[1::2], strict=False)
        self.samples = [(a + b) / 2 for a, b in pairs]
        self.interval *= 2

    def columns(self, width: int) -> list[float]:
        """Return the samples, oldest first; average neighbours if there are more than `width`.

        >>> history = RateHistory()
        >>> history.samples = [1.0, 3.0, 5.0, 7.0]
        >>> history.columns(2)
        [2.0, 6.0]
        """
        count = len(self.samples)
        if count <= width:
            return list(self.samples)
        edges = [column * count // width for column in range(width + 1)]
        return [sum(self.samples[a:b]) / (b - a) for a, b in pairwise(edges)]
