"""What a run will take, told before it begins."""

from __future__ import annotations

import math
from itertools import pairwise

from pi_tui.errors import UsageError
from pi_tui.settings import BYTES_PER_DIGIT, parse_digits
from pi_tui.ui import words
from pi_tui.worker.pace import AUTO_SECONDS

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
    )
