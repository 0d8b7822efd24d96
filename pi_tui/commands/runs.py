"""`status`, `runs` and `delete`: what there is, also while another pi-tui computes."""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime
from io import TextIOWrapper

from pi_tui import words
from pi_tui.checkpoints.locking.owner import already_open
from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.saved_runs import delete_run, list_runs
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import NothingSavedError, UsageError
from pi_tui.machine import Task
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.reports.hints import to_paste
from pi_tui.reports.run_table import COLUMNS, RIGHT, cells, state_word
from pi_tui.reports.standard_output import Place, is_terminal, say, tell
from pi_tui.worker import garbage

WATCH_SECONDS = 2.0


def status(location: str, digits: int | None, *, as_json: bool, watch: bool) -> int:
    """Print how the runs stand; with `watch`, again until they are complete or ctrl+c.

    On a terminal one table takes the place of the other; elsewhere lines follow lines.
    """
    place = Place() if watch and not as_json and is_terminal() else None
    while True:
        found = [run for run in _all(location) if digits in (None, run.goal)]
        if digits is not None and not found:
            raise UsageError(_no_run(digits))
        if place and found:
            place.show(_table([(*cells(run)[:-1], _when(run)) for run in found]))
        else:
            say(_json(found) if as_json else "\n".join(map(_line, found)) or to_paste(_NO_RUNS))
        if not watch or all(run.status == COMPLETE for run in found):
            return 0
        garbage.settle()
        threading.Event().wait(WATCH_SECONDS)


def runs(location: str) -> int:
    """Print a table of all runs."""
    found = _all(location)
    if not found:
        say(to_paste(_NO_RUNS))
        return 0
    say("\n".join(_table([cells(run) for run in found])))
    return 0


def _table(found: list[tuple[str, ...]]) -> list[str]:
    """Lines with a head, their columns one below the other."""
    rows = [COLUMNS, *found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if right else f"{cell:<{width}}"
            for cell, width, right in zip(row, widths, RIGHT, strict=True)
        ).rstrip()
        for row in rows
    ]


def _when(run: Run) -> str:
    """When it was last saved: to the second today, else the day."""
    saved, now = run.updated_at.astimezone(), datetime.now().astimezone()
    return f"{saved:%H:%M:%S}" if saved.date() == now.date() else f"{saved:%Y-%m-%d}"


def _all(location: str) -> list[Run]:
    """All runs; none where nothing was ever saved."""
    try:
        return list_runs(location, SpigotKind())
    except NothingSavedError:
        return []


def keep_unless_meant(location: str, digits: int, *, sure: bool) -> bool:
    """Whether a run of so many digits may begin again: nothing is saved of it, or it is meant.

    Raises AlreadyOpenError if another pi-tui computes it.
    """
    run = _to_begin_again(location, digits)
    if run is None or not run.committed or sure:
        return True
    return _confirmed("begin again and lose", run)


def _to_begin_again(location: str, digits: int) -> Run | None:
    try:
        with CheckpointStore.open(location, SpigotKind(), write=False) as store:
            run = store.find_run(Task(digits))
            if writer := store.writer(run):
                raise already_open(f"the run of {digits:,} digits", writer)
            return run
    except NothingSavedError:
        return None


def delete(location: str, digits: int, *, ask: bool) -> int:
    """The run is gone, digits and all; asks first."""
    # Without the lock first: a run that is not there needs no file, and a question no waiting.
    run = next((run for run in list_runs(location, SpigotKind()) if run.goal == digits), None)
    if run is None:
        raise UsageError(_no_run(digits))
    if ask and not _confirmed("delete", run):
        tell("nothing was deleted")
        return 0
    delete_run(location, SpigotKind(), run.task)
    tell(f"deleted the run of {digits:,} digits")
    return 0


def _confirmed(what: str, run: Run) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("this deletes digits; say --yes where nobody can be asked")
    print(
        f"{what} the run of {run.goal:,} digits ({run.committed:,} saved)? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # bytes that are no text mean no
    return sys.stdin.readline().strip().lower() in ("y", "yes")


_NO_RUNS = "no runs yet; `pi-tui --digits 20000` begins one"


def _no_run(digits: int) -> str:
    return f"there is no run of {digits:,} digits; `pi-tui runs` lists what there is"


def _line(run: Run) -> str:
    done = "" if run.share is None else f"{words.percent(run.share)}, "
    when = run.updated_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return (
        f"{run.goal:,} digits: {run.committed:,} saved, {done}{state_word(run)}, "
        f"checkpoint {run.last_seq} at {when}, {words.took(run.elapsed)} of computing"
    )


def _json(found: list[Run]) -> str:
    return json.dumps(
        [
            {
                "digits": run.goal,
                "saved": run.committed,
                "share_of_work": run.share,
                "status": run.status,
                "verified": run.verified,
                "checkpoint": run.last_seq,
                "bytes": run.size,
                "elapsed_seconds": run.elapsed,
                **run.task.parameters,
                "created": run.created_at.isoformat(),
                "updated": run.updated_at.isoformat(),
            }
            for run in found
        ]
    )
