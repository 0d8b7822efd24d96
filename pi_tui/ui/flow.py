"""Which digits are on the screen: those found early at once, those of a pace as they flow."""

from __future__ import annotations

from dataclasses import replace

from pi_tui.checkpoints.glance import Glance
from pi_tui.pi.digits.statistics import Digits
from pi_tui.pi.spigot.figures import Figures
from pi_tui.ui.worker_protocol import AnyWorker
from pi_tui.worker.snapshot import Snapshot, State


class Flow:
    """One run's digits on their way to the screen."""

    def __init__(self, seen: Glance | None = None) -> None:
        """`seen` is what is saved, to be shown before the worker has loaded it."""
        self._seen = seen or Glance(0, 0, b"")
        self._flowed = 0.0

    def digits(self, worker: AnyWorker) -> Digits:
        """All digits there are: the worker's, or until it has them those found early."""
        early = max(self._seen.output, worker.overture, key=len)
        return worker.output if len(worker.output) >= len(early) else early

    def shown(self, snapshot: Snapshot, elapsed: float) -> Snapshot:
        """The snapshot as it is shown, so many seconds after the one before."""
        return self._at_the_pace(self._with_early_digits(snapshot), elapsed)

    def _with_early_digits(self, snapshot: Snapshot) -> Snapshot:
        """Digits that were saved, or found in an overture, before the spigot has them."""
        seen, known = self._seen, len(self._seen.output)
        if snapshot.made < known and snapshot.state is State.PREPARING:
            snapshot = replace(snapshot, made=known, saved=known, resumed=known)
            if not seen.complete:
                return snapshot
            snapshot = replace(snapshot, verified=seen.verified, elapsed=seen.elapsed)
            return replace(snapshot, state=State.COMPLETE, done=1.0)
        if snapshot.made < snapshot.overture:
            return replace(snapshot, made=snapshot.overture)
        return snapshot

    def _at_the_pace(self, snapshot: Snapshot, elapsed: float) -> Snapshot:
        """At a pace digits flow, though an iteration makes thousands of them at once."""
        made, limit = snapshot.made, snapshot.pace.limit
        if limit is None or snapshot.state not in (State.RUNNING, State.SAVING):
            self._flowed = made
            return snapshot
        flowed = max(self._flowed + limit * elapsed, snapshot.saved)
        self._flowed = min(flowed, made)
        return replace(snapshot, made=int(self._flowed))


def what_follows(shown: Snapshot, snapshot: Snapshot, digits: Digits) -> bytes:
    """What stands behind the digits shown: those on their way to them, then the held ones.

    In all as many as are held. None of them counts as settled: they look held, all alike.
    """
    held = held_digits(snapshot)
    if shown.made > snapshot.made:  # an overture is ahead of the spigot
        return b""
    coming = digits[shown.made : min(snapshot.made, shown.made + len(held))]
    return (bytes(coming) + held)[: len(held)]


def held_digits(snapshot: Snapshot) -> bytes:
    """What is known of the digits behind the settled ones: a carry may still change them.

    A snapshot carries only the first digits of a long super-digit, so the nines behind it are
    shown only where it is whole.
    """
    inside = Figures.of(snapshot.figures)
    held = inside.predigit
    if len(held) == inside.digits_per_step:
        held += "9" * min(inside.nines * inside.digits_per_step, 1000)
    return held[: max(0, snapshot.goal - snapshot.made)].encode("ascii")
