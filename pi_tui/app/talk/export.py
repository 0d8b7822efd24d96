"""Take output from the screen: copy it, write it into a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from pi_tui import words
from pi_tui.app.face import Face, tell
from pi_tui.app.talk.answers import file_named
from pi_tui.errors import PiTuiError
from pi_tui.files.output_file import FileContent, OutputFile
from pi_tui.worker.threads import in_thread

MakeFile = Callable[[str], FileContent]
"""Make the content of a file from its name."""


async def ask_for_file(face: Face, title: str, suggested: str) -> str | None:
    """Ask into which file; return its name, or None."""
    from pi_tui.app.screens.dialogs import Ask
    from pi_tui.app.talk.answers import explain_file

    explain = partial(explain_file, location=face.location)
    return await face.ask(Ask(title, explain, value=suggested))


def write_file(face: Face, name: str, make: MakeFile, what: str) -> None:
    """Write a file in the background, and tell how that went; `what` is what was done."""

    async def write() -> None:
        try:
            path = await in_thread(save_file, name, make, face.location)
        except PiTuiError as error:
            tell(face, str(error), wrong=True)
        else:
            tell(face, f"{what} {path}")

    face.run_worker(write(), group="writing")  # a pipe may block: no key shall wait for it


def save_file(name: str, make: MakeFile, location: str) -> Path:
    """Write a file, whole or not at all; raise PiTuiError if that fails."""
    path = file_named(name)
    with OutputFile.claim(str(path), location) as target:
        target.write(*make(name))
    return Path(os.path.realpath(path))


def copy(face: Face, text: str, what: str) -> None:
    """Copy text into the clipboard, and say so."""
    face.copy_to_clipboard(text)
    tell(face, f"Copied {what}.{clipboard_doubt()}", seconds=4)


def counted_text(text: str, unit: str) -> str:
    """Name a copied text by its length."""
    return words.of_unit(len(text), unit)


def clipboard_doubt(environment: Mapping[str, str] = os.environ) -> str:
    """Return a warning to add to "copied" where the terminal is known to ignore it, else "".

    Programs can only ask the terminal for its clipboard (OSC 52). In a browser the clipboard is
    the browser's, whatever the terminal around the server is.

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
