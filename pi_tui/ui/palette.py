"""Every action by name: what ctrl+p offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand

from pi_tui.ui.keys import KEYS

VIEWS = (
    ("digits", "Digits", "The digits themselves, in groups of ten"),
    ("walk", "Random walk", "Every digit a step; where the path of pi leads"),
    ("heat", "Heat map", "All digits at once, as coloured squares"),
)


def commands(app: App[Any], *more: SystemCommand) -> Iterator[SystemCommand]:
    """The commands, with the keys that do the same; `more` are those without a key."""
    for key in KEYS:
        help_text = f"{key.shown} · {key.meaning}"
        yield SystemCommand(key.title, help_text, _action(app, key.action))
    for name, title, help_text in VIEWS:
        yield SystemCommand(f"View: {title}", help_text, _action(app, f"screen.show({name!r})"))
    yield SystemCommand(
        "The Feynman point", "Six nines at position 762", _action(app, "screen.feynman")
    )
    yield from more


def _action(app: App[Any], action: str) -> Callable[[], Any]:
    return partial(app.run_action, action)
