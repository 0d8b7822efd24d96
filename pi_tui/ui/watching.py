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
    offer = snapshot.state is State.WATCHING and not snapshot.writer and bool(snapshot.notice)
    return snapshot.notice + "; p goes on with it here" * offer
