"""Tracebacks without secrets: they show source lines, no values, and passwords are masked."""

from __future__ import annotations

import re
import traceback

_IN_URL = re.compile(r"(\w://[^\s:@/]*):\S*@")
_IN_QUERY = re.compile(r"(?i)(pass(?:word|file)?=)[^\s&'\"]+")


def without_passwords(text: str) -> str:
    """Replace the passwords of database URLs in `text` by dots.

    >>> without_passwords("no server at 'postgresql://me:s3cr:et@host/runs?password=x'")
    "no server at 'postgresql://me:…@host/runs?password=…'"
    """
    return _IN_QUERY.sub(r"\1…", _IN_URL.sub(r"\1:…@", text))


def traceback_of(crash: BaseException | None) -> str:
    """Return the traceback of what ended a worker; "" if that was no Exception."""
    return report(crash) if isinstance(crash, Exception) else ""


def report(error: BaseException) -> str:
    """Return the traceback of `error` as text.

    Textual would also print all local variables, and one of them is the database URL with its
    password.
    """
    return without_passwords("".join(traceback.format_exception(error)).rstrip())
