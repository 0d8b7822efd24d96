"""Check what a program passes to `carry_on`, so that its mistakes are not reported as bugs of ours.

Everything here raises UsageError, whose text names the argument and says what to pass.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from math import isnan
from typing import Any

from pi_tui.errors import TAKEN_NAME, UsageError
from pi_tui.machine import Task
from pi_tui.words import one_line
from pi_tui.worker.job import Cadence

FACES = ("auto", "line", "screen")


def name_of_kind(kind: object) -> str:
    """Return the name of a kind for messages; that of its class if it has none."""
    name = getattr(kind, "name", None)
    is_named = isinstance(name, str) and name
    return one_line(name if is_named else getattr(kind, "__name__", type(kind).__name__), 60)


def checked(
    kind: object, tasks: object, location: object, cadence: object
) -> tuple[list[Task], str]:
    """Return the tasks, each once, and the location as a str.

    Raises UsageError if kind, a task, location or cadence cannot be used.
    """
    refuse_unusable_kind(kind)
    if not isinstance(tasks, Iterable):
        raise UsageError(f"tasks are an iterable of Task, like [Task(1000)], not {_shown(tasks)}")
    wanted: dict[Task, None] = {}
    for task in tasks:
        _need(isinstance(task, Task), "a task is a Task, like Task(1000)", task)
        wanted[task] = None
    _refuse_unusable_cadence(cadence)
    return list(wanted), path_of(location, "a location is the path or URL of a database")


def refuse_unusable_kind(kind: object) -> None:
    """Raise UsageError for a class instead of a kind, or if one of its attributes is unusable."""
    if isinstance(kind, type):
        raise UsageError(f"{kind.__name__} is a class; pass an object of it: {kind.__name__}()")
    owner = getattr(kind, "__name__", type(kind).__name__)  # a resumable function has a name
    for attribute in ("name", "unit"):
        text: Any = getattr(kind, attribute, None)
        _need(isinstance(text, str), f"{owner}.{attribute} must be a str", text)
        if text != text.encode("utf-8", "replace").decode():  # it holds lone surrogates
            raise UsageError(f"{owner}.{attribute} must be text that UTF-8 can hold")
    version = getattr(kind, "version", None)
    is_usable = type(version) is int and 0 <= version < 2**31
    _need(is_usable, f"{owner}.version must be an int from 0 to 2^31 - 1", version)
    tuning: Any = getattr(kind, "tuning", ())
    # In a str every letter would count as a name, and runs with other parameters as one run.
    is_usable = isinstance(tuning, Collection) and not isinstance(tuning, str | bytes)
    _need(is_usable, f"{owner}.tuning must be a tuple of names", tuning)
    # Of two kinds of the name of our own app, each would find the runs of the other damaged.
    comes_with_us = type(kind).__module__.startswith(f"pi_tui.{TAKEN_NAME}.")
    if getattr(kind, "name", "") == TAKEN_NAME and not comes_with_us:
        raise UsageError(
            f"the name {TAKEN_NAME} is taken by this program's own runs; choose another name"
        )


def path_of(path: object, told: str) -> str:
    """Return a path as a str. Raises UsageError for another type; `told` begins its message."""
    path = os.fspath(path) if isinstance(path, os.PathLike) else path
    _need(isinstance(path, str), told, path)
    return str(path)


def _refuse_unusable_cadence(cadence: Any) -> None:
    """Raise UsageError if this is no Cadence, or if one of its numbers cannot be used."""
    _need(isinstance(cadence, Cadence), "a cadence is a Cadence, like Cadence(seconds=5)", cadence)
    seconds, output = cadence.seconds, cadence.output
    is_usable = seconds is None or (_is_number(seconds) and seconds >= 0)
    _need(is_usable, "the seconds between saves are a number from 0", seconds)
    is_usable = output is None or (type(output) is int and output >= 1)
    _need(is_usable, "the output between saves is an int from 1", output)
    share = cadence.share
    _need(_is_number(share) and share >= 0, "the share of a cadence is a number from 0", share)


def refuse_unknown_face(face: object) -> None:
    """Raise UsageError if `face` names no way to show a computation."""
    _need(face in FACES, f"a face is {', '.join(FACES[:-1])} or {FACES[-1]}", face)


def _need(is_usable: bool, rule: str, value: object) -> None:
    """Raise UsageError if `is_usable` is False; the message gives `rule`, a text, and `value`."""
    if not is_usable:
        raise UsageError(f"{rule}, not {_shown(value)}")


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)
    except OverflowError:  # an int beyond any float
        return False


def _shown(value: object) -> str:
    """Return a wrong value as text for a message; the name of its type if that is long or fails."""
    try:
        text = one_line(repr(value), 41)
    except Exception:  # a repr of the user's
        text = ""
    return text if 0 < len(text) < 41 else type(value).__name__
