"""The table of all runs, for the `runs` command and the app."""

from __future__ import annotations

from pi_tui import words
from pi_tui.checkpoints.records import COMPLETE, Run

COLUMNS = ("goal", "saved", "done", "state", "computed", "size", "last saved")
RIGHT = (True, True, True, False, True, True, False)
"""True for columns of numbers, which are aligned to the right."""


def state_word(run: Run) -> str:
    """Return the word for the state of a run: unfinished, complete or verified."""
    if run.status != COMPLETE:
        return "unfinished"
    return "verified" if run.verified else "complete"


def cells(run: Run) -> tuple[str, ...]:
    """Return the texts of a run's row in the table, one for each column."""
    return (
        words.number(run.goal),
        words.number(run.committed),
        "" if run.share is None else words.percent(run.share),
        state_word(run),
        words.took(run.elapsed),
        words.size(run.size),
        f"{run.updated_at.astimezone():%Y-%m-%d %H:%M}",
    )
