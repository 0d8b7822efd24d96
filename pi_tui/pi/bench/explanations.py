"""Estimate how long `bench` takes, and explain its tables in plain words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

SECONDS_PER_RUN, SECONDS_OF_THE_APP = 28.0, 50.0
FULL_SECONDS_PER_RUN, FULL_SECONDS = 240.0, 180.0
"""Seconds on two cores where a small run takes SMALL_RUN; `--full` adds these to the two above."""
SMALL_RUN = 0.4
"""Seconds of a small run, `pi-tui run` of a thousand digits, where the estimates were measured."""

TABLES = {
    "Whole processes": (
        "Each line is one program that writes so many digits, from its start to its end. "
        "`second half` is a run of ours that was half done. `× ours` is its time divided by that "
        "of `pi-tui run`: below 1 it is quicker than we are. CPU is the time of all cores "
        "together, `cores` how many of them it kept busy on average, memory the most it held. "
        "`one shot` programs keep nothing: killed, they begin "
        "again."
    ),
    "From the start of the process": (
        "How long after its start a run has the first digit that was not there before: in a new "
        "run, and in one that was half done. Then the same until that digit is saved, at once "
        "(the key c) or when saving is due by itself."
    ),
    "What saving costs": (
        "The same run without any save, as it is by default, and with a save every second. "
        "`in saves` is the share of the time in which the run was saving."
    ),
    "Killed again and again": (
        "A run that is killed (SIGKILL) so often and started again until it is complete. "
        "`× undisturbed` is the CPU time of all its starts divided by that of a run left alone."
    ),
    "Where the time goes": (
        "One run of ours in its parts: loading Python modules (imports), opening the database and "
        "setting up (preparing), making blocks and digits (running), writing checkpoints (saving), "
        "comparing all digits with an independent pi (verifying)."
    ),
    "The app in a terminal": (
        "Times from the start of the app to what is on the screen, and from a key to its answer. "
        "`event loop late, p99`: 99 % of the screen's ticks were at most this late. "
        "CPU is the share of one core while it runs, is paused or complete. `beyond pi-tui run` "
        "is what a whole run at full speed takes in the app, less what it takes without a screen."
    ),
}
"""The explanation of each table, by its title."""


def expected_seconds(runs: int, small_run: float, *, full: bool) -> float:
    """Estimate the seconds that `bench` takes; `small_run` is the time of a small run here.

    >>> expected_seconds(3, SMALL_RUN, full=False)
    134.0
    """
    seconds = SECONDS_OF_THE_APP + runs * SECONDS_PER_RUN
    if full:
        seconds += FULL_SECONDS + runs * FULL_SECONDS_PER_RUN
    return seconds * small_run / SMALL_RUN


def explanation(title: str) -> Iterator[str]:
    """Yield the lines that explain a table."""
    return iter(textwrap.wrap(TABLES[title], 76, initial_indent="  ", subsequent_indent="  "))
