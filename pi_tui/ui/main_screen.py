"""The screen one looks at: digits, panels, bars. It is handed frames and draws them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from pi_tui.pi.digits.statistics import Digits
from pi_tui.ui.bars import AlertLine, KeyBar, ProgressLine, StatusLine, TopBar
from pi_tui.ui.counts_panel import CountsPanel
from pi_tui.ui.digit_view import DigitView
from pi_tui.ui.exploring import ExploringScreen
from pi_tui.ui.face import tell
from pi_tui.ui.facts import reached
from pi_tui.ui.frame import Frame
from pi_tui.ui.keys import bindings
from pi_tui.ui.note_line import NoteLine
from pi_tui.ui.panel import Panel, Picture
from pi_tui.ui.panels import CheckpointPanel, ProgressPanel, SpeedPanel, SpigotPanel
from pi_tui.ui.walk import Walk
from pi_tui.ui.walk_view import WalkView
from pi_tui.worker.snapshot import Snapshot


class MainScreen(ExploringScreen):
    """Everything about one run."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
        (0, "-tiny-wide"),
        (56, "-narrow"),
        (100, "-wide"),
        (170, "-huge"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny-high"),
        (15, "-low"),
        (22, "-middle"),
        (30, "-tall"),
        (40, "-high"),
    ]
    AUTO_FOCUS = "DigitView"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("screen"),
        Binding("escape", "clear", "Clear search and marks", show=False),
    ]

    def __init__(self, digits: int, on_ready: Callable[[], None]) -> None:
        """A screen for so many digits; `on_ready` is called when it can be handed frames.

        That is before the first paint, so that the first paint shows something.
        """
        super().__init__()
        self.asked = digits
        self._on_ready = on_ready
        self._told = 0

    def compose(self) -> ComposeResult:
        """Bars around the body; in the body the digits and the panels."""
        self._take_breakpoints(*self.app.size)
        yield TopBar(id="top")
        yield ProgressLine(id="progress")
        yield AlertLine(id="alert")
        with Horizontal(id="body"):
            with Vertical(id="stage"):
                yield DigitView(self.asked, id="digits")
                yield NoteLine(id="note")
            with Vertical(id="panels"):
                with Vertical(id="first"):
                    yield ProgressPanel(id="progress-panel", classes="card")
                    yield SpeedPanel(id="speed-panel", classes="card")
                    yield CheckpointPanel(id="checkpoint-panel", classes="card")
                    yield SpigotPanel(id="spigot-panel", classes="card")
                with Vertical(id="second"):
                    yield CountsPanel(id="counts-panel", classes="card")
                    yield WalkView(self.walk, id="walk-panel", classes="card")
        yield StatusLine(id="status")
        yield KeyBar(id="keys")

    def _take_breakpoints(self, width: int, height: int) -> None:
        """The classes of the first Resize, early: otherwise everything is laid out twice."""
        wide = [name for columns, name in self.HORIZONTAL_BREAKPOINTS if width >= columns]
        high = [name for rows, name in self.VERTICAL_BREAKPOINTS if height >= rows]
        self.add_class(wide[-1], high[-1])

    def on_mount(self) -> None:
        """Ask for the first frame."""
        self._on_ready()

    def on_resize(self) -> None:
        """The note has other room."""
        self.call_after_refresh(self.query_one(NoteLine).refresh, layout=True)

    def on_picture_resized(self) -> None:
        """A picture that came into sight takes in the digits."""
        self.show_pictures()
        self.on_picture_captioned()

    def on_picture_captioned(self) -> None:
        """The note leaves room for the words at the other end of the frame."""
        self.query_one(NoteLine).refresh(layout=True)

    def restart(self, digits: int) -> None:
        """Another run: forget everything about this one."""
        self.action_clear()
        self.source, self.count, self.asked, self._told = b"", 0, digits, 0
        self.walk = Walk()
        self.digits.restart(digits)
        for view in self.query(WalkView):
            view.restart(self.walk)

    def show_digits(self, source: Digits, snapshot: Snapshot, follows: bytes) -> None:
        """The digits as they are now, and what follows them, held."""
        self.source, self.count, self.asked = source, snapshot.made, snapshot.goal
        self.digits.show(source, snapshot.made, snapshot.saved, follows)
        self.show_place()
        self.show_hits()
        self._tell_facts(snapshot)

    def show_pictures(self) -> None:
        """The pictures in sight take in the digits that are new."""
        for view in self.query(Picture):
            if view.region:
                view.show(self.source, self.count, self.asked)

    def _tell_facts(self, snapshot: Snapshot) -> None:
        """Facts about the digits that came just now, not about those that were there already."""
        start = max(self._told, snapshot.resumed)
        if snapshot.made > start:
            self.query_one(NoteLine).tell(reached(self.source, start, snapshot.made))
        self._told = max(self._told, snapshot.made)

    def show(self, frame: Frame, *, fully: bool = True) -> None:
        """The bars show this moment; fully: panels and pictures too."""
        self.set_class(not frame.snapshot.goal, "-no-run")
        for panel in self.query(Panel):
            if fully or not panel.has_class("card") or isinstance(panel, ProgressPanel):
                panel.show(frame)
        if fully:
            self.show_pictures()

    def action_show_fact(self) -> None:
        """Go to the digits the note is about."""
        note = self.query_one(NoteLine)
        if note.fact is None:
            tell(self, "There is no note at the bottom now.", seconds=3)
        else:
            self.show_position(note.fact.position - 1, len(note.fact.text))
            note.next()

    def on_note_line_clicked(self) -> None:
        """A click on the note shows its digits."""
        self.action_show_fact()

    def action_clear(self) -> None:
        """First the note goes, then search and marks."""
        if not self.query_one(NoteLine).dismiss():
            super().action_clear()
