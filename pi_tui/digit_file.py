"""A file for digits: claimed before the work, whole or not there at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Self

from pi_tui.errors import StorageError
from pi_tui.location import refuse_files_of_databases


class DigitFile:
    """Digits go into a temporary file beside the target, then take its name in one move.

    Claiming it before the first step finds a mistyped folder at once and not after an hour.
    A pipe or device is written to as it is.
    """

    def __init__(self, target: Path, part: Path | None, location: str) -> None:
        self._target, self._part, self._location = target, part, location

    @classmethod
    def claim(cls, name: str, location: str) -> Self:
        """The target can be written; StorageError says why not.

        UsageError if it is a file of the database at `location`, or of another one.
        """
        target = Path(name)
        refuse_files_of_databases(target, location)
        try:
            mode = _mode_of(target)
            if mode is not None and not stat.S_ISREG(mode):
                if stat.S_ISDIR(mode):
                    raise IsADirectoryError("it is a folder")
                return cls(target, None, location)
            # Behind a link, which may lead to another file system: a move there is no move.
            target = Path(os.path.realpath(target))
            handle, part = tempfile.mkstemp(
                dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".part"
            )
            os.close(handle)
        except OSError as error:
            raise StorageError(_cannot(target, error)) from error
        return cls(target, Path(part), location)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def write(self, digits: bytes | bytearray, prefix: bytes = b"3.", end: bytes = b"\n") -> None:
        """The target holds the digits, on disk; StorageError if not, the old file untouched."""
        refuse_files_of_databases(self._target, self._location)  # it may be one by now
        try:
            with open(self._part or self._target, "wb") as stream:
                stream.write(prefix)
                stream.write(digits)
                stream.write(end)
                stream.flush()
                if self._part is not None:
                    os.fsync(stream.fileno())
                    os.fchmod(stream.fileno(), self._mode())
            if self._part is not None:
                self._part.replace(self._target)
        except OSError as error:
            raise StorageError(_cannot(self._target, error)) from error

    def _mode(self) -> int:
        """What a plain open() would have given: the old file's mode, or the umask's."""
        mode = _mode_of(self._target)
        if mode is not None:
            return stat.S_IMODE(mode)
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask

    def release(self) -> None:
        """No temporary file is left behind."""
        if self._part is not None:
            self._part.unlink(missing_ok=True)


def _mode_of(path: Path) -> int | None:
    """What kind of file it is, and its rights; None if there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _cannot(target: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"cannot write the digits to {str(target)!r}: {reason}; choose another file with -o"
