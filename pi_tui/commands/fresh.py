"""Ask the user before `--fresh` deletes saved output."""

from __future__ import annotations

from pi_tui.checkpoints.locking.owner import already_open
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.commands.asking import confirmed
from pi_tui.errors import NothingSavedError
from pi_tui.machine import Kind, Task
from pi_tui.reports.standard_output import tell


def may_begin_again(location: str, kind: Kind, task: Task, *, sure: bool) -> bool:
    """Return True if the run has no saved output, or the user agrees to lose it.

    If not, print that nothing was changed. With `sure`, do not ask. Raises AlreadyOpenError if
    another process computes the run.
    """
    run = _to_begin_again(location, kind, task)
    if run is None or not run.committed or sure:
        return True
    if confirmed("begin again and lose", run, Kinds(kind)):
        return True
    tell("nothing was changed")
    return False


def _to_begin_again(location: str, kind: Kind, task: Task) -> Run | None:
    try:
        with CheckpointStore.open(location, kind, write=False) as store:
            run = store.find_run(task)
            if writer := store.writer(run):
                raise already_open(f"the run of {kind.title(task)}", writer)
            return run
    except NothingSavedError:
        return None
