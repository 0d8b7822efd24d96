"""Ask the user before a command deletes what is saved."""

from __future__ import annotations

import sys
from contextlib import suppress
from io import TextIOWrapper

from pi_tui import words
from pi_tui.checkpoints.locking.owner import already_open
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.checkpoints.upgrade.migration import OlderError
from pi_tui.commands.run_lines import how_much
from pi_tui.errors import NothingSavedError, UsageError
from pi_tui.machine import Kind, Task
from pi_tui.reports.standard_output import tell


def confirmed(what: str, run: Run, kinds: Kinds) -> bool:
    """Ask the user whether to do `what` to the run; return True only for a yes.

    `what` begins the question, such as "begin again and lose". Raises UsageError if standard input
    is no terminal, because nobody can answer.
    """
    if not sys.stdin.isatty():
        raise UsageError("this deletes what is saved; say --yes where nobody can be asked")
    question = f"{what} the run of {kinds.title(run)} ({how_much(run, kinds)})? [y/N] "
    print(words.plain(question), end="", file=sys.stderr, flush=True)
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # an answer that is not text means no
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def may_begin_again(location: str, kind: Kind, task: Task, *, sure: bool) -> bool:
    """Return True if nothing of the run is saved, or the user agrees to lose it.

    A state without output counts as saved: it may be the work of days, if all output comes at the
    end. If the user does not agree, print that nothing was changed. With `sure`, return True
    without asking. An older database is migrated. Raises AlreadyOpenError if another process
    computes the run, and UsageError if the user must be asked and there is no terminal.
    """
    run = None
    with suppress(NothingSavedError), _opened(location, kind) as store:
        run = store.find_run(task)
        if writer := store.writer(run):
            raise already_open(f"the run of {kind.title(task)}", writer)
    if run is None or not run.last_seq or sure:
        return True
    if confirmed("begin again and lose", run, Kinds(kind)):
        return True
    tell("nothing was changed")
    return False


def _opened(location: str, kind: Kind) -> CheckpointStore:
    """Open the database to read; migrate it first if it is older, because the caller will write."""
    try:
        return CheckpointStore.open(location, kind, write=False)
    except OlderError:
        CheckpointStore.open(location, kind).close()
        return CheckpointStore.open(location, kind, write=False)
