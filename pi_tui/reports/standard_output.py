"""Write to standard output, completely or with an error; `tell` writes to standard error."""

from __future__ import annotations

import os
import shutil
import sys

from pi_tui.errors import StorageError
from pi_tui.reports.hints import tell as tell


def to_stdout(*pieces: bytes | bytearray) -> None:
    """Write the pieces to standard output completely, or raise StorageError.

    BrokenPipeError passes through, because a reader that stops early is no failure.
    """
    try:
        # Use a buffer of our own: with PYTHONUNBUFFERED, Python's stream has none, and its `write`
        # may write only a part (disk full, pipe closed) and report that only by its result.
        with open(sys.stdout.fileno(), "wb", closefd=False) as stream:
            stream.writelines(pieces)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write to standard output: {error.strerror or error}") from error


def say(line: str) -> None:
    """Write the line to standard output completely, or raise StorageError."""
    to_stdout(as_bytes(f"{line}\n"))


def is_terminal() -> bool:
    """Return True if standard output is a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


def is_in_browser() -> bool:
    """Return True behind a browser tab, which takes standard output for the screen's."""
    return bool(os.environ.get("TEXTUAL_DRIVER"))


def has_terminal() -> bool:
    """Return True if a screen can be shown: Textual reads stdin and draws on stderr.

    With a driver named in the environment, like that of a browser tab, it needs neither.
    """
    if is_in_browser():
        return True
    terminal = all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return terminal and os.environ.get("TERM") not in (None, "", "dumb")


class Place:
    """A block of lines on a terminal, redrawn in place and cut to the terminal's size."""

    def __init__(self) -> None:
        self._rows = 0

    def show(self, lines: list[str]) -> None:
        """Replace the block by these lines."""
        width, height = shutil.get_terminal_size()
        shown = [line[: max(1, width - 1)] for line in lines[: max(1, height - 1)]]
        back = f"\x1b[{self._rows}F" if self._rows else ""
        to_stdout(as_bytes(back + "".join(f"{line}\x1b[K\n" for line in shown) + "\x1b[J"))
        self._rows = len(shown)


def as_bytes(text: str) -> bytes:
    """Encode text for standard output; replace characters it cannot encode by question marks."""
    return text.encode(sys.stdout.encoding or "utf-8", "replace")
