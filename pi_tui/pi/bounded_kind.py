"""The spigot within bounds: a run that does not fit into memory is refused before its first block.

A complete run is opened all the same, and a run that another process computes is watched: neither
needs a machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi_tui.machine import Refused, State, Task
from pi_tui.pi import memory
from pi_tui.pi.forecast import LONG, forecast, threads_within
from pi_tui.pi.spigot.kind import SpigotKind

if TYPE_CHECKING:
    from pi_tui.pi.spigot.spigot import Spigot


@dataclass
class BoundedKind(SpigotKind):
    """The kind that computes decimals of pi in the memory `allowed`, saved at `location`."""

    allowed: memory.Allowance | None = None
    location: str = ""

    @classmethod
    def within(cls, digits: int, threads: int, asked: int, location: str) -> BoundedKind:
        """Return the kind for `digits` digits, with as many of `threads` threads as memory allows.

        It has one thread if not even one fits; `new` and `from_state` refuse the run then. `asked`
        is the memory that the user allows, in bytes; 0 means all that is free. If that is unknown,
        nothing is limited. `location` is where the run is saved.
        """
        allowed = memory.allowance(asked)
        if allowed is not None:
            threads = max(1, threads_within(digits, threads, allowed.bytes))
        return cls(threads, allowed, location)

    def new(self, task: Task) -> Spigot:
        """Return a spigot at the start of the task.

        Raises Refused if memory is too small, and BadState if the task is impossible.
        """
        return self._bounded(super().new, task)

    def from_state(self, task: Task, state: State, output: bytes) -> Spigot:
        """Restore the spigot from a saved state.

        Raises Refused if memory is too small, and BadState if the state is invalid.
        """
        return self._bounded(super().from_state, task, state, output)

    def _bounded(self, make: Callable[..., Spigot], task: Task, *saved: object) -> Spigot:
        """Return the spigot that `make(task, *saved)` makes. Raises Refused if memory is too small.

        If more than a minute of work is left, or the disk has too little room, adds a note to the
        spigot. The note says what the run takes and, in the second case, what the disk has free.
        """
        if why := memory.refusal(task.goal, self.allowed):
            raise Refused(why)
        spigot = make(task, *saved)
        planned = forecast(task.goal, self.threads)
        done = spigot.work().share or 0.0
        lack = memory.lack_of_disk(planned.disk, self.location, saved=spigot.steps > 0)
        if lack or planned.seconds * (1 - done) > LONG:
            spigot.notes = (planned.in_words(done) + lack, *spigot.notes)
        return spigot
