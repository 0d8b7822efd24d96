"""Standard output, to the last byte; for standard error there is `tell`."""

from __future__ import annotations

import sys

from pi_tui.errors import StorageError
from pi_tui.hints import tell as tell


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


def as_bytes(text: str) -> bytes:
    """The text for standard output; what its encoding has no bytes for becomes a question mark."""
    return text.encode(sys.stdout.encoding or "utf-8", "replace")
