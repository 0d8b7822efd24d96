"""Ask the user before a command deletes what is saved."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from pi_tui import words
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.commands.run_lines import how_much
from pi_tui.errors import UsageError


def confirmed(what: str, run: Run, kinds: Kinds) -> bool:
    """Ask the user whether to do `what` to the run; return True only for a yes.

    Raises UsageError if standard input is no terminal, because nobody can answer.
    """
    if not sys.stdin.isatty():
        raise UsageError("this deletes what is saved; say --yes where nobody can be asked")
    question = f"{what} the run of {kinds.title(run)} ({how_much(run, kinds)})? [y/N] "
    print(words.plain(question), end="", file=sys.stderr, flush=True)
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # an answer that is not text means no
    return sys.stdin.readline().strip().lower() in ("y", "yes")
