"""What the store hands out: frozen records, no rows.

This module imports nothing but the standard library, so a face may know these
records before SQLAlchemy is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pi_tui.spigot.spigot import SpigotState


ACTIVE = "active"
COMPLETE = "complete"
"""The two words a run's status can be."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One committed state."""

    seq: int
    """Number of the checkpoint within its run, from 1."""
    iteration: int
    count: int
    """Settled digits it holds."""
    size: int
    """Bytes of state, the digits not counted."""
    saved_at: datetime
    """When it was committed (UTC, aware). Information only: nothing is ordered by it."""
    elapsed: float
    """Seconds computed up to it, in all sessions."""
    duration: float | None = None
    """Seconds the save took; None for one that an earlier session made."""


@dataclass(frozen=True, slots=True)
class Run:
    """The computation of one number of digits; that number is its identity."""

    id: int
    digits: int
    digits_per_step: int
    boxes_per_block: int
    status: str
    """ACTIVE, or COMPLETE once every digit is committed and no state is needed any more."""
    verified: bool
    """True once the digits were compared with an independent pi."""
    committed: int
    """Digits committed."""
    last_seq: int
    elapsed: float
    created_at: datetime
    updated_at: datetime
    size: int = 0
    """Bytes of digits and kept states; counted by `CheckpointStore.runs` alone."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run holds, checked byte for byte."""

    run: Run
    digits: bytes
    """All committed digits, ASCII. May reach past the state, after a fallback."""
    state: SpigotState | None
    """The newest good state; None for a new or complete run, or if none is good."""
    checkpoints: tuple[Checkpoint, ...]
    """Checkpoints that are there, newest first."""
    notes: tuple[str, ...] = ()
    """What the user must be told: damage found, an older checkpoint used."""
