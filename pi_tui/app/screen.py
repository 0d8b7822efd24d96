"""RunScreen: the main screen with output, panels and bars, drawn from frames."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget

from pi_tui import words
from pi_tui.app.face import Face, face_of, tell
from pi_tui.app.frames.frame import Frame
from pi_tui.app.keys import KEYS, bindings
from pi_tui.app.searching import Searching
from pi_tui.app.talk.export import ask_for_file, copy, write_file
from pi_tui.app.widgets.bars import AlertLine, KeyBar, ProgressLine, StatusLine, TopBar
from pi_tui.app.widgets.output_tail import OutputTail
from pi_tui.app.widgets.output_view import OutputView
from pi_tui.app.widgets.panel import Panel
from pi_tui.app.widgets.run_panels import CheckpointPanel, FiguresPanel, ProgressPanel, SpeedPanel
from pi_tui.files.output_file import FileContent
from pi_tui.needle import Output
from pi_tui.worker.snapshot import Snapshot


class RunScreen(Screen[None]):
    """The main screen of a run of any kind."""

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
        (27, "-tall"),
        (32, "-taller"),
        (40, "-high"),
    ]
    AUTO_FOCUS = "OutputView"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(KEYS.keys, "screen"),
        Binding("escape", "clear", "Clear search and marks"),
    ]

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.source: Output = b""
        self.count = 0
        self.snapshot = snapshot
        self.searching = Searching(self, lambda: self.output_view)

    # Parts of the screen; a screen for one kind overrides them

    def compose(self) -> ComposeResult:
        """Yield the bars and, between them, the output and the panels."""
        self._take_breakpoints(*self.app.size)
        yield TopBar(id="top")
        yield ProgressLine(id="progress")
        yield AlertLine(id="alert")
        with Horizontal(id="body"):
            with Vertical(id="stage"):
                yield from self.on_stage()
            with Vertical(id="panels"):
                with Vertical(id="first"):
                    yield from self.first_panels()
                if second := [*self.second_panels()]:
                    with Vertical(id="second"):
                        yield from second
        yield StatusLine(id="status")
        yield KeyBar(id="keys")

    def on_stage(self) -> Iterable[Widget]:
        """Yield the widgets beside the panels, or above them if narrow: here the output."""
        yield OutputTail(id="output")

    def first_panels(self) -> Iterable[Widget]:
        """Yield the panels that come first; the style sheet hides some of them in small windows."""
        yield ProgressPanel(id="progress-panel", classes="card")
        yield FiguresPanel(id="figures-panel", classes="card -empty")
        yield SpeedPanel(id="speed-panel", classes="card")
        yield CheckpointPanel(id="checkpoint-panel", classes="card")

    def second_panels(self) -> Iterable[Widget]:
        """Yield the panels that only a large window has room for; most kinds have none."""
        return ()

    def _take_breakpoints(self, width: int, height: int) -> None:
        """Set the CSS classes for this window size now, before the first Resize event.

        Otherwise the screen would be laid out twice.
        """
        wide = [name for columns, name in self.HORIZONTAL_BREAKPOINTS if width >= columns]
        high = [name for rows, name in self.VERTICAL_BREAKPOINTS if height >= rows]
        self.add_class(wide[-1], high[-1])

    def on_mount(self) -> None:
        """Open the app: show the run before the first paint, and start the worker after it."""
        self.face.open()

    @property
    def face(self) -> Face:
        """Return the app."""
        return face_of(self)

    @property
    def output_view(self) -> OutputView:
        """Return the view of the output."""
        return self.query_one(OutputView)

    # Showing the run

    def show_output(self, source: Output, shown: Snapshot, snapshot: Snapshot) -> None:
        """Show the first `shown.made` bytes of `source`, which is the output, and search them.

        `snapshot` is the worker's newest. `shown` is a copy of it for this screen: at a limited
        pace it has less output than the worker has made. It has more while the worker loads saved
        output, or while an overture (first output known early) is longer.
        """
        self.snapshot = shown
        self.source, self.count = source, shown.made
        self.output_view.show(source, shown.made, shown.saved, self.held(shown, snapshot))
        self.show_place()
        total = shown.made if shown.state.is_final else shown.length
        self.searching.feed(source, shown.made, total)

    def held(self, shown: Snapshot, snapshot: Snapshot) -> bytes:
        """Return bytes that follow the output and may still change; most kinds have none."""
        return b""

    def is_behind(self, made: int) -> bool:
        """Return True if a view needs more frames to process the first `made` bytes.

        No view of this screen does; a screen for one kind may have such views.
        """
        return False

    def show(self, frame: Frame, *, fully: bool = True) -> None:
        """Show `frame`, the values of one moment, in the bars and the panel of the progress.

        With `fully`, show it in the other panels too.
        """
        self.set_class(not frame.snapshot.goal, "-no-run")
        for panel in self.query(Panel):
            if fully or not panel.has_class("card") or isinstance(panel, ProgressPanel):
                panel.show(frame)

    def restart(self, snapshot: Snapshot) -> None:
        """Clear output, search and selection, to show the run of `snapshot` from now on."""
        self.action_clear()
        self.source, self.count, self.snapshot = b"", 0, snapshot
        self.output_view.forget()

    @on(OutputView.Moved)
    def show_place(self) -> None:
        """Show on the output's border which part is in view, and if the view follows the end.

        Do nothing while the view is hidden.
        """
        view = self.output_view
        first, end = view.in_view
        if view.count and not view.size.height:
            return  # not visible; called again once it is
        where = f" {words.number(first + 1)} – {words.number(end)}" if view.count else ""
        view.border_title = f"{self.title_of_output()}{where}"
        self.say_at_end("following" if view.following else "G follows the tail")

    def say_at_end(self, words: str) -> None:
        """Write `words` at the lower right of the border around the output."""
        self.output_view.border_subtitle = words

    def title_of_output(self) -> str:
        """Return the title on the border around the output."""
        view = self.output_view
        if isinstance(view, OutputTail) and not view.is_text:
            return f"{words.size(view.count)}, not text: bytes"
        return f"output, {words.size(view.count)}: bytes" if view.count else "no output yet"

    # Searching and moving

    def has_output(self, refusal: str, least: int = 1) -> bool:
        """Return True if there are at least `least` bytes of output; else show `refusal`."""
        if self.count < least:
            tell(self, refusal, seconds=4)
        return self.count >= least

    def bring_up_output(self) -> None:
        """Do nothing, because the output is always shown here.

        A screen with several views overrides this, to switch to that of the output.
        """

    async def action_search(self) -> None:
        """Open the search bar."""
        self.bring_up_output()
        await self.searching.open()

    def action_turn_hits(self, forward: bool) -> None:
        """Scroll to the next hit or, unless `forward`, to the previous one.

        If nothing is searched, only tell the user so.
        """
        if self.output_view.needle is not None:
            self.bring_up_output()
        self.searching.turn(forward=forward)

    def action_clear(self) -> None:
        """End the search, remove highlights and selection, and focus the output."""
        self.clear_selection()
        self.searching.close()

    def action_go_to(self) -> None:
        """Ask for a position, scroll to it and highlight it; without output, refuse."""
        if self.has_output("There is nowhere to go yet."):
            self.face.questions.converse(self._go_to())

    async def _go_to(self) -> None:
        from pi_tui.app.screens.dialogs import Ask
        from pi_tui.app.talk.answers import explain_place, parse_place

        unit = words.unit_of_bytes(self.snapshot.unit)
        explain = partial(explain_place, count=self.count, unit=unit)
        answer = await self.face.questions.ask(Ask("Go to position", explain, example="762"))
        if answer is not None and explain_place(answer, self.count, unit)[0]:
            self.show_position(parse_place(answer, self.count))

    def show_position(self, offset: int, length: int = 1) -> None:
        """Scroll to the byte at `offset`, and highlight `length` bytes."""
        self.bring_up_output()
        self.searching.forget_hit()
        self.output_view.mark(offset, offset + length)

    def action_follow(self) -> None:
        """Scroll to the end of the output, and stay there as the output grows."""
        self.bring_up_output()
        self.output_view.follow()

    # Copying and writing output

    def action_copy(self) -> None:
        """Copy the selection; without a selection, the highlighted line, or else the top line.

        If that line is empty, or if there is no output, only tell the user so.
        """
        if self.get_selected_text():
            self.action_copy_text()
        elif text := self.output_view.line_as_text():
            copy(self.face, text, self.name_of_line(text))
        elif self.has_output("There is nothing to copy yet."):
            tell(self, "This line is empty.", seconds=4)

    def name_of_line(self, text: str) -> str:
        """Return the name of a copied line, for the message about it."""
        return "the line"

    def action_copy_text(self) -> None:
        """Copy the selection and clear it, so that the next ctrl+c quits.

        Raises SkipAction without a selection, so that the app's own ctrl+c, save and quit, is used.
        """
        text = self.get_selected_text()
        if text is None:
            super().action_copy_text()
            return
        copy(self.face, text, words.of_unit(len(text), self.unit_of_text))
        self.clear_selection()

    unit_of_text = "letters"

    def action_export(self) -> None:
        """Start a dialog that exports the output; without output, refuse."""
        if self.has_output("There is nothing to export yet."):
            self.face.questions.converse(self.export())

    async def export(self) -> None:
        """Ask for a file, and write to it the output that exists when the question is asked."""
        source, count = self.source, self.count
        suggested = self.face.naming.file(self.snapshot.goal)
        name = await ask_for_file(self.face, "Into which file?", suggested)
        if name is not None:
            wrote = f"Wrote {words.size(count)} to"
            write_file(self.face, name, lambda _: FileContent(source, stop=count), wrote)
