"""What the store hands out: frozen records, no rows.

This module imports nothing but the standard library and `machine`, so a face may know these
records before SQLAlchemy is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pi_tui.machine import Kind, Machine, Task, Work

SCHEMA = 3
"""Version of the tables: an older one is brought up to it (migration.py), a newer one refused."""
APPLICATION_ID = 0x70692D74
"""The number in an SQLite file that marks it as ours."""
ACTIVE = "active"
"""Status of a run that is not finished."""
COMPLETE = "complete"
"""Status of a run whose whole output is committed; it needs no state any more."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One committed state."""

    seq: int
    """Number of the checkpoint within its run, from 1."""
    steps: int
    length: int
    """Bytes of output it stands for."""
    size: int
    """Bytes of state, the output not counted."""
    saved_at: datetime
    """When it was committed (UTC, aware). Information only: nothing is ordered by it."""
    elapsed: float
    """Seconds computed up to it, in all sessions."""
    version: int = 1
    """The version of the kind that saved it."""
    work: Work | None = None
    """How far the machine was; None for one that a version before 1.2 saved."""
    duration: float | None = None
    """Seconds the save took; None for one that an earlier session made."""

    def share(self, kind: Kind, task: Task) -> float | None:
        """Return how far the run was, as the writer showed it then; None if that cannot be told.

        Watcher, `status`, the list of runs and the next writer all ask here: there is one number.
        """
        share = self.work.share if self.work else None
        return kind.share(task, self.steps, self.length) if share is None else share


@dataclass(frozen=True, slots=True)
class Run:
    """A task, and what is saved of it."""

    id: int
    task: Task
    status: str
    """ACTIVE or COMPLETE."""
    verified: bool
    """True once the whole output was compared with an independent way."""
    committed: int
    """Bytes of output committed."""
    last_seq: int
    elapsed: float
    owner: str
    """Who has it open, or had when it was killed; "" after a clean end."""
    created_at: datetime
    updated_at: datetime
    """When it was last saved."""
    size: int = 0
    """Bytes it takes in the database; counted by `CheckpointStore.runs` alone."""
    share: float | None = None
    """How far it is, by its newest checkpoint, if that tells; by `CheckpointStore.runs` alone."""
    notes: tuple[str, ...] = ()
    """What the user must be told when it begins, such as that the goal has another run."""
    kind: str = ""
    """Name of the kind of its machine."""
    owner_mark: str = ""
    """The owner with what tells it from another process of that pid (process.py)."""

    @property
    def goal(self) -> int:
        """The goal of its task."""
        return self.task.goal


def share_of(run: Run, newest_first: tuple[Checkpoint, ...], kind: Kind) -> float | None:
    """Return how far a run is, by what is saved of it; None if that cannot be told."""
    if run.status == COMPLETE or not newest_first:
        return float(run.status == COMPLETE)
    return newest_first[0].share(kind, run.task)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run holds, checked byte for byte."""

    run: Run
    output: bytes
    """All committed output. May reach past the machine, after a fallback."""
    machine: Machine | None
    """The machine of the newest good checkpoint, or a new one; None for a complete run."""
    checkpoint: Checkpoint | None
    """The one the machine came from; None if it is new."""
    checkpoints: tuple[Checkpoint, ...]
    """Checkpoints that are there, newest first."""
    notes: tuple[str, ...] = ()
    """What the user must be told: damage found, an older checkpoint used."""
