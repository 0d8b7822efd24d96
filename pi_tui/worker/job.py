"""What a worker is to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import inf

from pi_tui.machine import Kind, Task
from pi_tui.worker.pace import AUTO_CADENCE, MAX, Cadence, Pace


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
    watch: bool = False
    """Someone looks on: if another process has the database open, follow what that one saves."""
    patience: float = inf
    """Seconds that finished output waits for a failing disk: for ever, if someone looks on."""

    def not_taken(self, begun: Task) -> Iterator[str]:
        """What is to be said of what the user insisted on, in a run that was begun otherwise."""
        for name in self.insisted:
            if (value := begun.parameters.get(name)) != self.task.parameters[name]:
                words = f"{name.replace('_', ' ')} {value}"
                yield f"this run was begun with {words} and goes on so; --fresh begins again"
