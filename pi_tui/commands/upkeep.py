"""`check` and `backup`: looking after the database."""

from __future__ import annotations

from pi_tui import words
from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, WrongResultError
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.reports.standard_output import tell


def check(location: str) -> int:
    """Every saved byte passed its checks, and every saved state the arithmetic one.

    DamagedError (exit 4) after a line for each byte problem; WrongResultError (exit 5) if bytes
    are as they were saved but the numbers deny each other.
    """
    with CheckpointStore.open(location, SpigotKind(), write=False) as store:
        problems = store.check()
        runs = store.runs() if not problems else []
        states = sum(_check_states(store, run) for run in runs)
    for problem in problems:
        tell(words.plain(problem))
    if problems:
        raise DamagedError("the database is damaged; nothing was changed")
    counted = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    kept = "1 state" if states == 1 else f"{states} states"
    tell(f"{counted}, every byte as it was saved; {kept}, the arithmetic holds")
    return 0


def _check_states(store: CheckpointStore, run: Run) -> int:
    """The states of the run pass the arithmetic check; returns how many there are."""
    states = 0
    for checkpoint in store.load(run).checkpoints if run.status != COMPLETE else ():
        loaded = store.load(run, checkpoint.seq + 1)
        if loaded.checkpoint == checkpoint:
            states += 1
        elif checkpoint in loaded.checkpoints:  # and was not pruned meanwhile
            raise WrongResultError(
                f"run of {run.goal:,} digits: {loaded.notes[0]}; "
                f"`pi-tui --digits {run.goal}` goes on from there"
            )
    return states


def backup(location: str, file: str) -> int:
    """Make `file` a consistent copy of the database, even while another pi-tui writes."""
    with CheckpointStore.open(location, SpigotKind(), write=False) as store:
        left = store.backup(file)
    tell(f"backed up to {words.plain(file)}")
    for path in left:
        tell(f"note: {words.one_line(path)} is half a backup; delete it if no other backup runs")
    return 0
