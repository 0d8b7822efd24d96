"""What a worker is to do."""

from __future__ import annotations

from dataclasses import dataclass

from pi_tui.worker.pace import AUTO_CADENCE, MAX, Cadence, Pace


@dataclass(frozen=True, slots=True)
class Job:
    """What to compute, where to keep it and how."""

    digits: int
    location: str
    """Path or URL of the database."""
    pace: Pace = MAX
    cadence: Cadence = AUTO_CADENCE
    digits_per_step: int | None = None
    """None: as planned for this number of digits, or as the run has it already."""
    threads: int = 1
    """Sweeps side by side."""
    fresh: bool = False
    """Begin again at the first digit, whatever is saved."""
    verify: bool = True
    """Compare every digit with an independent pi before the run is complete."""
    give_way: bool = False
    """A screen runs beside it and goes first where both want the same core."""
    patience: float | None = None
    """Seconds that finished digits wait for a failing disk; None: for ever, someone is watching."""
