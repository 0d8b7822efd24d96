"""The table of all runs, the same in the terminal and on the screen."""

from __future__ import annotations

from pi_tui import words
from pi_tui.checkpoints.records import COMPLETE, Run

COLUMNS = ("digits", "saved", "done", "state", "computed", "size", "last saved")
RIGHT = (True, True, True, False, True, True, False)
"""Which columns hold figures, and so end at the right."""


def state_word(run: Run) -> str:
    """What a list says of a run: `verified` counts only after the comparison."""
    if run.status != COMPLETE:
        return "unfinished"
    return "verified" if run.verified else "complete"


def cells(run: Run) -> tuple[str, ...]:
    """The run's row."""
    return (
        words.number(run.goal),
        words.number(run.committed),
        "" if run.share is None else words.percent(run.share),
        state_word(run),
        words.took(run.elapsed),
        words.size(run.size),
        f"{run.updated_at.astimezone():%Y-%m-%d %H:%M}",
    )
