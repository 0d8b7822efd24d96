"""The question for the goal of a new run, for any kind of machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pi_tui.machine import BadState, Refused, Task
from pi_tui.words import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen


class Goals:
    """Asks for the goal of a new run, and makes its task."""

    def __init__(self, task: Callable[[int], Task] = Task) -> None:
        """Keep the function `task`, which makes the task of a goal.

        It raises BadState, Refused or ValueError for an impossible goal.
        """
        self.task = task

    def question(self, here: int) -> Screen[str | None]:
        """Return the dialog that asks for a goal.

        `here` is the goal of the run on the screen; 0 if no run is shown.
        """
        from pi_tui.app.screens.dialogs import Ask

        keys = f"Enter begins · Esc {'goes back' if here else 'leaves'}"
        return Ask("Which goal?", self.explain, example="a whole number", keys=keys)

    def explain(self, text: str) -> tuple[bool, str]:
        """Return whether `text` is a possible goal, and a line: which run that is, or why not."""
        try:
            self.parse(text)
        except (BadState, Refused) as error:
            return False, str(error)
        except ValueError:
            return False, "a whole number from 1 to 2^53, like 20000 or 1e6"
        return True, f"the run of goal {self.parse(text).goal:,}: begin it, or go on with it"

    def parse(self, text: str) -> Task:
        """Return the task for a goal that the user typed.

        Raises ValueError if `text` is no whole number from 1 on. Raises ValueError or BadState if
        the kind has no task with this goal.
        """
        goal = parse_number(text.strip())
        if goal < 1:
            raise ValueError(text)
        return self.task(goal)
