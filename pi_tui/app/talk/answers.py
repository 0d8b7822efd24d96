"""Parse what the user types into a dialog, and explain it while it is typed.

Every `explain_…` returns whether the text is valid, and a line to show below the field.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pi_tui import words
from pi_tui.errors import PiTuiError
from pi_tui.files.location import refuse_files_of_databases
from pi_tui.words import parse_number


def explain_file(name: str, location: str) -> tuple[bool, str]:
    """Return whether a file to write may have this name, and a line to show about it.

    Its folder must exist. The name of a folder, and a file of any database, are refused. Rights are
    not checked. `location` is the path or URL of the app's database.
    """
    path = file_named(name)
    if not name.strip() or os.path.isdir(path):
        return False, "the name of a file"
    if not os.path.isdir(path.parent):
        return False, words.plain(f"there is no folder {str(path.parent)!r}")
    try:
        refuse_files_of_databases(path, location)
    except PiTuiError as error:
        return False, str(error)
    there = " is replaced" if os.path.isfile(path) else ""
    return True, words.plain(os.path.realpath(path)) + there


def file_named(name: str) -> Path:
    """Return the path, with `~` expanded; an unknown user's home stays as it is, as in a shell."""
    with suppress(ValueError):  # no user has a null byte or half a character in the name
        name = os.path.expanduser(name)
    return Path(name)


def parse_place(text: str, count: int) -> int:
    """Parse a position from 1 to `count`; return its offset, from 0.

    A percentage is a share of `count`: 50 % of 1000 is offset 500. 100 %, `end`, `tail` and `last`
    are the last offset.
    Raises ValueError or OverflowError if there is no such position.

    >>> [parse_place(text, 1000) for text in ("762", "50%", "100%", "end")]
    [761, 500, 999, 999]
    """
    text = text.strip().lower()
    if text in ("end", "tail", "last"):
        offset = count - 1
    elif text.endswith("%"):
        offset = int(float(text[:-1]) / 100 * count)
        offset = min(offset, count - 1) if offset == count else offset
    else:
        offset = parse_number(text) - 1
    if not 0 <= offset < count:
        raise ValueError(text)
    return offset


def explain_place(text: str, count: int, unit: str) -> tuple[bool, str]:
    """Return whether `text` is a position, and a line: which position, or what can be typed.

    >>> explain_place("2000000", 1_000_000, "letters")
    (False, 'there are 1,000,000 letters so far, so no position 2,000,000; end is the last')
    """
    try:
        offset = parse_place(text, count)
    except (ValueError, OverflowError):
        if count < (position := _number(text)) < 10**20:
            there = f"there {'is' if count == 1 else 'are'} {words.of_unit(count, unit)} so far"
            return False, f"{there}, so no position {position:,}; end is the last"
        return False, f"a position from 1 to {count:,}, like 762, 1e6, 50% or end"
    return True, f"position {offset + 1:,} of {count:,}"


def _number(text: str) -> int:
    try:
        return parse_number(text.strip().lower())
    except ValueError:
        return 0
