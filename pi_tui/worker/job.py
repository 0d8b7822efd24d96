"""What a worker is to do, how fast, and when to save. Plain values: no clock, no thread."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from pi_tui.errors import Hint
from pi_tui.machine import Kind, Task

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


@dataclass(frozen=True, slots=True)
class Job:
    """What to compute, where to keep it and how."""

    kind: Kind
    task: Task
    location: str
    """Path or URL of the database."""
    pace: Pace = MAX
    cadence: Cadence = AUTO_CADENCE
    insisted: Collection[str] = ()
    """Parameters the user asked for; a note says so if the run was begun with others."""
    fresh: bool = False
    """Begin again at the first step, whatever is saved."""
    verify: bool = True
    """Compare the whole output with an independent way before the run is complete."""
    give_way: bool = False
    """A screen runs beside it and goes first where both want the same core."""
    overture: bool = False
    """Someone looks on: find the first output quickly, to look at until the machine has it."""
    known: bytes = b""
    """The first output, of another run of this kind: shown in place of an overture."""
    patience: float = inf
    """Seconds that finished output waits for a failing disk: for ever, if someone looks on."""

    def not_taken(self, begun: Task) -> Iterator[str]:
        """What is to be said of what the user insisted on, in a run that was begun otherwise."""
        for name in self.insisted:
            if (value := begun.parameters.get(name)) != self.task.parameters[name]:
                words = f"{name.replace('_', ' ')} {value!s}"
                yield f"this run was begun with {words} and goes on so; to change it, {Hint.FRESH}"
