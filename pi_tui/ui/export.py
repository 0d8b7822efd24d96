"""Writing digits to a file the user names."""

from __future__ import annotations

from pathlib import Path

from pi_tui.digit_file import DigitFile
from pi_tui.ui.statistics import Digits


def explain_file(name: str) -> tuple[bool, str]:
    """Whether a file can be written there, and what would happen to one that is there."""
    path = Path(name).expanduser()
    if not name.strip() or path.is_dir():
        return False, "the name of a file"
    if not path.parent.is_dir():
        return False, f"there is no folder {str(path.parent)!r}"
    return True, f"{path.resolve()}" + (" is replaced" if path.exists() else "")


def write_digits(name: str, digits: Digits, start: int, stop: int) -> Path:
    """The file holds the digits from offset `start` to `stop`, whole; StorageError if not.

    From the first digit on it begins with "3."; a later range is digits only.
    """
    path = Path(name).expanduser()
    target = DigitFile.claim(str(path))
    try:
        target.write(bytes(digits[start:stop]), b"3." if start == 0 else b"")
    finally:
        target.release()
    return path.resolve()
