"""Writing digits to a file the user names."""

from __future__ import annotations

import os
from pathlib import Path

from pi_tui.checkpoints.family import refuse_files_of_databases
from pi_tui.digit_file import DigitFile
from pi_tui.errors import UsageError
from pi_tui.ui.statistics import Digits
from pi_tui.words import plain


def explain_file(name: str, location: str) -> tuple[bool, str]:
    """Whether a file can be written there, and what would happen to one that is there."""
    path = _named(name)
    if not name.strip() or os.path.isdir(path):
        return False, "the name of a file"
    if not os.path.isdir(path.parent):
        return False, plain(f"there is no folder {str(path.parent)!r}")
    try:
        refuse_files_of_databases(path, location)
    except UsageError as error:
        return False, str(error)
    return True, plain(os.path.realpath(path)) + (" is replaced" if os.path.exists(path) else "")


def write_digits(name: str, digits: Digits, start: int, stop: int, location: str) -> Path:
    """The file holds the digits from offset `start` to `stop`, whole; StorageError if not.

    From the first digit on it begins with "3."; a later range is digits only.
    """
    path = _named(name)
    target = DigitFile.claim(str(path), location)
    try:
        target.write(bytes(digits[start:stop]), b"3." if start == 0 else b"")
    finally:
        target.release()
    return Path(os.path.realpath(path))


def _named(name: str) -> Path:
    """The file that is meant; a home that is not there stays a name, as in a shell."""
    return Path(os.path.expanduser(name))
