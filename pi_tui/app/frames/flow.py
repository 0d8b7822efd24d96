"""How much output the screen shows: saved output at once, new output evenly at the pace."""

from __future__ import annotations

from dataclasses import replace

from pi_tui.app.frames.any_worker import AnyWorker
from pi_tui.checkpoints.glance import Glance
from pi_tui.needle import Output
from pi_tui.worker.snapshot import Snapshot, State


class Flow:
    """Decides how much output of a run is shown, and when."""

    def __init__(self, seen: Glance | None = None) -> None:
        """Start with `seen`, saved output to show until the worker has loaded it."""
        self._seen = seen or Glance(0, 0, b"")
        self._flowed = 0.0

    def output(self, worker: AnyWorker) -> Output:
        """Return the worker's output, or saved output or an overture while that is longer.

        An overture is first output that is known before the machine has made it.
        """
        early = max(self._seen.output, worker.overture, key=len)
        return worker.output if len(worker.output) >= len(early) else early

    def shown(self, snapshot: Snapshot, elapsed: float) -> Snapshot:
        """Return the snapshot with `made` set to the number of bytes of output to show now.

        That may be fewer than the machine has made, because at a limited pace output appears
        steadily. It may be more while saved output or an overture is longer. `elapsed` is the
        number of seconds since the previous call. Until the worker has loaded saved output, other
        fields tell of that output too: the state is COMPLETE if the saved run is complete.
        """
        return self._at_the_pace(self._with_early_output(snapshot), elapsed)

    def _with_early_output(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot; if more output is known than the machine has made, count it as made.

        This is the saved output, while the worker is still loading it, or else the overture: first
        output that is known before the machine has made it. Saved output also sets `saved`,
        `resumed` and `done` and, if it is that of a complete run, `state`, `verified` and
        `elapsed`.
        """
        seen, known = self._seen, len(self._seen.output)
        if snapshot.made < known and snapshot.state is State.PREPARING:
            done = max(snapshot.done, seen.share)
            snapshot = replace(snapshot, made=known, saved=known, resumed=known, done=done)
            if not seen.complete:
                return snapshot
            snapshot = replace(snapshot, verified=seen.verified, elapsed=seen.elapsed)
            return replace(snapshot, state=State.COMPLETE, done=1.0)
        if snapshot.made < snapshot.overture:
            return replace(snapshot, made=snapshot.overture)
        return snapshot

    def _at_the_pace(self, snapshot: Snapshot, elapsed: float) -> Snapshot:
        """Return the snapshot; at a limited pace, with `made` lowered to what the pace allows.

        This is done only while the run is computed, and never hides saved output. Without this
        limit a step would show thousands of bytes at once.
        """
        made, limit = snapshot.made, snapshot.pace.limit
        if limit is None or snapshot.state not in (State.RUNNING, State.SAVING):
            self._flowed = made
            return snapshot
        flowed = max(self._flowed + limit * elapsed, snapshot.saved)
        self._flowed = min(flowed, made)
        return replace(snapshot, made=int(self._flowed))
