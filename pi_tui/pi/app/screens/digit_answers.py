"""Parse what the user types into a dialog, and explain it while it is typed.

Every `explain_…` returns whether the text is valid, and a line to show below the field.
"""

from __future__ import annotations

from pi_tui import words
from pi_tui.app.talk.answers import explain_file, parse_place
from pi_tui.errors import UsageError
from pi_tui.pi.bounded_kind import BoundedKind
from pi_tui.pi.forecast import forecast
from pi_tui.pi.memory import refusal
from pi_tui.pi.settings import AUTO_SECONDS, parse_digits
from pi_tui.worker.threads import cores


def explain_digits(text: str, memory: int = 0) -> tuple[bool, str]:
    """Return whether `text` is a possible number of digits, and a line to show below it.

    The line tells the time, memory and disk space that so many digits take, or what is wrong with
    the text. `memory` is how many bytes of memory a run may take; 0 means as much as is free. If
    the digits need more, the line says so, and the number still counts as possible.
    """
    if not text.strip():
        return False, 'decimals after "3.", like 20000 or 1e6'
    try:
        digits = parse_digits(text.strip())
    except UsageError as error:
        return False, str(error)
    bounded = BoundedKind.within(digits, cores(), memory, "")
    _, fast, takes, disk = forecast(digits, bounded.threads)
    time = "less than a second" if fast < 1 else f"about {words.duration(fast)}"
    watch = ", up to half a minute at the pace for watching it" if fast < AUTO_SECONDS else ""
    return True, (
        f"{words.counted(digits, 'digit')}: {time} at full speed{watch}; "
        f"{words.size(takes)} of memory, {words.size(disk)} of disk"
        + (f". {why}" if (why := refusal(digits, bounded.allowed)) else "")
    )


def explain_picture(name: str, location: str) -> tuple[bool, str]:
    """Return whether a picture may have the file name `name`, and a line to show below the name.

    The line is the path of the file, with a word if that is replaced, or the reason why not. The
    suffix of the name decides the format. Rights are not checked. `location` is the path or URL of
    the app's database.
    """
    from pi_tui.pi.pictures.request import form_of

    try:
        form_of(name)
    except UsageError as error:
        return False, str(error)
    return explain_file(name, location)


def parse_range(text: str, count: int) -> tuple[int, int]:
    """Parse a range of positions; return the offsets start and stop.

    The text is "all", "a-b", "a-" or "-b", with both ends included; "" and "-" mean all too. Each
    end is a text that `parse_place` takes, like 762, 50% or end. The dash may be "–" or "..".
    Raises ValueError or OverflowError for any other text, for positions that do not exist, and if
    the first is behind the last.

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
    """Return whether `text` is a range of digits, and a line: how many it has, or what to type."""
    try:
        start, stop = parse_range(text, count)
    except (ValueError, OverflowError):
        return False, f"all, or positions from 1 to {count:,} like 1,000-2,000"
    return True, f"positions {start + 1:,} to {stop:,}: {words.counted(stop - start, 'digit')}"
