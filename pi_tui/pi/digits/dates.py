"""Where a date stands in pi: in which notation, how likely that was, and a card that tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pi_tui.pi.digits.chance import chance, chance_in_words
from pi_tui.pi.digits.statistics import Digits

_AROUND = 10
"""Digits shown before and after the date."""
_MONTHS = "January February March April May June July August September October November December"


@dataclass(frozen=True, slots=True)
class Notation:
    """A way to write the date in digits alone."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of the notations stands, or that none does."""

    notation: Notation
    offset: int | None
    """Position - 1, or None if it is not among the digits."""
    count: int
    """Digits that were searched."""
    before: str = ""
    after: str = ""


def notations(text: str) -> list[Notation]:
    """The ways to write the date, the longest first; empty if it is no date.

    >>> [(one.name, one.text) for one in notations("14.3.1988")][:3]
    [('day month year', '14031988'), ('month day year', '03141988'), ('year month day', '19880314')]
    >>> [one.text for one in notations("140388")], notations("hello")
    (['140388'], [])
    """
    text = text.strip()
    if re.fullmatch(r"\d{4,12}", text, re.ASCII):
        return [Notation("as you wrote it", text)]
    if (parts := _parts(text)) is None:
        return []
    d, m, year = (f"{parts[0]:02}", f"{parts[1]:02}", parts[2])
    ways: list[tuple[str, str]] = []
    for y, name in (
        ((year, "year"), (year[-2:], "short year"))
        if len(year) == 4
        else (((year, "short year"),) if year else ())
    ):
        ways += [(f"day month {name}", d + m + y), (f"month day {name}", m + d + y)]
        ways.append((f"{name} month day", y + m + d))
    ways += [("day month", d + m), ("month day", m + d)]
    seen: set[str] = set()
    return [
        Notation(name, digits)
        for name, digits in ways
        if not (digits in seen or seen.add(digits))  # type: ignore[func-returns-value]
    ]


def _parts(text: str) -> tuple[int, int, str] | None:
    """Day, month, and the year as it is written or ""; a slash means that the month comes first."""
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text, re.ASCII):
        day, month, year = match[3], match[2], match[1]
    elif match := re.fullmatch(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d\d))?", text, re.ASCII):
        month, day, year = match[1], match[2], match[3] or ""
    elif match := re.fullmatch(
        r"(\d{1,2})[. -]\s?(\d{1,2})[. -]?(?:\s?(\d{4}|\d\d))?", text, re.ASCII
    ):
        day, month, year = match[1], match[2], match[3] or ""
    else:
        return None
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    return int(day), int(month), year


def look(text: str, digits: Digits, count: int) -> Place | None:
    """Where the date stands first, in the longest notation that does; None if it is no date."""
    ways = notations(text)
    for way in ways:
        at = digits.find(way.text.encode(), 0, count)
        if at >= 0:
            end = at + len(way.text)
            before = bytes(digits[max(0, at - _AROUND) : at]).decode()
            after = bytes(digits[end : min(end + _AROUND, count)]).decode()
            return Place(way, at, count, before, after)
    return Place(ways[0], None, count) if ways else None


def date_in_words(text: str) -> str:
    """The date as one says it; digits alone stay as they are.

    >>> date_in_words("3/14/1988"), date_in_words("140388")
    ('14 March 1988', '140388')
    """
    if (parts := _parts(text.strip())) is None:
        return text.strip()
    day, month, year = parts
    short = f" \N{RIGHT SINGLE QUOTATION MARK}{year}" if len(year) == 2 else f" {year}"
    return f"{day} {_MONTHS.split()[month - 1]}" + (short if year else "")


def card(text: str, place: Place) -> list[str]:
    """The lines of the card."""
    size = len(place.notation.text)
    likely = chance_in_words(chance(size, place.count))
    odds = f"A string of {size} digits is among them with a chance of {likely}."
    if "certain" in likely or "none" in likely:
        odds = f"That a string of {size} digits is among them is {likely}."
    if place.offset is None:
        others = len(notations(text)) - 1
        none = f"{date_in_words(text)} is not in the first {place.count:,} digits of pi"
        if not others:  # digits, which are written in one way
            return [f"{none}.", odds]
        return [f"{none},", f"not as {place.notation.text}, nor in {others} other notations.", odds]
    return [
        f"{date_in_words(text)} is in pi",
        f"as {place.notation.text} ({place.notation.name})",
        f"at position {place.offset + 1:,} of {place.count:,} after the point:",
        f"… {place.before} [{place.notation.text}] {place.after} …",
        odds,
    ]


def framed(lines: list[str]) -> str:
    """The card as plain text, to be pasted anywhere.

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
    """Whether it is a date, and how it is read."""
    ways = notations(text)
    if not ways:
        return False, "a date like 14.3.1988, 3/14/1988 or 1988-03-14; or only its digits"
    return True, f"{date_in_words(text)}: " + ", ".join(_some(way.text for way in ways))


def _some(texts: Iterator[str]) -> list[str]:
    shown = list(texts)
    return shown if len(shown) <= 3 else [*shown[:3], "…"]
