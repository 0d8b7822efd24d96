"""`check` and `backup`: looking after the database."""

from __future__ import annotations

import sys
from contextlib import closing

from pi_tui import words
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError


def check(location: str) -> int:
    """Every saved byte passed its checks; otherwise each problem is a line, and the exit code 4."""
    with closing(CheckpointStore.open(location, write=False)) as store:
        problems = store.check()
        runs = store.runs() if not problems else []
    for problem in problems:
        print(words.plain(problem), file=sys.stderr)
    if problems:
        raise DamagedError("the database is damaged; nothing was changed")
    counted = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    print(f"{counted}, every byte as it was saved", file=sys.stderr)
    return 0


def backup(location: str, file: str) -> int:
    """`file` is a consistent copy of the database, made even while another pi-tui writes."""
    with closing(CheckpointStore.open(location, write=False)) as store:
        store.backup(file)
    print(f"backed up to {words.plain(file)}", file=sys.stderr)
    return 0
