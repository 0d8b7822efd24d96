"""Read a part of the saved output of a run, by positions that count from 1."""

from __future__ import annotations

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError, UsageError


class SavedOutput:
    """The saved output of a run in an open store, read and checked slice by slice."""

    def __init__(self, store: CheckpointStore, run: Run) -> None:
        self._store, self._run = store, run

    def __len__(self) -> int:
        return self._run.committed

    def __getitem__(self, key: slice, /) -> bytes:
        """Return the bytes of a slice of the output. The slice must have a start and a stop.

        Raises StorageError if the run was deleted meanwhile, or begun again and has not all of
        these bytes. Raises DamagedError if they are damaged.
        """
        found = self._store.output(self._run, key.start, key.stop)
        if len(found) < key.stop - key.start:
            raise StorageError("the run was begun again meanwhile; try again")
        return found

    def range(self, start: int, stop: int | None) -> tuple[int, int]:
        """Return the offset of position `start` and the offset after position `stop`.

        If `stop` is None, the last position is taken. Raises UsageError for positions that are not
        saved or in the wrong order.
        """
        refuse_without_output(self._store, self._run)
        if stop is not None and start > stop:
            raise UsageError(f"position {start:,} comes after {stop:,}; give the smaller one first")
        saved = self._run.committed
        last = saved if stop is None else stop
        if not 1 <= start <= last <= saved:
            asked = f"from {start:,} on" if stop is None else f"{start:,} to {last:,}"
            raise UsageError(
                f"positions {asked} are not all there; this run has 1 to {saved:,} saved"
            )
        return start - 1, last


def refuse_without_output(store: CheckpointStore, run: Run) -> None:
    """Raise UsageError if no output of the run is saved yet."""
    if not run.committed:
        raise UsageError(f"no output of the run of {store.title(run)} is saved yet")


def part_of(store: CheckpointStore, run: Run, start: int, stop: int | None) -> bytes:
    """Return the saved bytes at positions `start` to `stop`, from 1, of a run in an open store.

    If `stop` is None, return all from `start` on. Raises UsageError if some of these positions are
    not saved, or if they are in the wrong order, StorageError if the run was begun again or deleted
    meanwhile, and DamagedError if the bytes are damaged.
    """
    saved = SavedOutput(store, run)
    return saved[slice(*saved.range(start, stop))]
