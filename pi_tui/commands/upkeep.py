"""`check` and `backup`: looking after the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pi_tui import words
from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import Kinds, StoredKind
from pi_tui.errors import DamagedError, WrongResultError
from pi_tui.reports.standard_output import tell


def check(location: str, kinds: Kinds) -> int:
    """Check every saved byte of every run, and the arithmetic of each state of the own kind.

    Raises DamagedError (exit 4) after a line for each byte problem, and WrongResultError (exit 5)
    if bytes are as they were saved but the numbers contradict each other.
    """
    with CheckpointStore.open(location, kinds.own, write=False) as store:
        problems = store.check()
        runs = store.all_runs(kinds) if not problems else []
        own = [run for run in runs if kinds.is_own(run)]
        states = sum(_check_states(store, run, kinds) for run in own)
        kept = [run for run in runs if not kinds.is_own(run) and run.status != COMPLETE]
        others = sum(len(store.of_kind(kinds.find(run.kind)).checkpoints(run)) for run in kept)
    for problem in problems:
        tell(words.plain(problem))
    if problems:
        raise DamagedError("the database is damaged; nothing was changed")
    arithmetic = words.counted(states, "state")
    if len(own) == len(runs):
        tell(f"{_counted(runs)}, every byte as it was saved; {arithmetic}, the arithmetic holds")
        return 0
    arithmetic = f"{arithmetic} of {kinds.own.name}, the arithmetic holds; " if own else ""
    tell(
        f"{_counted(runs)} ({_by_kind(runs)}), every byte as it was saved; {arithmetic}"
        f"{words.counted(others, 'state')} of other kinds: bytes checked, their arithmetic unknown"
    )
    return 0


def _counted(runs: Sequence[Run]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"


def _by_kind(runs: Sequence[Run]) -> str:
    """Return how many runs of each kind there are.

    >>> _by_kind([])
    ''
    """
    counts = sorted(Counter(run.kind for run in runs).items())
    return ", ".join(f"{count} of {words.one_line(kind, 40)}" for kind, count in counts)


def _check_states(store: CheckpointStore, run: Run, kinds: Kinds) -> int:
    """Check the arithmetic of the run's states; return how many there are."""
    states = 0
    for checkpoint in store.load(run).checkpoints if run.status != COMPLETE else ():
        loaded = store.load(run, checkpoint.seq + 1)
        if loaded.checkpoint == checkpoint:
            states += 1
        elif checkpoint in loaded.checkpoints:  # and was not pruned meanwhile
            raise WrongResultError(
                f"run of {kinds.title(run)}: {loaded.notes[0]}; "
                "start it again, and it goes on from there"
            )
    return states


def backup(location: str, file: str) -> int:
    """Make `file` a consistent copy of the database, even while another process writes."""
    with CheckpointStore.open(location, StoredKind("any"), write=False) as store:
        left = store.backup(file)
    tell(f"backed up to {words.plain(file)}")
    for path in left:
        tell(f"note: {words.one_line(path)} is half a backup; delete it if no other backup runs")
    return 0
