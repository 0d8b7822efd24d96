"""What the worker tells the world: one immutable Snapshot, swapped in whole.

The worker thread makes a new Snapshot and assigns it to one attribute; the screen polls that
attribute at up to 10 Hz. Nothing else crosses from the thread to the screen, so there is nothing
to lock and nothing to tear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pi_tui.checkpoints.records import Checkpoint
from pi_tui.worker.pace import Pace


class State(StrEnum):
    """The state words, the same in the code and on the screen."""

    PREPARING = "preparing"
    """Opening the store, loading the run, making blocks."""
    RUNNING = "running"
    PAUSED = "paused"
    SAVING = "saving"
    VERIFYING = "verifying"
    COMPLETE = "complete"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """True once the worker does nothing more."""
        return self in (State.COMPLETE, State.FAILED)


@dataclass(frozen=True, slots=True)
class SaveFailure:
    """A save that did not succeed; computing goes on and the save is tried again."""

    since: datetime
    """When the first of the failing saves was tried (UTC)."""
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a face needs to draw one frame; made by the worker, never changed."""

    state: State
    digits: int
    """Digits asked for: the decimals after "3."."""
    pace: Pace
    count: int = 0
    """Settled digits: released by the spigot, no later carry can reach them."""
    saved: int = 0
    """Digits in a committed checkpoint."""
    resumed: int = 0
    """Digits that were there when this program started."""
    iteration: int = 0
    iterations: int = 0
    """Iterations the whole run takes, as planned."""
    digits_per_step: int = 0
    boxes_per_block: int = 0
    predigit: str = ""
    """The first digits of the held super-digit, or "" while there is none."""
    nines: int = 0
    """Held super-digits of nothing but nines behind the predigit."""
    blocks_done: int = 0
    """Blocks done in this sweep; made, while `preparing`; compared, while `verifying`."""
    blocks: int = 0
    """... out of this many."""
    boxes: int = 0
    """Boxes still in the state."""
    threads: int = 1
    rate: float = 0.0
    """Digits per second over the last seconds of computing."""
    done: float = 0.0
    """How far the run is, 0 to 1: of its digits if the pace decides, of its work if we do."""
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
