"""The window that draws the walk again from its first digit, at any speed, with a slider."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from pi_tui import words
from pi_tui.app.screens.dialogs import Dialog
from pi_tui.app.widgets.panel import QUIET, line
from pi_tui.pi.app.views.walk_view import WalkView
from pi_tui.pi.digits.statistics import Digits
from pi_tui.pi.digits.walk import Walk

SECONDS = 15.0
"""Seconds in which the whole walk is drawn, unless the user changes the speed."""
_FRAME = 0.05
"""Seconds between two frames."""
_STEP = 20
"""An arrow key moves by this fraction (1/20) of the walk."""


class ReplayScreen(Dialog[None]):
    """Draws the walk as if the digits were being computed now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w", "dismiss"),
        Binding("space,p", "play"),
        Binding("plus,equals_sign", "speed(2)"),
        Binding("minus", "speed(0.5)"),
        Binding("left", "seek(-1)"),
        Binding("right", "seek(1)"),
        Binding("home,0", "go(0)"),
        Binding("end,G", "go(1)"),
    ]

    def __init__(self, digits: Digits, count: int) -> None:
        super().__init__()
        self._digits, self._count = digits, count
        self.at = 0.0
        """Number of digits drawn."""
        self.speed = max(1.0, count / SECONDS)
        """Digits per second."""
        self.is_playing = True
        self._before = time.monotonic()

    def compose(self) -> ComposeResult:
        """Yield the walk, the slider, the position, and a line about the keys."""
        with Vertical(classes="dialog -full-dialog", id="replay"):
            yield WalkView(Walk(), id="replayed")
            yield Static(id="slider")
            yield Static(id="place")
            yield Static(
                "Space plays or stops · + - speed · ← → Home End go · Esc back", id="replay-keys"
            )

    def on_mount(self) -> None:
        """Start to play."""
        self._tick()
        self.set_interval(_FRAME, self._tick)

    def on_resize(self) -> None:
        """Fit the slider to the new width."""
        self.call_after_refresh(self._tell)

    def _tick(self) -> None:
        now = time.monotonic()
        elapsed, self._before = now - self._before, now
        if self.is_playing:
            self._show(self.at + self.speed * elapsed)

    def _show(self, at: float) -> None:
        """Draw the walk up to this digit, and stop playing at the last one.

        Going back draws the walk anew from the first digit.
        """
        at, before = max(0.0, min(at, float(self._count))), self.at
        self.at = at
        view = self.query_one(WalkView)
        if at < before:
            view.restart(Walk())
        view.show(self._digits, int(at), self._count)
        if at >= self._count:
            self.is_playing = False
        self._tell()

    def _tell(self) -> None:
        """Show the current position and the speed; move the knob of the slider to that position."""
        slider = self.query_one("#slider", Static)
        room = max(0, slider.size.width - 1)
        full = round(self.at / self._count * room)
        done, left = ("━" * full, "$pi-accent"), ("─" * (room - full), "$pi-rule")
        slider.update(line(done, ("●", "bold $pi-accent"), left))
        sign = "▶" if self.is_playing else "‖"
        place = f" digit {int(self.at):,} of {self._count:,}"
        speed = f"  {words.rate(self.speed)}"
        self.query_one("#place", Static).update(line(sign, (place, "bold"), (speed, QUIET)))

    @on(events.Click, "#slider")
    def _go_to_click(self, event: events.Click) -> None:
        """Draw the walk up to the place in the slider that was clicked."""
        self.action_go(event.x / max(1, self.query_one("#slider").size.width - 1))

    def action_play(self) -> None:
        """Play or stop; at the end, play again from the first digit."""
        self.is_playing = not self.is_playing
        if self.is_playing and self.at >= self._count:
            self._show(0.0)
        self._tell()

    def action_speed(self, factor: float) -> None:
        """Multiply the speed by `factor`, within 1 digit and 4 whole walks a second."""
        self.speed = max(1.0, min(self.speed * factor, float(max(1, self._count * 4))))
        self._tell()

    def action_seek(self, parts: int) -> None:
        """Go on by `parts` times 1/20 of the walk, or back if `parts` is negative."""
        self._show(self.at + parts * self._count / _STEP)

    def action_go(self, share: float) -> None:
        """Draw the walk up to this share of its digits, 0 to 1."""
        self._show(share * self._count)
