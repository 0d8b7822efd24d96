"""A file for output: claimed before the work, written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple, Self

from pi_tui.errors import StorageError
from pi_tui.files.location import no_room, refuse_files_of_databases, resolved
from pi_tui.files.temporary import Temporary


class FileContent(NamedTuple):
    """The bytes of a file; the large part is not copied."""

    data: bytes | bytearray
    prefix: bytes = b""
    end: bytes = b""


class OutputFile:
    """Collects output in a temporary file beside the target, which then takes its name in one move.

    Used as a context: entering it before the first step finds a mistyped folder at once and not
    after an hour. A pipe or device is written to as it is.
    """

    def __init__(self, target: Path, temporary: Temporary | None, location: str) -> None:
        self._target, self._temporary, self._location = target, temporary, location

    @classmethod
    def claim(cls, name: str, location: str) -> Self:
        """Return the file to write; StorageError if it cannot be written.

        UsageError if it is a file of the database at `location`, or of another one.
        """
        target = Path(name)
        refuse_files_of_databases(target, location)
        try:
            mode = _mode_of(target)
            if name.endswith(os.sep) or (mode is not None and stat.S_ISDIR(mode)):
                raise IsADirectoryError("it is a folder")
            if mode is not None and not stat.S_ISREG(mode):
                return cls(target, None, location)
            if mode is not None and not os.access(target, os.W_OK):
                # A move would replace it all the same: that asks for rights on the folder only.
                raise PermissionError("it is read-only")
            # Behind a link, which may lead to another file system: a move there is no move.
            target = resolved(target)
        except OSError as error:
            raise StorageError(_cannot(target, error)) from error
        return cls(target, Temporary(target, ".part"), location)

    def __enter__(self) -> Self:
        try:
            if self._temporary is not None:
                self._temporary.__enter__()
            return self
        except OSError as error:
            raise StorageError(_cannot(self._target, error)) from error
        except BaseException:  # ctrl+c, just when the temporary file was made
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self._temporary is not None:
            self._temporary.__exit__()

    def write(self, output: bytes | bytearray, prefix: bytes = b"3.", end: bytes = b"\n") -> None:
        """Write the output to disk; StorageError if that fails, the old file untouched."""
        refuse_files_of_databases(self._target, self._location)  # it may be one by now
        part = None if self._temporary is None else self._temporary.path
        try:
            with open(part or self._target, "wb") as stream:
                stream.write(prefix)
                stream.write(output)
                stream.write(end)
                stream.flush()
                if part is not None:
                    os.fsync(stream.fileno())
                    os.fchmod(stream.fileno(), self._mode())
            if part is not None:
                part.replace(self._target)
        except OSError as error:
            raise StorageError(_cannot(self._target, error)) from error

    def _mode(self) -> int:
        """What a plain open() would have given: the old file's mode, or the umask's."""
        mode = _mode_of(self._target)
        if mode is not None:
            return mode & 0o777  # no set-user-id bit on what somebody else may have asked for
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _mode_of(path: Path) -> int | None:
    """What kind of file it is, and its rights; None if there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _cannot(target: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno == errno.ENOSPC:
        reason = no_room(target.parent) or reason
    return f"cannot write the output to {str(target)!r}: {reason}; choose another file with -o"
