"""`check` and `backup`: looking after the database."""

from __future__ import annotations

from contextlib import closing

from pi_tui import words
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.commands.output import tell
from pi_tui.errors import DamagedError, WrongDigitsError
from pi_tui.settings import cores
from pi_tui.spigot.residue import WrongArithmetic
from pi_tui.worker.opening import make_spigot


def check(location: str) -> int:
    """Every saved byte passed its checks, and every saved state the arithmetic one.

    DamagedError (exit 4) after a line for each byte problem; WrongDigitsError (exit 5) if bytes
    are as they were saved but the numbers deny each other. Costs making the blocks of each
    unfinished run, seconds for a million digits.
    """
    with closing(CheckpointStore.open(location, write=False)) as store:
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
    """The states of the run pass the residue equation; returns how many there are."""
    count, before = 0, None
    while (loaded := store.load(run, before=before)).state is not None:
        before = loaded.checkpoints[0].seq
        try:
            make_spigot(loaded.run, loaded.state, cores(), poll=lambda _made, _blocks: None)
        except (WrongArithmetic, ValueError) as error:
            raise WrongDigitsError(
                f"checkpoint {before} of the run of {run.digits:,} digits: {error}; "
                f"`pi-tui --digits {run.digits}` goes on from the one before, if that is good"
            ) from error
        count += 1
    return count


def backup(location: str, file: str) -> int:
    """`file` is a consistent copy of the database, made even while another pi-tui writes."""
    with closing(CheckpointStore.open(location, write=False)) as store:
        store.backup(file)
    tell(f"backed up to {words.plain(file)}")
    return 0
