"""The held digits: they follow the settled ones, and a carry may still change them."""

from __future__ import annotations

from pi_tui.pi.digits.statistics import Digits
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import Snapshot


def what_follows(shown: Snapshot, snapshot: Snapshot, digits: Digits) -> bytes:
    """Return the digits to draw behind those on the screen, all in the colour of held digits.

    `shown` is the snapshot on the screen, `snapshot` the worker's. At a pace the worker may have
    settled more digits than are shown; these come first, then the held ones. There are as many as
    are held. None are returned while the screen shows an overture (first digits from a smaller
    spigot) that is ahead of the machine.
    """
    held = held_digits(snapshot)
    if shown.made > snapshot.made:  # an overture is ahead of the spigot
        return b""
    coming = digits[shown.made : min(snapshot.made, shown.made + len(held))]
    return (bytes(coming) + held)[: len(held)]


def held_digits(snapshot: Snapshot) -> bytes:
    """Return the known digits that follow the settled ones.

    A snapshot has only the first digits of a long super-digit. So the nines that follow it are
    returned only if it is complete in the snapshot; at most 1,000 of them.
    """
    inside = Figures.of(snapshot.figures)
    held = inside.predigit
    if len(held) == inside.digits_per_step:
        held += "9" * min(inside.nines * inside.digits_per_step, 1000)
    return held[: max(0, snapshot.goal - snapshot.made)].encode("ascii")
