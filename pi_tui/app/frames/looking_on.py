"""Messages while another process computes the run on the screen."""

from __future__ import annotations

from pi_tui.reports.hints import to_paste
from pi_tui.words import plain
from pi_tui.worker.snapshot import Snapshot, State


def why_not(snapshot: Snapshot) -> str:
    """Return why this process cannot write to the run, in one line; "" if it can."""
    if snapshot.goes_on:
        return f"Only watching: {snapshot.goes_on}."
    if snapshot.state is not State.WATCHING:
        return ""
    if not snapshot.writer:
        return "Nobody computes this run now: press p to go on with it here."
    return f"Only watching: {snapshot.writer} computes and saves this run."


def notice(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the worker's notice, in texts from long to short; () if there is none.

    If the run is watched and no process computes it, they also say what the user can do.

    >>> from pi_tui.worker.job import MAX
    >>> notice(Snapshot(State.WATCHING, 9, MAX, saved=5, notice="pid 1 on host has ended"))
    ('pid 1 on host has ended; p goes on with it here', 'p goes on with it here')
    """
    if not snapshot.notice:
        return ()
    if snapshot.state is not State.WATCHING or snapshot.writer:
        return (plain(snapshot.notice),)
    if snapshot.goes_on:
        told = to_paste(plain(f"{snapshot.notice}; {snapshot.goes_on}"))
        return told, plain(snapshot.notice)
    is_begun = snapshot.saved or snapshot.checkpoints
    offer = "p goes on with it here" if is_begun else "p begins it here"
    return plain(f"{snapshot.notice}; {offer}"), offer
