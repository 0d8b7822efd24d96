"""What is said while another process computes the run on the screen."""

from __future__ import annotations

from pi_tui.worker.snapshot import Snapshot, State


def why_not(snapshot: Snapshot) -> str:
    """Why nothing can be written from here, in a line; "" if it can."""
    if snapshot.state is not State.WATCHING:
        return ""
    if not snapshot.writer:
        return "Nobody computes this now: p goes on with it here first."
    return f"Only looking on: {snapshot.writer} has this database open, and saves there."


def notice(snapshot: Snapshot) -> str:
    """What the worker says of now, and what one can do about it."""
    if snapshot.state is not State.WATCHING or snapshot.writer or not snapshot.notice:
        return snapshot.notice
    offer = "p goes on with it here" if snapshot.saved else "p begins it here"
    return f"{snapshot.notice}; {offer}"
