"""Looking at what is saved, and deleting a run: for a face, which knows no store.

Every call opens the database and closes it again, and may take a while, as does the import of this
module, which loads SQLAlchemy: do both in a thread.
"""

from __future__ import annotations

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Kind


def list_runs(location: str, kind: Kind) -> list[Run]:
    """All runs of the kind; works while a worker, ours or another's, is writing."""
    with CheckpointStore.open(location, kind, write=False) as store:
        return store.runs()


def saved_output(location: str, kind: Kind, run: Run) -> bytes:
    """All saved output of the run."""
    with CheckpointStore.open(location, kind, write=False) as store:
        return store.output(run, 0, run.committed)


def delete_run(location: str, kind: Kind, goal: int) -> None:
    """The run is gone, output and all; AlreadyOpenError while a worker has the database."""
    with CheckpointStore.open(location, kind) as store:
        store.delete(goal)
