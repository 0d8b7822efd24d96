"""The digits behind the settled ones, which a carry may still change."""

from __future__ import annotations

from pi_tui.pi.digits.statistics import Digits
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import Snapshot


def what_follows(shown: Snapshot, snapshot: Snapshot, digits: Digits) -> bytes:
    """Return what stands behind the digits shown: those on their way, then the held ones.

    In all as many as are held. None of them counts as settled: all look held.
    """
    held = held_digits(snapshot)
    if shown.made > snapshot.made:  # an overture is ahead of the spigot
        return b""
    coming = digits[shown.made : min(snapshot.made, shown.made + len(held))]
    return (bytes(coming) + held)[: len(held)]


def held_digits(snapshot: Snapshot) -> bytes:
    """Return what is known of the digits behind the settled ones.

    A snapshot carries only the first digits of a long super-digit, so the nines behind it are
    shown only where it is whole.
    """
    inside = Figures.of(snapshot.figures)
    held = inside.predigit
    if len(held) == inside.digits_per_step:
        held += "9" * min(inside.nines * inside.digits_per_step, 1000)
    return held[: max(0, snapshot.goal - snapshot.made)].encode("ascii")
