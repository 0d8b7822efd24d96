"""Adapt the commands in messages to how this program was started, so that they can be pasted."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from pi_tui.reports.shell import program, quoted
from pi_tui.words import plain


def command_line(typed: Sequence[str] = sys.orig_argv) -> str:
    r"""Return the command that goes on: the one that started this process, quoted for a shell.

    Without `--fresh`, which would begin again. Returns "" in an interactive interpreter.

    >>> command_line(["python", "collatz.py", "it's", "--fresh"])
    'python collatz.py \'it\'"\'"\'s\''
    """
    if hasattr(sys, "ps1"):
        return ""
    typed = [word for word in typed if word != "--fresh"]
    import shutil  # slow to import, and needed only here

    script = typed[1] if len(typed) > 1 else ""
    is_installed = script and shutil.which(os.path.basename(script)) == script
    return shlex.join([os.path.basename(script), *typed[2:]] if is_installed else typed)


_named: list[str] = []
"""The database, quoted for a shell, and "flag" or "variable", which named it; [] if neither did."""


def remember(flag: str | None, environment: Mapping[str, str] = os.environ) -> None:
    """Record the database that `--db` or PI_TUI_DB names, for commands in messages."""
    from pi_tui.files.location import display_location, looks_like_a_server

    variable = environment.get("PI_TUI_DB", "")
    location = flag or variable
    # If display_location hides a part of the URL, it holds a secret: do not print it.
    is_url = "://" in location or looks_like_a_server(location)
    secret = is_url and display_location(location) != plain(location)
    word = shlex.quote("the same URL") if secret else quoted(location)
    _named[:] = [word, "flag" if flag else "variable"] if location else []


def to_paste(text: str) -> str:
    """Rewrite each `pi-tui …` in backticks so that it starts this program on this database."""
    if "`pi-tui" not in text:
        return text
    start = program()
    if _named:
        word, by = _named
        start = f"{start} --db {word}" if by == "flag" else f"PI_TUI_DB={word} {start}"
    # A command that names its database was typed as it is, and needs nothing.
    return re.sub(r"`pi-tui(?=[ `])(?![^`]* --db[ =])", lambda _: f"`{start}", text)


def tell(line: str) -> None:
    """Print the line on standard error; ignore failures."""
    with suppress(OSError, ValueError):
        print(to_paste(line), file=sys.stderr, flush=True)
