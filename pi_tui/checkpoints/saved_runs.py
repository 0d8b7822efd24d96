"""Looking at what is saved, and deleting a run: for a face or a command, without a store in hand.

Every call opens the database and closes it again, and may take a while, the first one even longer,
for it loads SQLAlchemy: where a screen waits, call it in a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.machine import Kind, Task

if TYPE_CHECKING:
    from pi_tui.checkpoints.store import CheckpointStore


def list_runs(location: str, kind: Kind) -> list[Run]:
    """All runs of the kind; works while a worker, ours or another's, is writing."""
    with _store(location, kind, write=False) as store:
        return store.runs()


def list_all_runs(location: str, kinds: Kinds) -> list[Run]:
    """Return the runs of every kind; works while another process is writing."""
    with _store(location, kinds.own, write=False) as store:
        return store.all_runs(kinds)


def saved_output(location: str, kind: Kind, run: Run) -> bytes:
    """All saved output of the run."""
    with _store(location, kind, write=False) as store:
        return store.output(run, 0, run.committed)


def delete_run(location: str, kind: Kind, task: Task) -> None:
    """Delete the run, output and all; AlreadyOpenError while a worker computes it."""
    with _store(location, kind, write=True) as store:
        store.delete(task)


def _store(location: str, kind: Kind, *, write: bool) -> CheckpointStore:
    from pi_tui.checkpoints.store import CheckpointStore

    return CheckpointStore.open(location, kind, write=write)
