"""Say what to do next in the words of the program around us, with commands that can be pasted."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from pi_tui.words import plain


def command_line(typed: Sequence[str] = sys.orig_argv) -> str:
    r"""Return the command that started this process, quoted for a shell; "" at a prompt.

    >>> command_line(["python", "collatz.py", "it's"])
    'python collatz.py \'it\'"\'"\'s\''
    """
    if hasattr(sys, "ps1"):
        return ""
    import shutil  # heavy, and wanted once

    script = typed[1] if len(typed) > 1 else ""
    is_installed = script and shutil.which(os.path.basename(script)) == script
    return shlex.join([os.path.basename(script), *typed[2:]] if is_installed else typed)


_named: list[str] = []
"""What the user said about the database, as words of a shell; empty if nothing."""


def remember(flag: str | None, environment: Mapping[str, str] = os.environ) -> None:
    """Name the database in commands from now on, as `--db` or PI_TUI_DB did; the flag wins."""
    from pi_tui.location import display_location

    variable = environment.get("PI_TUI_DB", "")
    location = flag or variable
    shown = display_location(location) if location else ""
    if shown != plain(location):  # it holds a secret, which no screen shall show
        shown = "the same URL"
    word = shlex.quote(shown)
    _named[:] = [f"pi-tui --db {word}" if flag else f"PI_TUI_DB={word} pi-tui"] if location else []


def to_paste(text: str) -> str:
    """Return the text with commands that find the same database."""
    if not _named:
        return text
    return re.sub(r"`pi-tui(?=[ `])", lambda _: f"`{_named[0]}", text)


def tell(line: str) -> None:
    """Print the line on standard error, if that can be written."""
    with suppress(OSError, ValueError):
        print(to_paste(line), file=sys.stderr, flush=True)
