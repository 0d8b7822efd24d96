"""Parse what the user types into a dialog, and explain it while it is typed.

Every `explain_…` returns whether the text is valid, and a line to show below the field.
"""

from __future__ import annotations

import math
from itertools import pairwise

from pi_tui import words
from pi_tui.app.talk.answers import explain_file, parse_place
from pi_tui.errors import UsageError
from pi_tui.pi.memory import warning as memory_warning
from pi_tui.pi.settings import AUTO_SECONDS, BYTES_PER_DIGIT, parse_digits

_MEASURED = ((1_000, 0.02), (20_000, 0.1), (100_000, 0.5), (1_000_000, 3.0), (10_000_000, 40.0))
"""Digits, and seconds of a whole run at full speed on two cores; values between are interpolated
on logarithmic scales.
"""
_BASE_MEMORY = 60_000_000
"""Bytes that Python, Textual and SQLAlchemy take."""


def seconds(digits: int) -> float:
    """Estimate the seconds that so many digits take at full speed.

    >>> round(seconds(100_000), 2)
    0.5
    """
    pairs = list(pairwise(_MEASURED))
    (n0, t0), (n1, t1) = next((pair for pair in pairs if digits <= pair[1][0]), pairs[-1])
    slope = math.log(t1 / t0) / math.log(n1 / n0)
    return t0 * math.exp(slope * math.log(digits / n0))


def memory(digits: int) -> int:
    """Estimate the bytes of memory that the program takes for so many digits."""
    return _BASE_MEMORY + digits * BYTES_PER_DIGIT


def explain_digits(text: str) -> tuple[bool, str]:
    """Return whether `text` is a possible number of digits, and its time and memory."""
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


def explain_picture(name: str, location: str) -> tuple[bool, str]:
    """Return whether a picture can be written to this file; the suffix is its format."""
    from pi_tui.pi.pictures.request import form_of

    try:
        form_of(name)
    except UsageError as error:
        return False, str(error)
    return explain_file(name, location)


def parse_range(text: str, count: int) -> tuple[int, int]:
    """Parse a range of positions; return the offsets start and stop.

    The text is "all", "a-b", "a-" or "-b", with both ends included. Raises ValueError.

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
    """Return whether `text` is a range of digits, and how many digits that are."""
    try:
        start, stop = parse_range(text, count)
    except (ValueError, OverflowError):
        return False, f"all, or positions from 1 to {count:,} like 1,000-2,000"
    return True, f"positions {start + 1:,} to {stop:,}: {words.counted(stop - start, 'digit')}"
