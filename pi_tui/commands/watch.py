"""`pi-tui watch`: show a run of any kind on a screen, without the code that computes it."""

from __future__ import annotations

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.saved_runs import list_all_runs
from pi_tui.checkpoints.stored_kind import Kinds, StoredKind
from pi_tui.commands.choosing import Wanted, choose
from pi_tui.commands.runs import status
from pi_tui.errors import NothingSavedError, UsageError
from pi_tui.reports.hints import command_line
from pi_tui.reports.standard_output import has_terminal


def watch(location: str, kinds: Kinds, wanted: Wanted) -> int:
    """Show the run until the user quits; without a terminal, print lines like `status --watch`.

    Returns the exit code. Raises UsageError if `wanted` names a run and none matches; on a terminal
    also if there is no run at all, or if `wanted` names several.
    """
    if not has_terminal():
        return status(location, kinds, wanted, as_json=False, again=True)
    try:
        run = run_to_watch(location, kinds, wanted)
    except NothingSavedError as error:
        raise UsageError(f"{error}; start the program that computes first") from error
    from pi_tui.app.open import open_app

    if kinds.is_own(run):
        kind, goes_on = kinds.own, f"`pi-tui {run.goal}` goes on with it"
    else:
        kind = StoredKind(run.kind, run.unit)
        goes_on = kind.goes_on
    code, _ = open_app(kind, run.task, location, again=command_line(), goes_on=goes_on)
    return code


def run_to_watch(location: str, kinds: Kinds, wanted: Wanted) -> Run:
    """Return the run that `wanted` names.

    If `wanted` names none, return the run last worked on; unfinished runs come before complete
    ones. Raises UsageError if there is none, or if `wanted` names several; NothingSavedError if
    there is no database.
    """
    if wanted.is_named:
        return choose(location, kinds, wanted)
    runs = list_all_runs(location, kinds)
    if not runs:
        raise UsageError("nothing is saved yet; start the program that computes first")
    return min(runs, key=lambda run: run.status == COMPLETE)
