"""Standard output, to the last byte; for standard error there is `tell`."""

from __future__ import annotations

import os
import shutil
import sys

from pi_tui.errors import StorageError
from pi_tui.reports.hints import tell as tell


def to_stdout(*pieces: bytes | bytearray) -> None:
    """The pieces are on standard output, to the last byte; StorageError if they could not be.

    BrokenPipeError passes through: a reader that has seen enough is no trouble.
    """
    try:
        # A buffer of our own: with PYTHONUNBUFFERED set, Python's is none, and its `write` may
        # write a part only (disk full, pipe closed) and say so in nothing but its return value.
        with open(sys.stdout.fileno(), "wb", closefd=False) as stream:
            stream.writelines(pieces)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write to standard output: {error.strerror or error}") from error


def say(line: str) -> None:
    """The line is on standard output, in the same way."""
    to_stdout(as_bytes(f"{line}\n"))


def is_terminal() -> bool:
    """Whether standard output is a terminal on which a cursor can go back."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


def has_terminal() -> bool:
    """Return True if a screen can be shown: Textual reads stdin and draws on stderr.

    With a driver named in the environment, like that of a browser tab, it needs neither.
    """
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    terminal = all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return terminal and os.environ.get("TERM") not in (None, "", "dumb")


class Place:
    """Lines on a terminal, each time in the place of those before; no wider, no longer than it."""

    def __init__(self) -> None:
        self._rows = 0

    def show(self, lines: list[str]) -> None:
        """These lines stand there now."""
        width, height = shutil.get_terminal_size()
        shown = [line[: max(1, width - 1)] for line in lines[: max(1, height - 1)]]
        back = f"\x1b[{self._rows}F" if self._rows else ""
        to_stdout(as_bytes(back + "".join(f"{line}\x1b[K\n" for line in shown) + "\x1b[J"))
        self._rows = len(shown)


def as_bytes(text: str) -> bytes:
    """The text for standard output; what its encoding has no bytes for becomes a question mark."""
    return text.encode(sys.stdout.encoding or "utf-8", "replace")
