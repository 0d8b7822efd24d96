"""Read a part of the saved output of a run, by positions that count from 1."""

from __future__ import annotations

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.errors import UsageError


def saved_part(location: str, kinds: Kinds, run: Run, start: int, stop: int | None) -> bytes:
    """Return saved output at positions `start` to `stop`, both included.

    If `stop` is None, return all from `start` on. Raises UsageError if some of it is not saved.
    """
    with CheckpointStore.open(location, kinds.find(run.kind), write=False) as store:
        return part_of(store, run, start, stop)


def refuse_without_output(store: CheckpointStore, run: Run) -> None:
    """Raise UsageError if no output of the run is saved yet."""
    if not run.committed:
        raise UsageError(f"no output of the run of {store.title(run)} is saved yet")


def part_of(store: CheckpointStore, run: Run, start: int, stop: int | None) -> bytes:
    """Return saved output at positions `start` to `stop` of a run in an open store.

    If `stop` is None, return all from `start` on. Raises UsageError if some of it is not saved.
    """
    refuse_without_output(store, run)
    if stop is not None and start > stop:
        raise UsageError(f"position {start:,} comes after {stop:,}; give the smaller one first")
    last = run.committed if stop is None else stop
    if not 1 <= start <= last <= run.committed:
        asked = f"from {start:,} on" if stop is None else f"{start:,} to {last:,}"
        raise UsageError(
            f"positions {asked} are not all there; this run has 1 to {run.committed:,} saved"
        )
    return store.output(run, start - 1, last)
