"""What people type into a dialog: what it means, and what is said about it as they type.

Every `explain_…` says whether the text will do, and one line for under the field.
"""

from __future__ import annotations

import math
import os
from itertools import pairwise
from pathlib import Path

from pi_tui import words
from pi_tui.errors import PiTuiError, UsageError
from pi_tui.files.location import refuse_files_of_databases
from pi_tui.pi.memory import warning as memory_warning
from pi_tui.pi.settings import AUTO_SECONDS, BYTES_PER_DIGIT, parse_digits, parse_number

_MEASURED = ((1_000, 0.02), (20_000, 0.1), (100_000, 0.5), (1_000_000, 3.0), (10_000_000, 40.0))
"""Digits and seconds of whole runs at full speed on two cores; between them a straight line
on paper with logarithmic scales."""
_BASE_MEMORY = 60_000_000
"""Bytes of Python, Textual and SQLAlchemy."""


def seconds(digits: int) -> float:
    """About how long so many digits take at full speed.

    >>> round(seconds(100_000), 2)
    0.5
    """
    pairs = list(pairwise(_MEASURED))
    (n0, t0), (n1, t1) = next((pair for pair in pairs if digits <= pair[1][0]), pairs[-1])
    slope = math.log(t1 / t0) / math.log(n1 / n0)
    return t0 * math.exp(slope * math.log(digits / n0))


def memory(digits: int) -> int:
    """About how many bytes the whole program takes for so many digits."""
    return _BASE_MEMORY + digits * BYTES_PER_DIGIT


def explain_digits(text: str) -> tuple[bool, str]:
    """Whether `text` asks for a run we can make, and what it would take."""
    if not text.strip():
        return False, 'decimals after "3.", like 20000 or 1e6'
    try:
        digits = parse_digits(text.strip())
    except UsageError as error:
        return False, str(error)
    fast = seconds(digits)
    time = "less than a second" if fast < 1 else f"about {words.duration(fast)}"
    watch = ", half a minute at the pace for watching it" if fast < AUTO_SECONDS else ""
    return True, (
        f"{words.counted(digits, 'digit')}: {time} at full speed{watch}; "
        f"{words.size(memory(digits))} of memory"
        + (f". {warning}" if (warning := memory_warning(digits)) else "")
    )


def explain_file(name: str, location: str) -> tuple[bool, str]:
    """Whether a file can be written there, and what would happen to one that is there."""
    path = file_named(name)
    if not name.strip() or os.path.isdir(path):
        return False, "the name of a file"
    if not os.path.isdir(path.parent):
        return False, words.plain(f"there is no folder {str(path.parent)!r}")
    try:
        refuse_files_of_databases(path, location)
    except PiTuiError as error:
        return False, str(error)
    there = " is replaced" if os.path.exists(path) else ""
    return True, words.plain(os.path.realpath(path)) + there


def explain_picture(name: str, location: str) -> tuple[bool, str]:
    """The same for a picture, whose kind is told by the end of its name."""
    from pi_tui.pi.pictures.wish import form_of

    try:
        form_of(name)
    except UsageError as error:
        return False, str(error)
    return explain_file(name, location)


def file_named(name: str) -> Path:
    """The file that is meant; a home that is not there stays a name, as in a shell."""
    return Path(os.path.expanduser(name))


def suggested_name(start: int, stop: int) -> str:
    """A file name that says which digits are in it, from offset `start` to `stop`.

    >>> suggested_name(0, 20_000), suggested_name(761, 767)
    ('pi-20000.txt', 'pi-762-767.txt')
    """
    return f"pi-{stop}.txt" if start == 0 else f"pi-{start + 1}-{stop}.txt"


def parse_place(text: str, count: int) -> int:
    """The offset (position - 1) that `text` names among `count` digits; ValueError if none.

    >>> parse_place("762", 1000), parse_place("50%", 1000), parse_place("end", 1000)
    (761, 500, 999)
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


def explain_place(text: str, count: int) -> tuple[bool, str]:
    """Return whether `text` names a position, and which, or how many there are.

    >>> explain_place("2000000", 1_000_000)
    (False, 'there are 1,000,000 digits so far, so no position 2,000,000; end is the last')
    """
    try:
        offset = parse_place(text, count)
    except (ValueError, OverflowError):
        if (position := _number(text)) > count:
            there = f"there {'is' if count == 1 else 'are'} {words.counted(count, 'digit')} so far"
            return False, f"{there}, so no position {position:,}; end is the last"
        return False, f"a position from 1 to {count:,}, like 762, 1e6, 50% or end"
    return True, f"position {offset + 1:,} of {count:,}"


def _number(text: str) -> int:
    try:
        return parse_number(text.strip().lower())
    except ValueError:
        return 0


def parse_range(text: str, count: int) -> tuple[int, int]:
    """Offsets start and stop of "all", "a-b", "a-" or "-b" (positions, both included).

    >>> parse_range("all", 50), parse_range("10-20", 50), parse_range("41-", 50)
    ((0, 50), (9, 20), (40, 50))
    """
    text = text.strip().lower()
    if text in ("", "all"):
        return 0, count
    first, dash, last = text.replace("–", "-").replace("..", "-").partition("-")
    if not dash:
        raise ValueError(text)
    start = parse_place(first, count) if first.strip() else 0
    stop = parse_place(last, count) + 1 if last.strip() else count
    if start >= stop:
        raise ValueError(text)
    return start, stop


def explain_range(text: str, count: int) -> tuple[bool, str]:
    """Whether `text` names a range, and how long it is."""
    try:
        start, stop = parse_range(text, count)
    except (ValueError, OverflowError):
        return False, f"all, or positions from 1 to {count:,} like 1,000-2,000"
    return True, f"positions {start + 1:,} to {stop:,}: {stop - start:,} digits"
