"""The frozen records that the store returns in place of database rows.

This module imports nothing slow, so an app can use these records before SQLAlchemy is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pi_tui.checkpoints import checked
from pi_tui.machine import Kind, Machine, Task, Work
from pi_tui.words import amount

SCHEMA = 3
"""Version of the tables. Older tables are migrated (migration.py), newer ones refused."""
APPLICATION_ID = 0x70692D74
"""The number in an SQLite file that marks it as ours."""
ACTIVE = "active"
"""Status of a run that is not finished."""
COMPLETE = "complete"
"""Status of a run whose whole output is committed; it needs no state any more."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A saved state of a run, described by numbers; the state itself is not included."""

    seq: int
    """Number of the checkpoint within its run, from 1."""
    steps: int
    length: int
    """Bytes of output made when it was saved."""
    size: int
    """Bytes of state, the output not counted."""
    saved_at: datetime
    """Time of the commit (UTC, aware). For information: nothing is ordered by time."""
    elapsed: float
    """Seconds computed before this checkpoint, in all sessions."""
    version: int = 1
    """`Kind.version` when it was saved."""
    work: Work | None = None
    """Work done and total; None if impossible, or if a version before 1.2 saved the checkpoint."""
    duration: float | None = None
    """Seconds the save took; None for a checkpoint read from the database."""

    def share(self, kind: Kind, task: Task) -> float | None:
        """Return the share of the work done, 0 to 1; None if unknown.

        Watcher, `status` and the list of runs call this, and the writer reckons in the same way, so
        they show one number.
        """
        share = self.work.share if self.work else None
        return checked.share(kind, task, self.steps, self.length) if share is None else share


@dataclass(frozen=True, slots=True)
class Run:
    """A task and the facts saved about it."""

    id: int
    task: Task
    status: str
    """ACTIVE or COMPLETE."""
    verified: bool
    """True once the whole output was checked by an independent method."""
    committed: int
    """Bytes of output committed."""
    last_seq: int
    elapsed: float
    owner: str
    """The process that has the run open, or was killed while it had; "" after a clean end."""
    created_at: datetime
    updated_at: datetime
    """Time of the last save."""
    size: int = 0
    """Bytes of the run in the database; filled in by `runs` and `all_runs` of the store only."""
    share: float | None = None
    """Share of the work that is saved, if known; filled in by `runs` and `all_runs` only."""
    unit: str = "bytes"
    """Unit of the output; filled in by `runs` and `all_runs` only, as is `lines`."""
    lines: int | None = None
    """Line breaks in the saved output, if that is its unit."""
    notes: tuple[str, ...] = ()
    """Messages for the user at the start, such as that the goal has another run."""
    kind: str = ""
    """Name of the kind of its machine."""
    owner_mark: str = ""
    """`owner` plus the data that tells it from another process of the same pid (process.py)."""

    @property
    def goal(self) -> int:
        """Return the goal of the run's task."""
        return self.task.goal

    @property
    def amount(self) -> str:
        """Return the amount of saved output as text with its unit."""
        return amount(self.committed, self.lines, self.unit)


def share_of(run: Run, newest_first: tuple[Checkpoint, ...], kind: Kind) -> float | None:
    """Return the share of the run's work that is saved, 0 to 1; None if unknown.

    `newest_first` are the checkpoints of the run; an unfinished run without any has a share of 0.
    """
    if run.status == COMPLETE or not newest_first:
        return float(run.status == COMPLETE)
    return newest_first[0].share(kind, run.task)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The saved content of a run, every byte checked."""

    run: Run
    output: bytes
    """The committed output, up to the first damage. It may be longer than the machine's."""
    machine: Machine | None
    """The machine of the newest good checkpoint, or a new one; None for a complete run."""
    checkpoint: Checkpoint | None
    """The checkpoint the machine was made from; None for a new machine."""
    checkpoints: tuple[Checkpoint, ...]
    """The saved checkpoints whose rows can be read, newest first."""
    notes: tuple[str, ...] = ()
    """Messages for the user: damage found, an older checkpoint used."""
