"""Output files: checked before the work starts, written completely or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, Self

from pi_tui.errors import StorageError, UsageError
from pi_tui.files.location import no_room, refuse_files_of_databases, resolved
from pi_tui.files.temporary import Temporary

STDOUT = "-"
"""Name of the output file by which a command line means standard output."""
_OPEN_FILE = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,6})|/dev/(stdout|stderr)")
_NUMBERS = {"stdout": 1, "stderr": 2}
_PIECE = 10**6
"""Bytes written at a time: a row of saved output."""


class Pieces(Protocol):
    """A sequence of bytes that can be sliced: bytes, a growing bytearray, or saved output."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> bytes | bytearray: ...


class FileContent(NamedTuple):
    """The bytes of a file in three parts, so that the large one is not copied.

    The file is `prefix`, then `data` from offset `start` to `stop`, then `end`.
    """

    data: Pieces
    prefix: bytes = b""
    end: bytes = b""
    start: int = 0
    stop: int | None = None
    """None for the end of `data`."""

    def pieces(self) -> Iterator[bytes | bytearray]:
        """Yield the bytes of the file in pieces, so that other threads can run between two writes.

        >>> b"".join(FileContent(b"14159", b"3.", b"", 0, 2).pieces())
        b'3.14'
        """
        stop = len(self.data) if self.stop is None else self.stop
        yield self.prefix
        for at in range(self.start, stop, _PIECE):
            yield self.data[at : min(at + _PIECE, stop)]
        yield self.end


class OutputFile:
    """A file in a temporary folder beside the target, which is written and then renamed to it.

    Use it as a context manager: entering it before the first step finds a mistyped folder at once,
    not after an hour. A pipe or device is written directly.
    """

    def __init__(self, target: Path, temporary: Temporary | None, location: str) -> None:
        self._target, self._temporary, self._location = target, temporary, location

    @classmethod
    def claim(cls, name: str, location: str) -> Self:
        """Check the name, and the file of that name if there is one; return its OutputFile.

        Raises StorageError if it is a folder, is read-only or cannot be reached. Raises UsageError
        if the name is empty or invalid, or if the file belongs to the database at `location` or to
        another database. Nothing is made yet: entering checks that its folder can be written to.
        """
        if not name:
            raise UsageError("the output's file has no name")
        target = Path(name)
        refuse_files_of_databases(target, location)
        try:
            mode = _mode_of(target)
            if name.endswith(os.sep) or (mode is not None and stat.S_ISDIR(mode)):
                raise IsADirectoryError("it is a folder")
            if _descriptor_of(name) is not None or not (mode is None or stat.S_ISREG(mode)):
                return cls(target, None, location)
            if mode is not None and not os.access(target, os.W_OK):
                # A rename would replace it anyway, because that needs rights on the folder only.
                raise PermissionError("it is read-only")
            # Follow links: across file systems a rename is impossible.
            target = resolved(target)
        except OSError as error:
            raise StorageError(_cannot(target, error)) from error
        return cls(target, Temporary(target, ".part"), location)

    def __enter__(self) -> Self:
        try:
            if self._temporary is not None:
                self._temporary.__enter__()  # only a try: a process killed later leaves no folder
                self._temporary.__exit__()
            return self
        except OSError as error:
            raise StorageError(_cannot(self._target, error)) from error
        except BaseException:  # ctrl+c just after the temporary folder was made
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self._temporary is not None:
            self._temporary.__exit__()

    def write(self, content: FileContent) -> None:
        """Write the file to disk. Raises StorageError and keeps the old file if that fails.

        A pipe or device may have got a part by then. Raises UsageError if the file has become one
        of a database since `claim`.
        """
        refuse_files_of_databases(self._target, self._location)  # may be one by now
        part = None if self._temporary is None else self._temporary.path / "output"
        try:
            if self._temporary is not None:
                self._temporary.__enter__()
            with self._opened(part) as stream:
                for piece in content.pieces():
                    stream.write(piece)
                stream.flush()
                if part is not None:
                    os.fsync(stream.fileno())
                    if (mode := _mode_of(self._target)) is not None:
                        # Drop the set-user-id bit, which another user may have set.
                        os.fchmod(stream.fileno(), mode & 0o777)
            if part is not None:
                part.replace(self._target)
        except OSError as error:
            raise StorageError(_cannot(self._target, error)) from error

    def _opened(self, part: Path | None) -> BinaryIO:
        if (number := _descriptor_of(str(self._target))) is not None:
            with suppress(AttributeError, ValueError):  # none, closed, or replaced by the program
                sys.stdout.flush()  # what was printed before comes first
            return open(os.dup(number), "wb")  # goes on where it is; a shell may append to it
        return open(part or self._target, "wb")


def _descriptor_of(name: str) -> int | None:
    """Return the file descriptor that a name such as /dev/stdout means; None for other names."""
    found = _OPEN_FILE.fullmatch(name)
    return None if found is None else int(found[1] or _NUMBERS[found[2]])


def _mode_of(path: Path) -> int | None:
    """Return `st_mode`, file type and permissions in a number; None if `path` does not exist."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _cannot(target: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno == errno.ENOSPC:
        reason = no_room(target.parent) or reason
    return f"cannot write the output to {str(target)!r}: {reason}; choose another file"
