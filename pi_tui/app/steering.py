"""Pause, save and suspend; each is a request that the worker handles when it can."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from pi_tui.app.face import Face, tell
from pi_tui.app.frames.looking_on import why_not
from pi_tui.worker.snapshot import State

_SUSPEND_PATIENCE = 5.0
"""Seconds that ctrl+z waits for the checkpoint; then it suspends the process anyway."""


class Steering:
    """Pauses and resumes, saves on request, and suspends."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def toggle_pause(self) -> None:
        """Pause, which saves; or resume, also a run that another process computed."""
        snapshot = self._face.worker.snapshot
        if snapshot.state is State.WATCHING and snapshot.goes_on:
            self.is_refused()
            return
        if snapshot.state is State.WATCHING and snapshot.writer:
            tell(self._face, f"p goes on here once {snapshot.writer} has ended.", seconds=4)
            return
        if self._face.worker.pause_wanted or snapshot.state is State.WATCHING:
            self._face.worker.resume()
        else:
            self._face.worker.pause()
        self._face.hurry()

    def save_now(self) -> None:
        """Request a checkpoint."""
        if self.is_refused():
            return
        snapshot = self._face.worker.snapshot
        newest = snapshot.checkpoint
        is_all = snapshot.made or (newest is not None and newest.steps == snapshot.steps)
        if newest is not None and snapshot.saved == snapshot.made and is_all:
            unit = snapshot.unit.removesuffix("s")
            tell(self._face, f"Nothing new to save: every {unit} is saved.", seconds=3)
        self._face.worker.save_now()
        self._face.hurry()

    def is_refused(self) -> bool:
        """Return True, and tell the user, if another process computes, so this one cannot write."""
        why = why_not(self._face.worker.snapshot)
        if why:
            tell(self._face, why, seconds=4)
        return bool(why)

    async def suspend(self) -> None:
        """Save, then suspend as ctrl+z does; the time suspended does not count.

        Do nothing while the app saves to leave the run, because that would go on after `fg`.
        """
        from pi_tui.app.screens.dialogs import SavingScreen

        if isinstance(self._face.screen, SavingScreen):
            return
        worker = self._face.worker
        paused_by_us = not worker.snapshot.state.is_at_rest
        if paused_by_us:
            worker.pause()
            with suppress(TimeoutError):
                async with asyncio.timeout(_SUSPEND_PATIENCE):
                    while not worker.snapshot.state.is_at_rest:
                        await asyncio.sleep(0.03)
        driver: Any = self._face._driver
        if driver is not None and hasattr(driver, "stop_until_continued"):
            driver.stop_until_continued()
        if paused_by_us:
            worker.resume()
        self._face.refresh(layout=True)
        self._face.hurry()
