"""Taking digits away: copy them, write them into a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from textual.screen import Screen

from pi_tui import words
from pi_tui.errors import PiTuiError
from pi_tui.files.output_file import OutputFile
from pi_tui.pi.digits.statistics import Digits
from pi_tui.ui.answers import file_named
from pi_tui.ui.digit_view import DigitView
from pi_tui.ui.face import Face, tell
from pi_tui.worker.threads import in_thread


class TakingScreen(Screen[None]):
    """A screen with digits that can be taken from it."""

    def __init__(self) -> None:
        super().__init__()
        self.source: Digits = b""
        self.count = 0
        self.asked = 1
        self.view = "digits"

    @property
    def face(self) -> Face:
        """The app."""
        assert isinstance(self.app, Face)
        return self.app

    @property
    def digits(self) -> DigitView:
        """The digit view."""
        return self.query_one(DigitView)

    def action_copy(self) -> None:
        """Copy what is selected, or else the line that is marked or at the top."""
        if self.get_selected_text():
            self.action_copy_text()
        elif text := self.digits.line_as_text():
            self.copy_text(text, f"the line at {text.split()[0]}")
        else:
            tell(self, "There is nothing to copy yet.", seconds=4)

    def action_copy_text(self) -> None:
        """Copy what is selected; then nothing is, so that the next ctrl+c leaves."""
        text = self.get_selected_text()
        if text is None:
            super().action_copy_text()
            return
        self.copy_text(text, words.counted(len(text), "digit"))
        self.clear_selection()

    def copy_text(self, text: str, what: str) -> None:
        """Into the clipboard, and say so."""
        self.app.copy_to_clipboard(text)
        tell(self, f"Copied {what}.{clipboard_doubt()}", seconds=4)

    def action_export(self) -> None:
        """Ask what and where to, and write it."""
        if self.count:
            self.face.converse(self._export())
        else:
            tell(self, "There is nothing to export yet.", seconds=4)

    def action_picture(self) -> None:
        """Ask where to, and draw the walk, or the heat map if that is in sight."""
        if self.count:
            self.face.converse(self._picture())
        else:
            tell(self, "There is nothing to draw yet.", seconds=4)

    async def _picture(self) -> None:
        from pi_tui.pi.pictures.drawing import draw
        from pi_tui.pi.pictures.wish import Wish, can_png
        from pi_tui.ui.answers import explain_picture
        from pi_tui.ui.dialogs import Ask

        kind, count = ("heat" if self.view == "heat" else "walk"), self.count
        name = f"pi-{kind}-{count}.{'png' if can_png() else 'svg'}"
        explain = partial(explain_picture, location=self.face.location)
        title = "The heat map, into which file?" if kind == "heat" else "The walk, into which file?"
        answer = await self.face.ask(Ask(title, explain, value=name))
        if answer is not None:
            theme = "night" if self.app.current_theme.dark else "day"
            wish = Wish(kind, bytes(self.source[:count]), 0, theme=theme)
            what = words.counted(count, "digit")
            write_picture(self.face, answer, partial(draw, wish), what)

    async def picture_of_card(self, lines: list[str], name: str) -> None:
        """Ask where to, and save the card as a picture."""
        from pi_tui.pi.pictures.card import draw_card
        from pi_tui.ui.answers import explain_picture
        from pi_tui.ui.dialogs import Ask

        explain = partial(explain_picture, location=self.face.location)
        answer = await self.face.ask(Ask("The card, into which file?", explain, value=name))
        if answer is not None:
            theme = "night" if self.app.current_theme.dark else "day"
            write_picture(self.face, answer, partial(draw_card, lines, theme), "the card")

    async def _export(self) -> None:
        from pi_tui.ui.answers import explain_file, explain_range, parse_range, suggested_name
        from pi_tui.ui.dialogs import Ask

        count, source, ask = self.count, self.source, self.face.ask
        explain = partial(explain_range, count=count)
        what = await ask(Ask("Export which positions?", explain, value="all"))
        if what is None:
            return
        start, stop = parse_range(what, count)
        explain = partial(explain_file, location=self.face.location)
        name = await ask(Ask("Into which file?", explain, value=suggested_name(start, stop)))
        if name is not None:
            write_digits(self.face, name, source, start, stop)


Draw = Callable[[str], bytes]
"""Makes the bytes of a file in that form: `png` or `svg`."""


def write_picture(app: Face, name: str, draw: Draw, what: str) -> None:
    """Draw a picture into a file, and tell how that went."""

    async def write() -> None:
        try:
            path = await in_thread(save_picture, name, draw, app.location)
        except PiTuiError as error:
            tell(app, str(error), wrong=True)
        else:
            tell(app, f"Drew {what} into {path}")

    app.run_worker(write(), group="writing")


def save_picture(name: str, draw: Draw, location: str) -> Path:
    """The file holds the picture, whole; an error of ours if not."""
    from pi_tui.pi.pictures.wish import form_of

    path, form = file_named(name), form_of(name)
    with OutputFile.claim(str(path), location) as target:
        target.write(draw(form), b"", b"")
    return Path(os.path.realpath(path))


def write_digits(app: Face, name: str, digits: Digits, start: int, stop: int) -> None:
    """Write the digits from offset `start` to `stop` into a file, and tell how that went."""

    async def write() -> None:
        arguments = (name, bytes(digits[start:stop]), start, app.location)
        try:
            path = await in_thread(save_digits, *arguments)
        except PiTuiError as error:
            tell(app, str(error), wrong=True)
        else:
            tell(app, f"Wrote {words.counted(stop - start, 'digit')} to {path}")

    app.run_worker(write(), group="writing")  # a pipe may keep us waiting: no key shall wait too


def save_digits(name: str, digits: bytes, start: int, location: str) -> Path:
    """The file holds the digits, which begin at offset `start`, whole; an error of ours if not.

    From the first digit on it begins with "3."; a later range is digits only.
    """
    path = file_named(name)
    with OutputFile.claim(str(path), location) as target:
        target.write(digits, b"3." if start == 0 else b"")
    return Path(os.path.realpath(path))


def clipboard_doubt(environment: Mapping[str, str] = os.environ) -> str:
    """What to add to "copied", where the terminal is known to ignore us; "" where it is not.

    Programs can only ask the terminal for its clipboard (OSC 52). What runs in a browser has the
    browser's, whatever the terminal around the server is.

    >>> clipboard_doubt({"TERM": "xterm-kitty"}), clipboard_doubt({"TERM": "linux"})
    ('', ' But this terminal has no clipboard for programs; e exports to a file.')
    """
    if environment.get("TEXTUAL_DRIVER"):
        return ""
    deaf = environment.get("TERM") == "linux" or (
        environment.get("TERM_PROGRAM") == "Apple_Terminal"
    )
    if deaf:
        return " But this terminal has no clipboard for programs; e exports to a file."
    if "TMUX" in environment:
        return " (tmux passes it on with `set -g set-clipboard on`.)"
    return ""
