"""The middle of the screen, which shows the digits, the walk or the heat map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget

from pi_tui.pi.digits.walk import Walk


class View(NamedTuple):
    """A way to show the digits: its name in code, its title and meaning for the user."""

    name: str
    title: str
    meaning: str


VIEWS = (
    View("digits", "Digits", "The digits themselves, in groups of ten"),
    View("walk", "Random walk", "Every digit a step; where the path of pi leads"),
    View("heat", "Heat map", "All digits at once, as coloured squares"),
)
_NAMES = [view.name for view in VIEWS]


class Stage:
    """Shows one view at a time; makes the walk and the heat map when they are first shown."""

    def __init__(self, screen: Screen[Any], on_change: Callable[[], object]) -> None:
        self._screen, self._on_change = screen, on_change
        self.view = _NAMES[0]
        """The name of the current view."""
        self.walk = Walk()

    def turn(self) -> None:
        """Show the next view."""
        self.show(_NAMES[(_NAMES.index(self.view) + 1) % len(_NAMES)])

    def show(self, name: str) -> None:
        """Show the view of this name; do nothing if it is shown already, or if the name is unknown.

        A settings file may have an unknown name. A change moves the focus to the view, or away from
        all widgets if the view takes none, and calls `on_change`.
        """
        if name == self.view or name not in _NAMES:
            return
        self.view = name
        self._screen.set_class(name == "walk", "-view-walk")
        stage = self._screen.query_one("#stage", Vertical)
        if not stage.query(f"#{name}"):
            stage.mount(self._make(name), before="#note")
        for child in stage.children:
            if child.id in _NAMES:
                child.display = child.id == name
        # Not later: a text field that opens next must keep the focus.
        view = self._screen.query_one(f"#{name}")
        self._screen.set_focus(view if view.can_focus else None)
        self._on_change()

    def _make(self, name: str) -> Widget:
        if name == "walk":
            from pi_tui.pi.app.views.roaming_walk import RoamingWalk

            return RoamingWalk(self.walk, id="walk")
        from pi_tui.pi.app.views.heat_view import HeatView

        return HeatView(id="heat")
