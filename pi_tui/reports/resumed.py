"""The message when a run is resumed: how much was saved, when, and whether it crashed."""

from __future__ import annotations

from pi_tui import words
from pi_tui.worker.snapshot import Snapshot

NOTEWORTHY = 1.0
"""Minimum seconds from the last checkpoint to a crash that a message mentions."""


def how_it_goes_on(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the message about a resumed checkpoint in several wordings, the longest first.

    Returns () if no checkpoint was resumed. Returns () too if the checkpoint had no output and the
    session before ended cleanly.
    """
    if snapshot.resumed_at is None or not (snapshot.resumed or snapshot.left_open):
        return ()
    moment = snapshot.resumed_at.astimezone()
    amount = words.amount(snapshot.resumed, snapshot.resumed_lines or None, snapshot.unit)
    day, clock = f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%H:%M:%S}"
    if not snapshot.left_open:
        from_there = f"goes on after {amount}"
        return (*(f"{from_there}, saved {when}" for when in (day, clock)), from_there)
    saved = amount.replace(" ", " saved ", 1) if snapshot.resumed else ""
    kept = f"all {saved} are there" if saved else "all it saved is there"
    if saved.startswith("1 "):
        kept = f"the {saved} is there"
    shorter = kept.replace(f" {amount.partition(' ')[2]}", "", 1)  # without the unit
    gap = snapshot.left_after
    after = f"{words.duration(gap)} after" if gap and gap >= NOTEWORTHY else "after"
    return (
        f"the last session ({snapshot.left_open}) was cut off {after} its last "
        f"checkpoint, of {day}; {kept}, and the run goes on from there",
        f"the last session was cut off {after} its save of {clock}; {kept}",
        f"last session was cut off {after} its save; {kept}",
        f"the last session was cut off; {kept}",
        f"cut off; {shorter}",
        "cut off; all is there",
    )
