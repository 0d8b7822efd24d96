"""What people type when they mean a position, a range or a string of digits."""

from __future__ import annotations

from pi_tui.settings import parse_number
from pi_tui.ui.search import chance, chance_in_words


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
    """Whether `text` names a position, and which."""
    try:
        offset = parse_place(text, count)
    except (ValueError, OverflowError):
        return False, f"a position from 1 to {count:,}, like 762, 1e6, 50% or end"
    return True, f"position {offset + 1:,} of {count:,}"


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


def date_as_digits(text: str) -> str:
    """The digits of a date, however it is written.

    >>> date_as_digits("14.03.1988"), date_as_digits("3/14/88")
    ('14031988', '31488')
    """
    return "".join(filter(str.isdigit, text))


def explain_date(text: str, count: int) -> tuple[bool, str]:
    """What is searched for, and how likely it is among `count` digits."""
    digits = date_as_digits(text)
    if len(digits) < 4:
        return False, "the digits of a date, in the order you like: day, month, year"
    likely = chance_in_words(chance(len(digits), count))
    return True, f"searching {digits}; chance by now {likely}"
