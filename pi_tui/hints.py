"""Hints that can be pasted: they name the database that was named to us; and telling them."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress

from pi_tui.words import plain

_named: list[str] = []
"""What the user said about the database, as words of a shell; empty if nothing."""


def remember(flag: str | None, environment: Mapping[str, str] = os.environ) -> None:
    """From now on hints name the database as `--db` or PI_TUI_DB did; a flag comes first."""
    from pi_tui.location import display_location

    variable = environment.get("PI_TUI_DB", "")
    location = flag or variable
    shown = display_location(location) if location else ""
    if shown != plain(location):  # it holds a secret, which no screen shall show
        shown = "the same URL"
    word = shlex.quote(shown)
    _named[:] = [f"pi-tui --db {word}" if flag else f"PI_TUI_DB={word} pi-tui"] if location else []


def to_paste(text: str) -> str:
    """The text, its commands such that they find the same database."""
    if not _named:
        return text
    return re.sub(r"`pi-tui(?=[ `])", lambda _: f"`{_named[0]}", text)


def tell(line: str) -> None:
    """The line is on standard error, if that can be written: its trouble is not ours."""
    with suppress(OSError, ValueError):
        print(to_paste(line), file=sys.stderr, flush=True)
