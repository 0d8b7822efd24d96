"""`status`, `runs` and `delete`, for runs of every kind, also while another process computes."""

from __future__ import annotations

import threading

from pi_tui import words
from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.saved_runs import delete_run, list_all_runs
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.commands import run_lines
from pi_tui.commands.asking import confirmed
from pi_tui.commands.choosing import Wanted, choose, matching
from pi_tui.errors import Hint, NothingSavedError, UsageError
from pi_tui.reports.hints import to_paste
from pi_tui.reports.standard_output import Place, is_terminal, say, tell
from pi_tui.worker import garbage

WATCH_SECONDS = 2.0


def status(location: str, kinds: Kinds, wanted: Wanted, *, as_json: bool, again: bool) -> int:
    """Print the state of the runs that match `wanted`; return exit code 0.

    With `again`, repeat that every two seconds until none is unfinished, or until ctrl+c, which
    raises KeyboardInterrupt. On a terminal each table replaces the previous one; elsewhere, and
    with `as_json`, new lines follow. Raises UsageError if a run is named and none matches.
    """
    place = Place() if again and not as_json and is_terminal() else None
    while True:
        found = matching(_all(location, kinds), kinds, wanted)
        if place and found:
            place.show(run_lines.table(found, kinds, to_the_second=True))
        elif as_json:
            say(run_lines.as_json(found, kinds))
        else:
            say("\n".join(run_lines.line(run, kinds) for run in found) or _no_runs())
        if not again or all(run.status == COMPLETE for run in found):
            return 0
        garbage.settle()
        threading.Event().wait(WATCH_SECONDS)


def runs(location: str, kinds: Kinds, *, as_json: bool) -> int:
    """Print a table of all runs, or JSON; return exit code 0."""
    found = _all(location, kinds)
    if as_json:
        say(run_lines.as_json(found, kinds))
    else:
        say("\n".join(run_lines.table(found, kinds)) if found else _no_runs())
    return 0


def _all(location: str, kinds: Kinds) -> list[Run]:
    """Return all runs; [] if there is no database."""
    try:
        return list_all_runs(location, kinds)
    except NothingSavedError:
        return []


def _no_runs() -> str:
    return to_paste(f"no runs yet; {Hint.BEGIN}")


def delete(location: str, kinds: Kinds, wanted: Wanted, *, yes: bool) -> int:
    """Delete the run that is named, with its output; ask first unless `yes`.

    Returns exit code 0, also if the user says no. Raises UsageError if no run is named, if not
    exactly one run matches, or if standard input is no terminal and `yes` is False. Raises
    AlreadyOpenError if another process computes the run, and NothingSavedError if there is no
    database.
    """
    if not wanted.is_named:
        raise UsageError(f"say which run to delete: {Hint.NAME_ONE}")
    # Without a lock at first: nothing is created, and others need not wait for the answer.
    run = choose(location, kinds, wanted)
    if not yes and not confirmed("delete", run, kinds):
        tell("nothing was deleted")
        return 0
    delete_run(location, kinds.find(run.kind), run.task)
    tell(f"deleted the run of {words.plain(kinds.title(run))}")
    return 0
