"""What the worker tells the world: one immutable Snapshot, swapped in whole.

The screen looks at it ten times a second; so there is nothing to lock and nothing to tear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pi_tui import words
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.worker.job import Pace


class State(StrEnum):
    """The state words, the same in the code and on the screen."""

    PREPARING = "preparing"
    """Opening the store, loading the run."""
    RUNNING = "running"
    PAUSED = "paused"
    SAVING = "saving"
    VERIFYING = "verifying"
    COMPLETE = "complete"
    FAILED = "failed"
    WATCHING = "watching"
    """Another process computes the run; this one follows what it saves."""

    @property
    def is_final(self) -> bool:
        """True once the worker does nothing more."""
        return self in (State.COMPLETE, State.FAILED)

    @property
    def is_at_rest(self) -> bool:
        """True while nothing is computed here, so that there is nothing to save before leaving."""
        return self.is_final or self in (State.PAUSED, State.WATCHING)


class SaveFailure(NamedTuple):
    """A save that did not succeed; computing goes on and the save is tried again."""

    since: datetime
    """When the first of the failing saves was tried (UTC)."""
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a face needs to draw one frame; made by the worker, never changed."""

    state: State
    goal: int
    """Of the task."""
    pace: Pace
    length: int | None = None
    """Bytes of the whole output, if that is known beforehand."""
    made: int = 0
    """Bytes of output that the machine has made; they do not change any more."""
    saved: int = 0
    """Bytes of output in a committed checkpoint."""
    resumed: int = 0
    """Bytes of output that were there when this program started."""
    made_lines: int | None = None
    """Line breaks in what is made, if output is counted in lines."""
    saved_lines: int | None = None
    """Line breaks in what is saved."""
    resumed_lines: int | None = None
    """Line breaks in what was there when this program started."""
    overture: int = 0
    """Bytes of output found quickly in another way, to look at until the machine has them."""
    steps: int = 0
    part: int = 0
    """Parts done of what is being done: of a step, or of the comparison while `verifying` ..."""
    parts: int = 0
    """... out of this many."""
    figures: object = None
    """What the machine says of itself."""
    rate: float = 0.0
    """Bytes of output per second over the last seconds of computing."""
    done: float = 0.0
    """How far the run is, 0 to 1; never falls."""
    resumed_done: float = 0.0
    """The share that was done before this program started."""
    elapsed: float = 0.0
    """Seconds computed, in all sessions, pauses not counted."""
    left: float | None = None
    """Seconds of computing left at this pace, from the work left; None while unknown."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """The last few checkpoints, newest first."""
    next_save: float | None = None
    """`time.monotonic()` at which the next timed checkpoint is due."""
    save_failure: SaveFailure | None = None
    verified: bool = False
    left_open: str = ""
    """Who had the run open and did not end by itself, before this program started."""
    left_after: float | None = None
    """Seconds from the last checkpoint to the end of that session; None if nobody knows."""
    writer: str = ""
    """Who computes the run while we are `watching`; "" if nobody does any more."""
    notice: str = ""
    """What is to be said of now, in a line, as long as it is there."""
    notes: tuple[str, ...] = field(default=())
    """What the user must be told once: a fallback, a setting that was not taken."""
    error: str = ""
    """Why the state is `failed`."""
    exit_code: int = 0
    """The exit code the program should end with because of `error`."""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest committed checkpoint."""
        return self.checkpoints[0] if self.checkpoints else None

    def made_in(self, unit: str) -> str:
        """Return how much output is made, in a kind's unit."""
        return words.amount(self.made, self.made_lines, unit)

    def saved_in(self, unit: str) -> str:
        """Return how much output is saved, in a kind's unit."""
        return words.amount(self.saved, self.saved_lines, unit)

    def resumed_in(self, unit: str, word: str = "") -> str:
        """Return how much output there was at the start, with a word before the unit."""
        amount = words.amount(self.resumed, self.resumed_lines, unit)
        return amount.replace(" ", f" {word} ", 1) if word else amount

    def whole_in(self, unit: str) -> int | None:
        """Return how much the whole output is, if that is known and can be said in the unit."""
        return None if unit in words.LINE_UNITS else self.length

    @property
    def kept(self) -> str:
        """What a message about a failure ends with: the last step that is saved."""
        return f"saved step {self.checkpoint.steps:,}" if self.checkpoint else "nothing is saved"

    def not_saved(self, unit: str) -> str:
        """What is lost if nobody waits for a save that fails, and why; "" if the last one did not.

        The output is counted in that unit.
        """
        if self.save_failure is None:
            return ""
        reason = self.save_failure.reason
        if (whole := self.whole_in(unit)) is None:
            return f"what was computed last could not be saved: {reason}"
        return (
            f"{self.saved:,} of {whole:,} {unit} are saved, "
            f"{self.made - self.saved:,} more could not be: {reason}"
        )
