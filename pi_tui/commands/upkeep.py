"""`pi-tui check` and `pi-tui backup`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pi_tui import words
from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import Kinds, StoredKind
from pi_tui.errors import DamagedError, UsageError, WrongResultError
from pi_tui.reports.standard_output import tell


def check(location: str, kinds: Kinds) -> int:
    """Check every saved byte of all runs, and the states of the program's own kind; return 0.

    Raises DamagedError (exit 4) after printing a line about each damage. Raises WrongResultError
    (exit 5) if every byte is as it was saved but the numbers in a state contradict each other, or
    the program cannot read them; and NothingSavedError (exit 2) if there is no database.
    """
    with CheckpointStore.open(location, kinds.own, write=False) as store:
        problems = store.check()
        runs = store.all_runs(kinds) if not problems else []
        states = Counter[str]()
        for run in runs:
            if run.status != COMPLETE:
                states[run.kind] += _states_of(store, run, kinds)
    for problem in problems:
        tell(words.plain(problem))
    if problems:
        raise DamagedError("the database is damaged; nothing was changed")
    own = states.pop(kinds.own.name, 0)
    parts = [f"{_runs(runs, kinds)}, every byte as it was saved"]
    if own:
        parts.append(f"{words.counted(own, 'state')} found consistent")
    if states.total():
        parts.append(f"states that only their own programs can check: {_each(states)}")
    tell("; ".join(parts))
    return 0


def _runs(runs: Sequence[Run], kinds: Kinds) -> str:
    """Return in words how many runs there are.

    If some are not of the program's own kind, also count the runs of each kind.
    """
    counted = words.counted(len(runs), "run")
    if all(map(kinds.is_own, runs)):
        return counted
    return f"{counted} ({_each(Counter(run.kind for run in runs))})"


def _each(counts: Counter[str]) -> str:
    """Return the count of each kind in words.

    >>> _each(Counter(["pi", "lines", "pi"]))
    '1 of lines, 2 of pi'
    """
    found = sorted((kind, count) for kind, count in counts.items() if count)
    return ", ".join(f"{count:,} of {words.one_line(kind, 40)}" for kind, count in found)


def _states_of(store: CheckpointStore, run: Run, kinds: Kinds) -> int:
    """Return the number of saved states of a run.

    If the run is of the program's own kind, each state is loaded, which checks it. Raises
    WrongResultError for a state that contradicts itself or that the kind does not take.
    """
    if not kinds.is_own(run):
        return len(store.of_kind(kinds.find(run.kind)).checkpoints(run))
    states = 0
    for checkpoint in store.checkpoints(run):
        try:
            loaded = store.load(run, checkpoint.seq + 1)
        except UsageError as error:  # the kind takes none of the states
            raise WrongResultError(f"run of {kinds.title(run)}: {error}") from error
        if loaded.checkpoint == checkpoint:
            states += 1
        elif checkpoint in loaded.checkpoints:  # not if it was pruned meanwhile
            raise WrongResultError(
                f"run of {kinds.title(run)}: {loaded.notes[0]}; "
                "start it again, and it goes on from there"
            )
    return states


def backup(location: str, file: str) -> int:
    """Copy the database to the new file `file`, also while another process writes; return 0.

    Prints the names of unfinished copies that other backups left. Raises DamagedError if the
    database is damaged; it is copied all the same if it can be read. Raises UsageError if `file`
    exists or cannot be the name of a backup, StorageError if the copy cannot be written, and
    NothingSavedError if there is no database.
    """
    with CheckpointStore.open(location, StoredKind("any"), write=False) as store:
        left = store.backup(file)
        problems = store.check()
    tell(f"backed up to {words.plain(file)}")
    for path in left:
        tell(f"note: {words.one_line(path)} is half a backup; delete it if no other backup runs")
    if problems:
        raise DamagedError(
            f"the database is damaged, and so is the copy: {words.one_line(problems[0])}"
        )
    return 0
