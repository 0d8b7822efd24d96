"""A worker's job: what to compute, how fast, and when to save. Plain values, no thread."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from pi_tui.errors import Hint
from pi_tui.machine import Kind, Task

AUTO_SAVE_SECONDS = 5.0
"""Time between two automatic saves, in seconds; early in a session they come sooner."""
AUTO_SAVE_SHARE = 50.0
"""Least time between two saves, as a multiple of the last save's duration; not early on."""


class Pace(NamedTuple):
    """The bytes of output per second that the user asked for."""

    word: str
    """`auto`, `max`, or the number the user asked for."""
    limit: float | None = None
    """Bytes of output per second; None is full speed."""

    @classmethod
    def of(cls, per_second: float) -> Pace:
        """Return a pace of `per_second` bytes a second. Raises ValueError if that is below 1."""
        if per_second < 1:
            raise ValueError(f"a pace is at least 1 a second, not {per_second:g}")
        return cls(f"{per_second:.0f}", float(per_second))


MAX = Pace("max")
"""The pace without a limit: full speed."""


class Cadence(NamedTuple):
    """When to save automatically: by time, by output, by both, or never.

    Pausing, quitting, signals and the end of a run always save too.
    """

    seconds: float | None = None
    output: int | None = None
    """Bytes of output between two saves."""
    share: float = 0.0
    """Least time between two saves, as a multiple of the last save's duration."""


AUTO_CADENCE = Cadence(seconds=AUTO_SAVE_SECONDS, share=AUTO_SAVE_SHARE)
"""Saves every five seconds, or less often so that saving takes at most 2 % of the time."""


@dataclass(frozen=True, slots=True)
class Job:
    """The task of a worker, the database, and how to compute and save."""

    kind: Kind
    task: Task
    location: str
    """Path or URL of the database."""
    pace: Pace = MAX
    cadence: Cadence = AUTO_CADENCE
    insisted: Collection[str] = ()
    """Names of the parameters the user set; a note tells if the saved run has other values."""
    fresh: bool = False
    """Begin again at the first step, and discard what is saved."""
    verify: bool = True
    """Check the whole output by an independent method before the run is complete."""
    give_way: bool = False
    """Lower the thread's priority, because a screen runs in the same process."""
    overture: bool = False
    """Find the first output fast by another method, for the screen to show meanwhile."""
    known: bytes = b""
    """The first output, taken from another run of this kind: shown in place of an overture."""
    goes_on: str = ""
    """How the run goes on, if this process may only watch it; "" if it may compute the run."""
    among_others: bool = False
    """Show no notes about other runs of the goal, because they are expected."""
    patience: float = inf
    """Seconds to wait for the database once the output is complete; no limit under a screen."""

    def not_taken(self, begun: Task) -> Iterator[str]:
        """Yield a note for each parameter that the user set to a value other than the saved run's.

        The run keeps its own value; the note tells the user so.
        """
        for name in self.insisted:
            if (value := begun.parameters.get(name)) != self.task.parameters[name]:
                words = f"{name.replace('_', ' ')} {value!s}"
                yield f"this run was begun with {words} and keeps it; to change that, {Hint.FRESH}"
