"""Every action by name: what ctrl+p offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import SystemCommand

if TYPE_CHECKING:
    from pi_tui.ui.app import PiApp


def commands(app: PiApp) -> Iterator[SystemCommand]:
    """The commands, with the keys that do the same."""
    screen = app.main_screen
    yield SystemCommand("Pause or go on", "p · pausing saves", app.action_toggle_pause)
    yield SystemCommand("Full speed on or off", "f", app.action_full_speed)
    yield SystemCommand("Double the pace", "+", app.action_faster)
    yield SystemCommand("Halve the pace", "-", app.action_slower)
    yield SystemCommand("Checkpoint now", "c", app.action_save_now)
    yield SystemCommand("Search", "/ · digits, as you type", screen.action_search)
    yield SystemCommand(
        "Find a birthday",
        "Where a date stands in pi, and how likely that is",
        screen.action_birthday,
    )
    yield SystemCommand("Go to position", "g", screen.action_go_to)
    yield SystemCommand("Follow the tail", "G", screen.action_follow)
    yield SystemCommand("The Feynman point", "Six nines at position 762", screen.action_feynman)
    for name, title in (("digits", "Digits"), ("walk", "Random walk"), ("heat", "Heat map")):
        yield SystemCommand(
            f"View: {title}", "v turns the view", lambda n=name: screen.show_view(n)
        )
    yield SystemCommand("Colour by digit", "d", screen.action_color_digits)
    yield SystemCommand("Copy", "y · the selection, or the line at the top", screen.action_copy)
    yield SystemCommand("Export to a file", "e · all digits or a range", screen.action_export)
    yield SystemCommand("Runs", "r · open, begin, delete, export", app.action_runs)
    yield SystemCommand("Theme", "t", app.action_change_theme)
    rings = app.memory.now.bell
    yield SystemCommand(
        f"Bell at the end: turn {'off' if rings else 'on'}",
        "Remembered",
        lambda: app.remember(bell=not rings),
    )
    yield SystemCommand("Help", "?", app.action_help)
    yield SystemCommand("Save and quit", "q", app.action_quit)
