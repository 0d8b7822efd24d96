"""Text that others wrote: of a database, a path, a host name, a library's error."""

from __future__ import annotations

from pi_tui.words import plain


def one_line(text: object, limit: int = 300) -> str:
    r"""The first line of `text`, at most `limit` characters, with nothing a terminal would obey.

    >>> one_line("disk\x1b[2J full\nsecond line")
    'disk·[2J full'
    """
    lines = str(text)[: 4 * limit].strip().splitlines() or [""]
    return plain(lines[0])[:limit]
