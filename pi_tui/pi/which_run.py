"""Choose the saved run to open or read: the one named, or the one last worked on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pi_tui.checkpoints.glance import Glance, glance
from pi_tui.errors import NothingSavedError, UsageError
from pi_tui.machine import Task
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.words import counted

if TYPE_CHECKING:
    from pi_tui.checkpoints.records import Run
    from pi_tui.checkpoints.store import CheckpointStore
    from pi_tui.pi.settings import Settings


_NOTHING_YET = "no digits of pi are saved yet; `pi-tui --digits 20000` begins a run"


def run_to_open(settings: Settings, digits: int | None) -> tuple[int | None, Glance | None]:
    """Return the number of digits of the run to open, and a Glance with its saved output.

    If `digits` is None, choose the run of pi last worked on; unfinished runs come before complete
    ones. If there is no such run, the number is None. The Glance is None if the run is not saved,
    or if its output cannot be read without opening the store. The store is opened only if both
    `digits` and the Glance are None; an older database is then migrated. Raises UsageError if there
    is no home folder for the database, and errors as `CheckpointStore.open` does, but never
    NothingSavedError.
    """
    task = None if digits is None else Task(digits)
    seen = glance(settings.location, SpigotKind(), task)
    if digits is None:
        digits = seen.goal if seen else _last_run_in_store(settings)
    return digits, seen


def _last_run_in_store(settings: Settings) -> int | None:
    """Return the number of digits of the run of pi last worked on; None if there is none.

    Unfinished runs come before complete ones. This opens the store, and migrates an older database.
    Call it only if `glance` returns None, as for a server or an older database, or during a commit.
    """
    from pi_tui.checkpoints.store import CheckpointStore
    from pi_tui.checkpoints.upgrade.migration import OlderError

    try:
        store = CheckpointStore.open(settings.location, SpigotKind(), write=False)
    except NothingSavedError:
        return None
    except OlderError:  # the caller will write, so migration is allowed
        store = CheckpointStore.open(settings.location, SpigotKind())
    with store:
        run = store.latest_run()
    return run.goal if run else None


def run_to_read(store: CheckpointStore, digits: int | None) -> Run:
    """Return the saved run of `digits` digits; if that is None, the run that `pi-tui` would open.

    Raises UsageError if no such run is saved.
    """
    if digits is not None:
        if run := store.find_run(Task(digits)):
            return run
        raise UsageError(
            f"there is no run of {counted(digits, 'digit')}; `pi-tui runs` lists what there is"
        )
    if run := store.latest_run():
        return run
    raise UsageError(_NOTHING_YET)


def run_to_search(store: CheckpointStore, digits: int | None) -> Run:
    """Return the saved run of `digits` digits; if that is None, the run with most digits saved.

    Raises UsageError if no such run is saved.
    """
    if digits is None and (runs := store.runs()):
        return max(runs, key=lambda run: run.committed)
    return run_to_read(store, digits)
