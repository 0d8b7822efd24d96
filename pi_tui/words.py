"""Format numbers, times and texts for people; parse the numbers that people type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence


def duration(seconds: float | None) -> str:
    """Format a duration in at most two units; an ellipsis for None, which is unknown.

    >>> duration(7.2), duration(65), duration(7265), duration(200_000), duration(None)
    ('7 s', '1 min 05 s', '2 h 01 min', '2 d 07 h', '…')
    """
    if seconds is None:
        return "…"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02} h"


def brief(seconds: float) -> str:
    """Format a short time, in milliseconds below one second.

    >>> brief(0.0042), brief(0.31), brief(12.3)
    ('4 ms', '310 ms', '12.3 s')
    """
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def took(seconds: float) -> str:
    """Format a duration of any length; below 10 s with tenths of a second or milliseconds.

    >>> took(0.31), took(8.04), took(65.3)
    ('310 ms', '8.0 s', '1 min 05 s')
    """
    return brief(seconds) if seconds < 10 else duration(seconds)


def size(count: int) -> str:
    """Format a number of bytes in a suitable unit.

    >>> size(812), size(81_200), size(4_100_000)
    ('812 B', '81.2 kB', '4.1 MB')
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def rate(per_second: float) -> str:
    """Format output per second, short enough for a panel.

    >>> rate(666.6), rate(412_345.0), rate(3_200_000.0)
    ('667/s', '412 k/s', '3.20 M/s')
    """
    if per_second >= 1e6:
        return f"{per_second / 1e6:.2f} M/s"
    if per_second >= 1e5:
        return f"{per_second / 1e3:.0f} k/s"
    return f"{per_second:,.0f}/s"


def percent(share: float) -> str:
    """Format a share in percent, rounded down, so that 100 % means done.

    >>> percent(0.5), percent(0.9999), percent(1.0)
    ('50.0 %', '99.9 %', '100 %')
    """
    return "100 %" if share >= 1 else f"{int(share * 1000) / 10:.1f} %"


def speed(output: float, share: float) -> str:
    """Format output per second; if there is none, but work is done, the work per minute in percent.

    `share` is the share of the work that is done per second.

    >>> speed(666.6, 0.001), speed(0.0, 0.0012)
    ('667/s', '7.2 %/min')
    """
    return f"{share * 6000:.1f} %/min" if share and not output else rate(output)


def of_the_work(share: float) -> str:
    """Format a share of the work, in percent.

    >>> of_the_work(0.04)
    '4.0 % of the work'
    """
    return f"{percent(share)} of the work"


def number(value: int) -> str:
    """Format a number with thousands separators.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{value:,}"


_UNITS = {
    **dict.fromkeys(("k", "thousand"), 10**3),
    **dict.fromkeys(("m", "million"), 10**6),
    **dict.fromkeys(("g", "b", "billion"), 10**9),
}


def parse_number(text: str) -> int:
    """Parse a whole number. Raises ValueError for other text.

    Only the first 20 figures of a number, and the first 3 of an exponent, count, after leading
    zeros. So a longer number becomes a smaller one, but one that is still too large for any use.

    >>> [parse_number(text) for text in ("1e6", "20_000", "20,000", "20 000", "10k", "1 billion")]
    [1000000, 20000, 20000, 20000, 10000, 1000000000]
    """
    if match := re.fullmatch(r"(\d+)e(\d+)", text, re.ASCII | re.IGNORECASE):
        return _first(20, match[1]) * int(10 ** _first(3, match[2]))
    unit = "|".join(_UNITS)
    if match := re.fullmatch(rf"(\d[\d,_]*) ?({unit})", text.lower(), re.ASCII):
        return parse_number(match[1]) * _UNITS[match[2]]
    if not re.fullmatch(r"-?\d{1,3}([, ]\d{3})+|-?\d+(_\d+)*", text, re.ASCII):
        raise ValueError(text)
    return _first(20, re.sub("[,_ ]", "", text))


def _first(most: int, figures: str) -> int:
    """Return the number that the first `most` figures spell, leading zeros not counted.

    More would only take time and memory: Python refuses to read 5,000 of them.

    >>> _first(3, "0000012345")
    123
    """
    return int(re.sub(r"\b0+(?=\d)", "", figures)[:most])


LINE_UNITS = ("lines", "rows")
"""Units of output that are counted by line breaks. Any other unit is one byte."""


def amount(size: int, lines: int | None, unit: str) -> str:
    """Format an amount of output: `size` bytes with `lines` line breaks (None: not counted).

    >>> amount(2_000, None, "bytes"), amount(2_000, 40, "rows"), amount(2_000, None, "rows")
    ('2,000 bytes', '40 rows', '2,000 bytes')
    >>> amount(30, 1, "lines")
    '1 line'
    """
    if unit in LINE_UNITS and lines is not None:
        return of_unit(lines, unit)
    return of_unit(size, unit_of_bytes(unit))


def unit_of_bytes(unit: str) -> str:
    """Return the unit for a number of bytes: "bytes" if `unit` is "lines" or "rows", else `unit`.

    >>> unit_of_bytes("letters"), unit_of_bytes("rows")
    ('letters', 'bytes')
    """
    return "bytes" if unit in LINE_UNITS else unit


def counted(value: int, noun: str) -> str:
    """Format a number and a noun, in the plural if needed.

    >>> counted(1, "step"), counted(2_000, "step")
    ('1 step', '2,000 steps')
    """
    return f"{value:,} {noun}" + ("" if value == 1 else "s")


def of_unit(value: int, unit: str) -> str:
    """Format a number with its unit, which is given in the plural.

    >>> of_unit(1, "lines"), of_unit(2_000, "lines"), of_unit(5, "bytes")
    ('1 line', '2,000 lines', '5 bytes')
    """
    return f"{value:,} {unit.removesuffix('s') if value == 1 else unit}"


def ago(seconds: float) -> str:
    """Format how long ago something was; "just now" below 1 s, or if a clock was set back since.

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
    """Format the time until an event, rounded up: the event is never later than the text says.

    >>> within(1.2), within(90), within(-1)
    ('in 2 s', 'in 2 min', 'now')
    """
    if seconds <= 0:
        return "now"
    if seconds < 60:
        return f"in {-int(-seconds // 1)} s"
    return f"in {-int(-seconds // 60)} min"


def shortened(text: str, width: int) -> str:
    """Cut a longer text to `width` characters, of which the last is an ellipsis.

    >>> shortened("314159265", 5), shortened("314", 5)
    ('3141…', '314')
    """
    if len(text) <= width:
        return text
    return text[: max(0, width - 1)] + "…" if width > 0 else ""


def fitting(choices: Sequence[str], width: int) -> str:
    """Return the first of the texts with at most `width` characters; else the last one, shortened.

    >>> fitting(("all of it", "some"), 5), fitting(("all of it", "some"), 3)
    ('some', 'so…')
    """
    return next((text for text in choices if len(text) <= width), shortened(choices[-1], width))


def figures(text: str) -> str:
    """Return the characters 0 to 9 in `text`, and no other numerals.

    >>> figures("3.14, ٣ and ²")
    '314'
    """
    return "".join(c for c in text if c in "0123456789")


def plain(text: str) -> str:
    r"""Replace characters that control a terminal, or break the line, by "·".

    These are control characters (C0, C1), line separators, lone surrogates, and all characters of
    formatting, such as bidirectional overrides.

    >>> plain("a\x1b[31mb\x9bc\u202ed")
    'a·[31mb·c·d'
    """
    return "".join("·" if unicodedata.category(c) in _UNSAFE else c for c in text)


def one_line(text: object, limit: int = 300) -> str:
    r"""Return the first line of foreign text, made `plain` and cut to `limit` characters.

    Foreign text is a path or a library's error, for example. Blanks around it are left out first.

    >>> one_line("disk\x1b[2J full\nsecond line")
    'disk·[2J full'
    """
    lines = str(text)[: 4 * limit].strip().splitlines() or [""]
    return plain(lines[0])[:limit]


def named(values: Mapping[str, object]) -> list[str]:
    """Return each value as `name=value`, as a user would write it.

    A long value is shortened in its middle: paths begin alike, and often end alike. A long name
    loses its end.

    >>> named({"seed": 3, "input": "a.csv", "digest": bytes(2), "size": "3"})
    ['seed=3', 'input=a.csv', 'digest=0x0000', "size='3'"]
    """
    return [f"{one_line(name, 40)}={_ends(written(value), 40)}" for name, value in values.items()]


def _ends(text: str, width: int) -> str:
    """Cut a longer text to `width` characters: its two ends, with an ellipsis between them.

    >>> _ends("stations-2024-a.csv", 12), _ends("a.csv", 12)
    ('statio…a.csv', 'a.csv')
    """
    if len(text) <= width:
        return text
    return f"{text[: width // 2]}…{text[width // 2 + 1 - width :]}"


def written(value: object) -> str:
    r"""Return a parameter as text that tells its type.

    A text is quoted if it looks like a value of another type, begins with a quotation mark, or
    cannot be shown as it is: with blanks at its ends, line breaks or control characters. Bytes are
    written in hex, after 0x.

    >>> written("5"), written("a b"), written("a "), written("first\nsecond")
    ("'5'", 'a b', "'a '", "'first\\nsecond'")
    """
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        is_plain = value.isprintable() and value == value.strip()
        if not is_plain or _is_number(value) or value.startswith(("0x", "'", '"')):
            return repr(value)
    return str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in ("True", "False")
    return True


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
