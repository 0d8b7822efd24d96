"""The commands of the command palette (ctrl+p): every action by its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand

from pi_tui.app.keys import KeyTable


def commands(app: App[Any], table: KeyTable, *more: SystemCommand) -> Iterator[SystemCommand]:
    """Yield the commands of the palette, each with its key; `more` are those without a key."""
    for key in table.keys:
        if key.action == "app.command_palette":
            continue  # it is open
        help_text = f"{key.shown} · {key.meaning}"
        yield SystemCommand(key.title, help_text, partial(app.run_action, key.action))
    yield from more
