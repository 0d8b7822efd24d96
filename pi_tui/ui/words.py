"""What the screen says on top of `pi_tui.words`: counts, ages, waits."""

from __future__ import annotations

from pi_tui.words import brief, duration, percent, plain, rate, size, took

__all__ = [
    "ago",
    "brief",
    "counted",
    "duration",
    "number",
    "percent",
    "plain",
    "rate",
    "shortened",
    "size",
    "took",
    "within",
]


def number(value: int) -> str:
    """The number with thousands separators.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{value:,}"


def counted(value: int, noun: str) -> str:
    """A number and its noun, in the plural where that is right.

    >>> counted(1, "digit"), counted(2_000, "digit")
    ('1 digit', '2,000 digits')
    """
    return f"{value:,} {noun}" + ("" if value == 1 else "s")


def ago(seconds: float) -> str:
    """How long ago something was; never in the future, for clocks may be set back.

    >>> [ago(s) for s in (-5, 0.4, 3, 125, 7_300, 200_000)]
    ['just now', 'just now', '3 s ago', '2 min ago', '2 h ago', '2 d ago']
    """
    whole = int(seconds)
    if whole < 1:
        return "just now"
    for unit, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= unit:
            return f"{whole // unit} {word} ago"
    return f"{whole} s ago"


def within(seconds: float) -> str:
    """A short wait, rounded up so that it never ends before it says so.

    >>> within(1.2), within(90), within(-1)
    ('in 2 s', 'in 2 min', 'now')
    """
    if seconds <= 0:
        return "now"
    if seconds < 60:
        return f"in {-int(-seconds // 1)} s"
    return f"in {-int(-seconds // 60)} min"


def shortened(text: str, width: int) -> str:
    """The text, cut to `width` cells with an ellipsis.

    >>> shortened("314159265", 5), shortened("314", 5)
    ('3141…', '314')
    """
    if len(text) <= width:
        return text
    return text[: max(0, width - 1)] + "…" if width > 0 else ""
