"""Which run is meant: the one that was named, or else the one that suits."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pi_tui.checkpoints.glance import Glance, glance
from pi_tui.errors import NothingSavedError, UsageError
from pi_tui.files.location import parse_location
from pi_tui.machine import Task

if TYPE_CHECKING:
    from pi_tui.checkpoints.records import Run
    from pi_tui.checkpoints.store import CheckpointStore
    from pi_tui.pi.settings import Settings


def run_to_open(settings: Settings, digits: int | None) -> tuple[int | None, Glance | None]:
    """The digits of the run to go on with, and its saved ones where a quick look can see them.

    Without `digits` it is the run last worked on, unfinished ones first; None on a first start.
    """
    task = None if digits is None else Task(digits)
    seen = glance(settings.location, settings.kind, task)
    if digits is None:
        digits = seen.goal if seen else _last_run_in_store(settings)
    return digits, seen


def _last_run_in_store(settings: Settings) -> int | None:
    """From the store, where a glance saw nothing: a server, old tables, a commit under way."""
    path = parse_location(settings.location).path
    with suppress(OSError):  # the store says better what is wrong there
        if path is not None and path.stat().st_size == 0:
            return None
    from pi_tui.checkpoints.store import CheckpointStore
    from pi_tui.checkpoints.upgrade.migration import OlderError

    try:
        store = CheckpointStore.open(settings.location, settings.kind, write=False)
    except NothingSavedError:
        return None
    except OlderError:  # who asks is about to compute: then it may be brought up to date
        store = CheckpointStore.open(settings.location, settings.kind)
    with store:
        run = store.latest_run()
    return run.goal if run else None


def run_to_read(store: CheckpointStore, digits: int | None) -> Run:
    """Return the saved run of so many digits, or else the one that `pi-tui` would go on with.

    Raises UsageError if there is none.
    """
    if digits is not None:
        if run := store.find_run(Task(digits)):
            return run
        raise UsageError(f"there is no run of {digits:,} digits; `pi-tui runs` lists what there is")
    if run := store.latest_run():
        return run
    raise UsageError("nothing is saved yet; `pi-tui --digits 20000` begins a run")
