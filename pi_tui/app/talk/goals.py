"""Which run to begin: the question for a goal, for any kind of machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pi_tui.machine import BadState, Task
from pi_tui.words import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen


class Goals:
    """Asks for the goal of a new run, and makes its task."""

    def __init__(self, task: Callable[[int], Task] = Task) -> None:
        """Check goals with `task`, which makes a task, or raises BadState or ValueError."""
        self.task = task

    def question(self, here: int) -> Screen[str | None]:
        """Return the question, asked while a run of the goal `here` is on the screen; 0: none."""
        from pi_tui.app.screens.dialogs import Ask

        keys = f"Enter begins · Esc {'goes back' if here else 'leaves'}"
        return Ask("Which goal?", self.explain, example="a whole number", keys=keys)

    def explain(self, text: str) -> tuple[bool, str]:
        """Return whether a run can have this goal."""
        try:
            self.parse(text)
        except BadState as error:
            return False, str(error)
        except ValueError:
            return False, "a whole number from 1, like 20000 or 1e6"
        return True, f"the run of goal {self.parse(text).goal:,}: begin it, or go on with it"

    def parse(self, text: str) -> Task:
        """Return the task of a goal that was typed."""
        goal = parse_number(text.strip())
        if goal < 1:
            raise ValueError(text)
        return self.task(goal)

    def warning(self, goal: int) -> str:
        """Return a line about a run that may not fit into memory, or ""."""
        return ""
