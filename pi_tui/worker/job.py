"""What a worker is to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

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
    patience: float | None = None
    """Seconds that finished output waits for a failing disk; None: for ever, someone looks on."""
