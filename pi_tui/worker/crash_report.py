"""Describe crashes: which method of a user's machine failed, and a traceback without secrets.

A traceback shows source lines and no local variables, and passwords are masked.
"""

from __future__ import annotations

import re
import traceback

from pi_tui.blame import frames_of_machine
from pi_tui.machine import Kind, Machine
from pi_tui.words import plain

_TO_AT = re.compile(r"(?<!\S)\S*@")
"""A word up to its last @. Where no @ follows, each `://…:` would be a scan to the word's end."""
_IN_URL = re.compile(r"(\w://[^\s:@/]*):\S*@")
_IN_QUERY = re.compile(r"(?i)(pass(?:word|file)?=)[^\s&'\"]+")
_METHODS = {name for name in (*vars(Machine), *vars(Kind)) if not name.startswith("_")}
_MISFIT = re.compile(r"(?:.*\.)?(\w+)\(\) (?:takes|missing|got) .*")
"""The text of the TypeError for a method that does not take the arguments of its call."""


def told_of_machine(error: BaseException) -> str:
    """Describe `error` if a method of a user's machine or kind caused it; else return "".

    The method raised it, or does not take the arguments of its call (a TypeError).
    """
    if trace := frames_of_machine(error):
        return f"{trace.tb_frame.f_code.co_name}() raised {in_words(error)}"
    misfit = _MISFIT.fullmatch(str(error)) if isinstance(error, TypeError) else None
    return str(error) if misfit and misfit[1] in _METHODS else ""


def cut_to_machine(error: BaseException) -> None:
    """Cut the traceback of `error`, so that it begins in the method of the machine that raised it.

    Afterwards `told_of_machine` may miss the method, so call that before.
    """
    error.__traceback__ = frames_of_machine(error) or error.__traceback__


def without_passwords(text: str) -> str:
    """Return `text` with each password of a database URL replaced by "…".

    >>> without_passwords("no server at 'postgresql://me:s3cr:et@host/runs?password=x'")
    "no server at 'postgresql://me:…@host/runs?password=…'"
    """
    return _IN_QUERY.sub(r"\1…", _TO_AT.sub(lambda word: _IN_URL.sub(r"\1:…@", word[0]), text))


def in_words(error: BaseException) -> str:
    """Return the `repr` of an error without passwords, or its type's name if that fails."""
    try:
        return without_passwords(repr(error))
    except Exception:
        return type(error).__name__


def traceback_of(crash: BaseException | None) -> str:
    """Return the traceback of the error that ended a worker, as text.

    Returns "" if `crash` is None, because nothing unexpected ended the worker. Returns "" too if it
    is no Exception, but a SystemExit, say.
    """
    return report(crash) if isinstance(crash, Exception) else ""


def report(error: BaseException) -> str:
    """Return the traceback of `error` as text that is safe to print.

    Textual would also print all local variables, and one of them is the database URL with its
    password. The message of an exception may hold bytes from anywhere, which would control the
    terminal and could hide the lines behind.
    """
    text = without_passwords("".join(traceback.format_exception(error)).rstrip())
    return "\n".join(map(plain, text.expandtabs().split("\n")))
