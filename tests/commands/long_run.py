"""A run that never ends before it is interrupted."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import pi_tui

LONG = 100_000
"""Digits of a run with many small steps, which never ends before it is interrupted."""
SLOW = ("--digits", str(LONG), "--digits-per-step", "1", "--series", "rabinowitz-wagon")
OFTEN = ("--checkpoint-every", "0.1s")


def status(database: Path) -> dict[str, object]:
    """Return the report of `status --json` about the one run."""
    (run,) = json.loads(pi_tui("status", "--json", "--db", database).stdout)
    return dict(run)
