"""The screen one looks at: digits, panels, bars. It is handed frames and draws them."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen

from pi_tui.ui import words
from pi_tui.ui.bars import AlertLine, KeyBar, ProgressLine, StatusLine, TopBar
from pi_tui.ui.counts_panel import CountsPanel
from pi_tui.ui.digit_view import DigitView
from pi_tui.ui.frame import Frame
from pi_tui.ui.panel import Panel
from pi_tui.ui.panels import CheckpointPanel, ProgressPanel, SpeedPanel, SpigotPanel
from pi_tui.ui.statistics import Digits
from pi_tui.worker.snapshot import Snapshot

NARROW, MIDDLE = 56, 100
"""Columns from which on there are bars, and panels beside the digits."""


class MainScreen(Screen[None]):
    """Everything about one run."""

    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [
        (0, "-tiny-wide"),
        (NARROW, "-narrow"),
        (MIDDLE, "-wide"),
        (170, "-huge"),
    ]
    VERTICAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [
        (0, "-tiny-high"),
        (15, "-low"),
        (22, "-middle"),
        (30, "-tall"),
        (40, "-high"),
    ]
    AUTO_FOCUS = "DigitView"

    class Ready(Message):
        """All widgets are there and can be handed digits and frames."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self._digits = digits

    def compose(self) -> ComposeResult:
        """Bars around the body; in the body the digits and the panels."""
        yield TopBar(id="top")
        yield ProgressLine(id="progress")
        yield AlertLine(id="alert")
        with Horizontal(id="body"):
            with Vertical(id="stage"):
                yield DigitView(self._digits, id="digits")
            with Vertical(id="panels"):
                with Vertical(id="first"):
                    yield ProgressPanel(id="progress-panel", classes="card")
                    yield SpeedPanel(id="speed-panel", classes="card")
                    yield CheckpointPanel(id="checkpoint-panel", classes="card")
                    yield SpigotPanel(id="spigot-panel", classes="card")
                with Vertical(id="second"):
                    yield CountsPanel(id="counts-panel", classes="card")
        yield StatusLine(id="status")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Ask for the first frame."""
        self.post_message(self.Ready())

    @property
    def digits(self) -> DigitView:
        """The digit view."""
        return self.query_one(DigitView)

    def show_digits(self, source: Digits, snapshot: Snapshot) -> None:
        """The digits as they are now, and what is held behind them."""
        self.digits.show(source, snapshot.count, snapshot.saved, held_digits(snapshot))

    def show(self, frame: Frame) -> None:
        """All panels and bars show this moment."""
        for panel in self.query(Panel):
            if panel.display or isinstance(panel, AlertLine):
                panel.show(frame)
        self._title_digits()

    def on_digit_view_moved(self) -> None:
        """Other digits are in view."""
        self._title_digits()

    def _title_digits(self) -> None:
        view = self.digits
        first, end = view.in_view
        if not view.count:
            view.border_title = "digits"
            view.border_subtitle = ""
            return
        view.border_title = f"digits {words.number(first + 1)} – {words.number(end)}"
        view.border_subtitle = "following" if view.following else "End follows the tail"


def held_digits(snapshot: Snapshot) -> bytes:
    """What is known of the digits behind the settled ones: a carry may still change them.

    A snapshot carries only the first digits of a long super-digit, so the nines behind it are
    shown only where it is whole.
    """
    held = snapshot.predigit
    if len(held) == snapshot.digits_per_step:
        held += "9" * min(snapshot.nines * snapshot.digits_per_step, 1000)
    return held[: max(0, snapshot.digits - snapshot.count)].encode("ascii")
