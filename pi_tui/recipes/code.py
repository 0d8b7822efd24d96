"""Detect that the code of a function is no longer the code that began a saved run."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import textwrap
from contextlib import suppress
from typing import Any


def digest_of_code(function: object) -> str:
    """Return a digest of a function's source, without comments and layout; "" if it has none.

    The code of other functions that it calls is not included. For a lambda, the source is the
    lines it is in, and their comments and layout may count.
    """
    plain = _plain(function)
    try:
        source = textwrap.dedent(inspect.getsource(plain))
    except (OSError, TypeError, SyntaxError):  # typed at a prompt, or written in C
        return ""
    with suppress(SyntaxError, ValueError):  # a lambda: its lines are a part of a statement
        source = ast.unparse(ast.parse(source))
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()[:16]


def note_on_code(name: str, began: str, now: str) -> tuple[str, ...]:
    """Return a note, in a tuple, if the code of `name` is not the code that began the run; else ().

    `began` is the digest of the code that began the run, and `now` of the code now. If one of them
    is unknown (""), return ().
    """
    if not began or not now or began == now:
        return ()
    return (
        f"the code of {name} is not the code that began this run; "
        "if its results are others now, begin again with --fresh",
    )


def _plain(function: Any) -> Any:
    """Unwrap partials, decorators and callable objects; return the function or class inside."""
    while isinstance(function, functools.partial):
        function = function.func
    is_object = not (inspect.isroutine(function) or inspect.isclass(function))
    return inspect.unwrap(type(function).__call__ if is_object else function)
