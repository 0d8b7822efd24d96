"""Copy output to the clipboard, or write it to a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pi_tui.app.face import Face, tell, telling_errors
from pi_tui.app.talk.answers import explain_file, file_named
from pi_tui.files.output_file import FileContent, OutputFile
from pi_tui.worker.threads import in_thread

MakeFile = Callable[[str], FileContent]
"""A function that makes the content of a file; its argument is the file's name."""


async def ask_for_file(
    face: Face,
    title: str,
    suggested: str,
    explain: Callable[[str, str], tuple[bool, str]] = explain_file,
) -> str | None:
    """Ask for the name of a file to write; return it as typed, or None if the user cancels."""
    from pi_tui.app.screens.dialogs import Ask

    question = Ask(title, lambda name: explain(name, face.location), value=suggested)
    return await face.questions.ask(question)


def write_file(face: Face, name: str, make: MakeFile, what: str) -> None:
    """Write file `name` in the background; then show a message, or the error.

    `make` returns the content of the file. The message is the text `what`, and then the path. An
    exit of the app does not wait for the file: it is then not written, and a line printed after
    the exit says so.
    """

    async def write() -> None:
        face.writing.append(name)
        try:
            with telling_errors(face):
                tell(face, f"{what} {await in_thread(save_file, name, make, face.location)}")
        finally:
            face.writing.remove(name)

    face.run_worker(write(), group="writing")  # a pipe may block, and keys must not wait for it


def save_file(name: str, make: MakeFile, location: str) -> Path:
    """Write what `make` returns to file `name`, completely or not at all; return its path.

    An existing file is replaced; a pipe or device is written directly. Raises PiTuiError if the
    file cannot be written, or belongs to the database at `location` or to another one.
    """
    path = file_named(name)
    with OutputFile.claim(str(path), location) as target:
        target.write(make(name))
    return Path(os.path.realpath(path))


def copy(face: Face, text: str, what: str) -> None:
    """Copy text to the clipboard, and show a message, in which `what` names the text."""
    face.copy_to_clipboard(text)
    tell(face, f"Copied {what}.{clipboard_doubt()}", seconds=4)


def clipboard_doubt(environment: Mapping[str, str] = os.environ) -> str:
    """Return a warning if this terminal is known to ignore the clipboard, a hint in tmux, else "".

    Programs can only ask the terminal to set its clipboard (OSC 52). In a browser the clipboard
    is the browser's, whatever terminal the server runs in.

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
