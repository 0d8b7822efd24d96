"""Looking at the runs of a database, and deleting one: for a face, which knows no store.

Every call opens the database and closes it again, and may take a while: call it in a thread.
"""

from __future__ import annotations

from contextlib import closing

from pi_tui.checkpoints.records import Run


def list_runs(location: str) -> list[Run]:
    """All runs; works while a worker, ours or another's, is writing."""
    from pi_tui.checkpoints.store import CheckpointStore

    with closing(CheckpointStore.open(location, write=False)) as store:
        return store.runs()


def saved_digits(location: str, run: Run) -> bytes:
    """All saved digits of the run."""
    from pi_tui.checkpoints.store import CheckpointStore

    with closing(CheckpointStore.open(location, write=False)) as store:
        return store.digits(run, 0, run.committed)


def delete_run(location: str, digits: int) -> None:
    """The run is gone, digits and all; AlreadyOpenError while a worker has the database."""
    from pi_tui.checkpoints.store import CheckpointStore

    with closing(CheckpointStore.open(location)) as store:
        store.delete(digits)
