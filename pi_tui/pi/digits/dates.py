"""Search for a date in pi: which notation occurs, how likely that was, and a card that shows it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pi_tui.needle import find_in
from pi_tui.pi.digits.chance import about, chance, chance_in_words, digits_for
from pi_tui.pi.digits.statistics import Digits
from pi_tui.words import counted

_AROUND = 10
"""Digits shown before and after the date."""
_FORMS = (
    r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    r"(?P<m>\d{1,2})/(?P<d>\d{1,2})(?:/(?P<y>\d{4}|\d\d))?",
    r"(?P<d>\d{1,2})[. -]\s?(?P<m>\d{1,2})[. -]?(?:\s?(?P<y>\d{4}|\d\d))?",
)
"""Patterns of a date with year, month and day; the first that matches holds."""


class Notation(NamedTuple):
    """A way to write the date with digits only."""

    name: str
    text: str
    lacks: str = ""
    """What this notation leaves out of the date: `the year` or `the century`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a date stands in pi, and in which notation; or that it was not found."""

    notation: Notation
    offset: int | None
    """Position - 1, or None if no notation is found."""
    count: int
    """Digits searched."""
    before: str = ""
    after: str = ""


def notations(text: str) -> list[Notation]:
    """Return the ways to write the date, the longest first; empty if `text` is no date.

    A `text` of 4 to 12 digits is the only way itself, whether it is a date or not.

    >>> [(one.name, one.text) for one in notations("14.3.1988")][:3]
    [('day month year', '14031988'), ('month day year', '03141988'), ('year month day', '19880314')]
    >>> [one.text for one in notations("140388")], notations("hello"), notations("31.2.1990")
    (['140388'], [], [])
    """
    text = text.strip()
    if re.fullmatch(r"\d{4,12}", text, re.ASCII):
        return [Notation("as you wrote it", text)]
    parts = _parts(text)
    if parts is None or _fault(*parts):
        return []
    unique: dict[str, Notation] = {}
    for way in _ways(*parts):
        unique.setdefault(way.text, way)
    return [*unique.values()]


def _ways(day: int, month: int, year: str) -> Iterator[Notation]:
    """Yield every notation of the date; those without a year are last."""
    d, m = f"{day:02}", f"{month:02}"
    for y, name, lacks in _years(year):
        yield Notation(f"day month {name}", d + m + y, lacks)
        yield Notation(f"month day {name}", m + d + y, lacks)
        yield Notation(f"{name} month day", y + m + d, lacks)
    lacks = "the year" if year else ""
    yield Notation("day month", d + m, lacks)
    yield Notation("month day", m + d, lacks)


def _years(year: str) -> Iterator[tuple[str, str, str]]:
    """Yield each way to write the year, none if it is "": digits, name, and what is left out."""
    if len(year) == 4:
        yield year, "year", ""
        yield year[-2:], "short year", "the century"
    elif year:
        yield year, "short year", ""


def _parts(text: str) -> tuple[int, int, str] | None:
    """Parse `text` into day, month and year; return None if it does not look like a date.

    The year has the digits as written, or "". In a date with slashes the month is first.
    """
    for form in _FORMS:
        if match := re.fullmatch(form, text, re.ASCII):
            return int(match["d"]), int(match["m"]), match["y"] or ""
    return None


def _fault(day: int, month: int, year: str) -> str:
    """Return why this is not a valid day, or "" if it is valid.

    >>> _fault(31, 2, "1990"), _fault(29, 2, "88"), _fault(29, 2, "")
    ('February 1990 has 28 days', '', '')
    >>> _fault(3, 14, "1988")
    'there is no month 14; with dots the day is first, with slashes the month'
    """
    if not 1 <= month <= 12:
        return f"there is no month {month}; with dots the day is first, with slashes the month"
    known = len(year) == 4  # without a century, 00 counts as 2000, which had a 29 February
    days = calendar.monthrange(int(year) if known else 2000 + int(year or 0), month)[1]
    if 1 <= day <= days:
        return ""
    name = calendar.month_name[month] + (f" {year}" if known and month == 2 else "")
    return f"{name} has {days} days"


def look(text: str, digits: Digits, count: int) -> Place | None:
    """Search the first `count` digits for the notations of a date, the longest first.

    Returns the first place of the first notation that occurs, a Place without a position if none
    occurs, None if `text` is no date.
    """
    ways = notations(text)
    for way in ways:
        at = find_in(digits, way.text.encode(), 0, count)
        if at >= 0:
            end = at + len(way.text)
            before = bytes(digits[max(0, at - _AROUND) : at]).decode()
            after = bytes(digits[end : min(end + _AROUND, count)]).decode()
            return Place(way, at, count, before, after)
    return Place(ways[0], None, count) if ways else None


def date_in_words(text: str, *, with_year: bool = True) -> str:
    """Write the date in words, the year only with `with_year`.

    Plain digits, and text that is no date, are returned without the blanks around them.

    >>> date_in_words("3/14/1988"), date_in_words("140388")
    ('14 March 1988', '140388')
    """
    parts = _parts(text.strip())
    if parts is None or _fault(*parts):
        return text.strip()
    day, month, year = parts
    short = f" \N{RIGHT SINGLE QUOTATION MARK}{year}" if len(year) == 2 else f" {year}"
    return f"{day} {calendar.month_name[month]}" + (short if year and with_year else "")


def card(text: str, place: Place) -> list[str]:
    """Return the lines of the card: the date, where it stands in pi, and how likely that was.

    If `place` has no position, they say that the date was not found, and how many digits contain
    such a string with a chance of 63 %. If the notation found leaves out a part of the date, a last
    line tells that number for the full date.
    """
    size = len(place.notation.text)
    likely = chance_in_words(chance(size, place.count))
    odds = f"A string of {size} digits is among them with a chance of {likely}."
    if "certain" in likely or "none" in likely:
        odds = f"The chance of a string of {size} digits among them: {likely}."
    if place.offset is None:
        return [*_missed(text, place), odds, f"It takes {_needed(size)}."]
    lines = [
        _headline(text, place.notation),
        f"written as {place.notation.name}",
        f"at position {place.offset + 1:,} of {place.count:,} after the point:",
        f"… {place.before} [{place.notation.text}] {place.after} …",
        odds,
    ]
    if place.notation.lacks:
        full = notations(text)[0].text
        lines.append(f"The full date, {full}, takes {_needed(len(full))}.")
    return lines


def _headline(text: str, found: Notation) -> str:
    """Return the headline: which notation of the date is in pi.

    >>> [_headline("14.3.1988", way) for way in notations("14.3.1988")][::6]
    ['14 March 1988 is in pi as 14031988', '14 March is in pi as 1403, without the year']
    """
    date = date_in_words(text, with_year=found.lacks != "the year")
    if date == found.text:
        return f"{date} is in pi"
    return f"{date} is in pi as {found.text}" + (f", without {found.lacks}" if found.lacks else "")


def _missed(text: str, place: Place) -> list[str]:
    others = len(notations(text)) - 1
    none = f"{date_in_words(text)} is not in the first {counted(place.count, 'digit')} of pi"
    if not others:  # plain digits, which have one notation
        return [f"{none}."]
    notation = counted(others, "other notation")
    return [f"{none},", f"not as {place.notation.text}, nor in {notation}."]


def _needed(size: int) -> str:
    return f"about {about(digits_for(size, 0.63))} digits for a chance of 63 %"


def framed(lines: list[str]) -> str:
    """Draw a frame around the card as plain text, to be pasted anywhere.

    >>> print(framed(["pi"]))
    ╭────╮
    │ pi │
    ╰────╯
    """
    width = max(map(len, lines))
    rows = (f"│ {line:<{width}} │" for line in lines)
    rule = "─" * (width + 2)
    return "\n".join((f"╭{rule}╮", *rows, f"╰{rule}╯"))


def explain_date(text: str) -> tuple[bool, str]:
    """Return whether `text` is a date or 4 to 12 digits, and an explanation for the user.

    It tells how `text` is read, or why it is no valid date. If `text` does not look like a date at
    all, it shows what a date looks like.

    >>> explain_date("31.2.1990")
    (False, 'February 1990 has 28 days')
    """
    if ways := notations(text):
        shown = [way.text for way in ways[:3]] + ["…"] * (len(ways) > 3)
        return True, f"{date_in_words(text)}: {', '.join(shown)}"
    if parts := _parts(text.strip()):
        return False, _fault(*parts)
    return False, "a date like 14.3.1988, 3/14/1988 or 1988-03-14; or only its digits"
