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


def toggle_pause(face: Face) -> None:
    """Request a pause, or end one.

    A run that is computed here is paused after a save. If a pause was requested before, the run is
    resumed. A run that is only watched is computed here from now on. If another process still
    computes it, or if the app was opened only to watch it, a toast says so instead.
    """
    snapshot = face.worker.snapshot
    if snapshot.state is State.WATCHING and snapshot.goes_on:
        is_refused(face)
        return
    if snapshot.state is State.WATCHING and snapshot.writer:
        tell(face, f"p goes on here once {snapshot.writer} has ended.", seconds=4)
        return
    if face.worker.pause_wanted or snapshot.state is State.WATCHING:
        face.worker.resume()
    else:
        face.worker.pause()
    face.hurry()


def save_now(face: Face) -> None:
    """Request a checkpoint; tell the user if nothing is new since the last one.

    If this process only watches the run, only tell the user that.
    """
    if is_refused(face):
        return
    snapshot = face.worker.snapshot
    newest = snapshot.checkpoint
    is_known = newest is not None and newest.steps == snapshot.steps
    if snapshot.saved == snapshot.made and (is_known or snapshot.state is State.COMPLETE):
        unit = snapshot.unit.removesuffix("s")
        tell(face, f"Nothing new to save: every {unit} is saved.", seconds=3)
    face.worker.save_now()
    face.hurry()


def is_refused(face: Face) -> bool:
    """Return True, and tell the user why, if this process only watches the run: it cannot write."""
    why = why_not(face.worker.snapshot)
    if why:
        tell(face, why, seconds=4)
    return bool(why)


async def suspend(face: Face) -> None:
    """Save, then suspend as ctrl+z does; in a browser tab, only save. Then go on as before.

    The time suspended does not count as computing time. But if the save has not ended after
    _SUSPEND_PATIENCE seconds, suspend all the same; then the time counts. Do nothing while the app
    saves in order to exit, or to open or delete a run, because that would wait until the user types
    `fg`.
    """
    if _is_saving(face):
        return
    worker = face.worker
    is_at_work = not worker.snapshot.state.is_at_rest
    paused_by_us = is_at_work and not worker.pause_wanted  # else the user pressed p just before
    if is_at_work:
        worker.pause()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SUSPEND_PATIENCE):
                while not worker.snapshot.state.is_at_rest:
                    await asyncio.sleep(0.03)
    driver: Any = face._driver
    if driver is not None and hasattr(driver, "stop_until_continued"):
        driver.stop_until_continued()
    if paused_by_us and not _is_saving(face):  # an exit that waits would wait for the whole run
        worker.resume()
    face.refresh(layout=True)
    face.hurry()


def _is_saving(face: Face) -> bool:
    """Return True while the app saves in order to exit, or to open or delete a run."""
    from pi_tui.app.screens.dialogs import SavingScreen

    return any(isinstance(screen, SavingScreen) for screen in face.screen_stack)
