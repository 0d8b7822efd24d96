"""Text that came from outside, made safe to print on a terminal."""

from __future__ import annotations

_UNSAFE = dict.fromkeys(
    (
        *range(0x20),  # C0: what terminals obey
        *range(0x7F, 0xA0),  # DEL and C1: the same in one character
        *(0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),  # bidi
        *(0x2028, 0x2029),  # line separators
        *range(0xD800, 0xE000),  # halves of UTF-16: cannot be printed at all
    ),
    "\N{REPLACEMENT CHARACTER}",
)


def plain(text: object, limit: int = 300) -> str:
    r"""The first line of `text`, at most `limit` characters, with nothing a terminal would obey.

    For everything that a database, a path, a host name or an error message of a library says.

    >>> plain("disk\x1b[2J full\nsecond line")
    'disk�[2J full'
    """
    lines = str(text).strip().splitlines() or [""]
    return lines[0].translate(_UNSAFE)[:limit]
