"""Read what a user typed on a command line, of this program or of one made with the library."""

from __future__ import annotations

from contextlib import suppress

from pi_tui.errors import UsageError
from pi_tui.task import LARGEST_GOAL
from pi_tui.words import parse_number, shortened


def parse_goal(text: str) -> int:
    """Parse the goal of a run of any kind; raise UsageError for text that is no goal.

    >>> parse_goal("3 000"), parse_goal("1e6")
    (3000, 1000000)
    """
    with suppress(ValueError):
        if 1 <= (goal := parse_number(text.strip())) <= LARGEST_GOAL:
            return goal
    raise UsageError(
        f"{shortened(text, 40)!r} is no goal; use a whole number from 1 to 2^53, like 1000 or 1e6"
    )
