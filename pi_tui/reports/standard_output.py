"""Write to standard output, completely or with an error; and check what a terminal can do."""

from __future__ import annotations

import codecs
import errno
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import UnsupportedOperation
from typing import TextIO

from pi_tui.errors import StorageError
from pi_tui.reports.hints import tell as tell


def open_standard_streams(*, silent: bool = False) -> None:
    """Open each of the descriptors 0 to 2 that is closed, on /dev/null.

    Otherwise the next file to be opened would get such a descriptor, and our messages would go into
    that file. Later writes to a standard output that was closed fail; with `silent`, they do
    nothing.
    """
    modes = {"stdin": os.O_RDONLY, "stdout": os.O_RDONLY, "stderr": os.O_WRONLY}
    if silent:
        modes["stdout"] = os.O_WRONLY
    for name, mode in modes.items():
        if getattr(sys, name) is None:  # closed by the parent process
            number = os.open(os.devnull, mode)  # the lowest free number, this one's
            how = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(number, how, encoding="utf-8", closefd=False))


def to_stdout(pieces: Iterable[bytes | bytearray]) -> None:
    """Write all pieces to standard output. Raises StorageError if that fails.

    Raises BrokenPipeError if the reader has gone, because a reader that stops early is no failure.
    """
    if not (hasattr(sys.stdout, "write") and hasattr(sys.stdout, "flush")):  # None, or any object
        raise StorageError("cannot write to standard output: there is none")
    try:
        sys.stdout.flush()  # what was printed before comes first
        if (number := descriptor_of(sys.stdout)) is None:
            _write_as_text(pieces)
            return
        # Use a buffer of our own: with PYTHONUNBUFFERED, Python's stream has none, and its `write`
        # may write only a part (disk full, pipe closed) and report that only by its result.
        with open(number, "wb", closefd=False) as stream:
            stream.writelines(pieces)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:  # ValueError: the object itself was closed
        closed = getattr(error, "errno", None) == errno.EBADF
        reason = "it is closed" if closed else getattr(error, "strerror", None) or error
        raise StorageError(f"cannot write to standard output: {reason}") from error


@contextmanager
def logging_to(streams: Iterable[tuple[object, TextIO]]) -> Iterator[None]:
    """Make handlers of the root logger write to other streams in the `with` body, as print does.

    A handler keeps the stream it was made with, and would write into a bar or onto a screen.
    `streams` has pairs of such a stream and the one to use instead.
    """
    logging, moved = sys.modules.get("logging"), []
    for handler in logging.root.handlers if logging else ():
        stream = getattr(handler, "stream", None)
        for before, now in streams:
            if stream is not None and before is stream:
                moved.append((handler, handler.setStream(now)))
                break  # stdout and stderr may be one object
    try:
        yield
    finally:
        for handler, stream in moved:
            handler.setStream(stream)


def descriptor_of(stream: object) -> int | None:
    """Return the file descriptor of a stream; None if the stream is an object that has none.

    Raises ValueError if the stream is closed.
    """
    try:
        return int(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, UnsupportedOperation):
        return None


def _write_as_text(pieces: Iterable[bytes | bytearray]) -> None:
    # A piece may end within a character.
    for text in codecs.iterdecode(map(bytes, pieces), _encoding(), "replace"):
        sys.stdout.write(text)
    sys.stdout.flush()


def drop_unwritten_output() -> None:
    """Flush stdout and stderr; drop what cannot be written.

    Otherwise the interpreter would fail on that at exit (code 120).
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError):  # a program has closed or replaced it
            pass
        except OSError:
            if (number := descriptor_of(stream)) is not None:
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def say(line: str) -> None:
    """Write a line and its end to standard output. Raises StorageError if that fails.

    Raises BrokenPipeError if the reader has gone.
    """
    to_stdout([as_bytes(f"{line}\n")])


def is_tty(stream: object) -> bool:
    """Return True if a stream is a terminal; False if it is closed, or cannot tell."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def is_terminal(stream: TextIO | None = None) -> bool:
    """Return True if the stream (default: stdout) is a terminal that can move its cursor."""
    return is_tty(stream or sys.stdout) and os.environ.get("TERM") not in (None, "", "dumb")


def is_in_browser() -> bool:
    """Return True if a browser tab shows the app: standard output then carries the screen.

    Any value of the variable TEXTUAL_DRIVER is taken for that.
    """
    return bool(os.environ.get("TEXTUAL_DRIVER"))


def has_terminal() -> bool:
    """Return True if the app can be shown: Textual reads stdin and draws on stderr.

    If the environment names a driver, such as that of a browser tab, no terminal is needed.
    """
    streams = (sys.stdin, sys.stderr)
    return is_in_browser() or all(stream and is_terminal(stream) for stream in streams)


class Place:
    """Lines on a terminal, drawn again in the same place and cut to its size."""

    def __init__(self) -> None:
        self._rows = 0

    def show(self, lines: list[str]) -> None:
        """Draw these lines in place of those drawn last, cut to the size of the terminal.

        Raises StorageError if that fails, but BrokenPipeError if the reader has gone.
        """
        width, height = shutil.get_terminal_size()
        shown = [line[: max(1, width - 1)] for line in lines[: max(1, height - 1)]]
        back = f"\x1b[{self._rows}F" if self._rows else ""
        to_stdout([as_bytes(back + "".join(f"{line}\x1b[K\n" for line in shown) + "\x1b[J")])
        self._rows = len(shown)


def as_bytes(text: str) -> bytes:
    """Encode text for standard output; replace characters it cannot encode by question marks."""
    return text.encode(_encoding(), "replace")


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"
