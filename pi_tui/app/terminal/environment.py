"""Remove environment variables with which Textual fails, or draws a screen of absurd size."""

from __future__ import annotations

import os

COLUMNS, ROWS = (10, 1_000), (3, 500)
"""Smallest and largest width and height of a window, in cells."""
_COLOR_SYSTEMS = ("auto", "standard", "256", "truecolor", "windows")
"""Values of TEXTUAL_COLOR_SYSTEM that rich knows; it fails on any other."""


def correct_environment() -> None:
    """Remove TEXTUAL_COLOR_SYSTEM, COLUMNS and LINES if invalid, TEXTUAL_DRIVER if empty.

    A number of columns or lines that is too small or too large is invalid too. Call this before
    Textual is loaded. Without COLUMNS and LINES, Textual uses the terminal's size.
    """
    if os.environ.get("TEXTUAL_COLOR_SYSTEM") not in _COLOR_SYSTEMS:
        os.environ.pop("TEXTUAL_COLOR_SYSTEM", None)
    if not os.environ.get("TEXTUAL_DRIVER"):
        os.environ.pop("TEXTUAL_DRIVER", None)
    for name, (least, most) in (("COLUMNS", COLUMNS), ("LINES", ROWS)):
        size = os.environ.get(name, "").strip()
        if not (size.isdecimal() and len(size) < 9 and least <= int(size) <= most):
            os.environ.pop(name, None)
