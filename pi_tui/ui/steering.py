"""The keys that steer the run: each is a plain call to the worker, which obeys when it can."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from pi_tui.pi.settings import auto_pace
from pi_tui.ui.face import Face, tell
from pi_tui.ui.keys import bindings
from pi_tui.ui.watching import why_not
from pi_tui.worker.job import MAX, Pace
from pi_tui.worker.snapshot import State

_SUSPEND_PATIENCE = 5.0
"""Seconds ctrl+z waits for the checkpoint before it stops the process anyway."""


class SteeringApp(Face):
    """Pause, pace, checkpoint, suspend."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("app"),
        Binding("ctrl+z", "save_and_suspend", "Suspend", show=False, id="suspend"),
    ]
    _wants_pause = False
    _wanted_pace: Pace | None = None

    def forget_wishes(self) -> None:
        """Another worker: nothing was asked of it yet."""
        self._wants_pause, self._wanted_pace = False, None

    def action_toggle_pause(self) -> None:
        """Pause, which saves; or go on, also with a run that another process had."""
        snapshot = self.worker.snapshot
        if snapshot.state is State.WATCHING:
            if snapshot.writer:
                tell(self, f"p goes on here once {snapshot.writer} has ended.", seconds=4)
            else:
                self.worker.resume()
                self.hurry()
            return
        self._wants_pause = not self._wants_pause
        if self._wants_pause:
            self.worker.pause()
        else:
            self.worker.resume()
        self.hurry()

    def action_save_now(self) -> None:
        """Checkpoint now."""
        if self._only_looks_on():
            return
        snapshot = self.worker.snapshot
        if snapshot.saved == snapshot.made and snapshot.checkpoint is not None:
            tell(self, "Nothing new to save: every digit is saved.", seconds=3)
        self.worker.save_now()
        self.hurry()

    def action_full_speed(self) -> None:
        """Full speed, or back to auto."""
        is_full = self._pace.limit is None
        self._set_pace(auto_pace(self.worker.snapshot.goal) if is_full else MAX)

    def action_faster(self) -> None:
        """Twice the pace; full speed has nothing above it."""
        limit = self._pace.limit
        if limit is not None:
            self._set_pace(Pace.of(limit * 2))

    def action_slower(self) -> None:
        """Half the pace; from full speed, half of what it reaches."""
        limit = self._pace.limit or self.worker.snapshot.rate
        if limit >= 2:
            self._set_pace(Pace.of(limit / 2))

    @property
    def _pace(self) -> Pace:
        """The pace asked for last; the snapshot may still tell of the one before."""
        return self._wanted_pace or self.worker.snapshot.pace

    def _only_looks_on(self) -> bool:
        """True, and said, if nothing can be written because another process does."""
        why = why_not(self.worker.snapshot)
        if why:
            tell(self, why, seconds=4)
        return bool(why)

    def _set_pace(self, pace: Pace) -> None:
        if self._only_looks_on():
            return
        self._wanted_pace = pace
        self.worker.set_pace(pace)
        self.hurry()

    async def action_save_and_suspend(self) -> None:
        """Checkpoint, then stop as ctrl+z does; the time spent stopped does not count."""
        paused_by_us = not self.worker.snapshot.state.is_at_rest
        if paused_by_us:
            self.worker.pause()
            await self._await_rest()
        driver: Any = self._driver
        if driver is not None and hasattr(driver, "stop_until_continued"):
            driver.stop_until_continued()
        if paused_by_us:
            self.worker.resume()
        self.refresh(layout=True)
        self.hurry()

    async def _await_rest(self) -> None:
        deadline = asyncio.get_running_loop().time() + _SUSPEND_PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            if self.worker.snapshot.state.is_at_rest:
                return
            await asyncio.sleep(0.03)
