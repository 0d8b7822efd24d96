"""The held digits: they follow the settled ones, and a carry may still change them."""

from __future__ import annotations

from pi_tui.pi.digits.statistics import Digits
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import Snapshot


def what_follows(shown: Snapshot, snapshot: Snapshot, digits: Digits) -> bytes:
    """Return the digits to draw behind those on the screen, all in the colour of held digits.

    `shown` is the snapshot on the screen, `snapshot` the worker's. At a pace the worker may have
    settled more digits than are shown. The result begins with these, continues with the held
    digits, and is cut to the number of held digits. It is empty while the screen shows an overture
    (first digits from a smaller spigot) that is ahead of the machine.
    """
    if shown.made > snapshot.made:  # an overture is ahead of the spigot
        return b""
    inside = Figures.of(snapshot.figures)
    held = inside.predigit.encode()
    # A snapshot has only the first digits of a long super-digit; the nines follow a complete one.
    if len(held) == inside.digits_per_step:
        held += b"9" * min(inside.nines * inside.digits_per_step, 1000)
    held = held[: max(0, snapshot.goal - snapshot.made)]
    coming = bytes(digits[shown.made : min(snapshot.made, shown.made + len(held))])
    return (coming + held)[: len(held)]
