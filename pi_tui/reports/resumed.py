"""What is said at a start that goes on with a run: from where, since when, and after a crash."""

from __future__ import annotations

from pi_tui import words
from pi_tui.worker.snapshot import Snapshot

NOTEWORTHY = 1.0
"""Seconds from the last checkpoint to the end of a session that are worth a word."""


def how_it_goes_on(snapshot: Snapshot, unit: str) -> tuple[str, ...]:
    """The line for it, from full to short; () at a start that begins or has nothing to tell."""
    newest = snapshot.checkpoint
    if newest is None or not (snapshot.resumed or snapshot.left_open):
        return ()
    moment, made = newest.saved_at.astimezone(), f"{snapshot.resumed:,}"
    day, clock = f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%H:%M:%S}"
    if not snapshot.left_open:
        from_there = f"goes on after {made} {unit}"
        return (*(f"{from_there}, saved {when}" for when in (day, clock)), from_there)
    kept = f"all {made} saved {unit} are there" if snapshot.resumed else "all it saved is there"
    gap = snapshot.left_after
    after = f"{words.duration(gap)} after" if gap and gap >= NOTEWORTHY else "after"
    return (
        f"the session before ({snapshot.left_open}) did not end by itself, {after} its last "
        f"checkpoint, of {day}; {kept}, and it goes on from them",
        f"the last session did not end by itself, {after} its save of {clock}; {kept}",
        f"the last session was cut off {after} its save of {clock}; {kept}",
        f"the last session was cut off; {kept}",
        f"cut off; all {made} saved are there" if snapshot.resumed else f"cut off; {kept}",
        "cut off; all is there",
    )
