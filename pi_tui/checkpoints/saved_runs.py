"""List saved runs, read their output and delete them, for an app or command without a store.

Every call opens and closes the database. That may take a while, the first time longer, because it
imports SQLAlchemy: call these in a thread when a screen waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.machine import Kind, Task

if TYPE_CHECKING:
    from pi_tui.checkpoints.store import CheckpointStore


def list_runs(location: str, kind: Kind) -> list[Run]:
    """Return all runs of the kind, the most recently used first, also while a process writes.

    Raises NothingSavedError if there is no database at `location`, or an empty one.
    """
    with _store(location, kind, write=False) as store:
        return store.runs()


def list_all_runs(location: str, kinds: Kinds) -> list[Run]:
    """Return the runs of every kind, the most recently used first, also while a process writes.

    Raises NothingSavedError if there is no database at `location`, or an empty one.
    """
    with _store(location, kinds.own, write=False) as store:
        return store.all_runs(kinds)


def saved_output(location: str, kind: Kind, run: Run) -> bytes:
    """Return the output that was saved when `run` was read, without any saved since.

    If the run was begun again since, it is the new output, up to the same length. Raises
    DamagedError if some of it is damaged, StorageError if the run was deleted.
    """
    with _store(location, kind, write=False) as store:
        return store.output(run, 0, run.committed)


def delete_run(location: str, kind: Kind, task: Task) -> None:
    """Delete the run of `task`, if any. Raises AlreadyOpenError while a worker computes it."""
    with _store(location, kind, write=True) as store:
        store.delete(task)


def _store(location: str, kind: Kind, *, write: bool) -> CheckpointStore:
    from pi_tui.checkpoints.store import CheckpointStore

    return CheckpointStore.open(location, kind, write=write)
