"""Helpers for the tests of any app."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.events import Paste
from textual.pilot import Pilot


def text_of(app: App[Any]) -> str:
    """Return the lines on the screen, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


async def paste(pilot: Pilot[Any], text: str) -> None:
    """Send text as a paste of the terminal does: all at once, while typing waits for each key."""
    assert pilot.app._driver is not None
    pilot.app._driver.send_message(Paste(text))
    await pilot.pause()
