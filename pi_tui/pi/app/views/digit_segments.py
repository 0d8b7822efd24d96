"""Turn digits, with a look for each, into the coloured segments of a line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from pi_tui.app.widgets.output_view import SAVED, runs
from pi_tui.pi.digits.digit_lines import GROUP

COLORED, COLORED_FRESH = 6, 16
"""Look of the digit 0 if saved, and if not saved yet; those of 1 to 9 are the numbers after it."""
GUTTER, PLAIN = 26, 27
"""Looks of the position at the start of a line, and of empty cells."""


def segments(digits: bytes, look: bytearray, styles: Sequence[Style]) -> list[Segment]:
    """Return the digits of a line as segments of text with a style, a space between groups of ten.

    `look` has for each digit the index of its style in `styles`. If all digits look alike, which is
    usual, return one segment; without digits, [].
    """
    text = digits.decode("ascii")
    if len(set(look)) <= 1:
        groups = [text[at : at + GROUP] for at in range(0, len(text), GROUP)]
        return [Segment(" ".join(groups), styles[look[0]])] if text else []
    cells, codes = _with_gaps(text, look)
    return [Segment(cells[at:end], styles[code]) for at, end, code in runs(codes)]


def _with_gaps(text: str, look: bytearray) -> tuple[str, list[int]]:
    """Return the digits of a line, a space between groups of ten, and the look of each character.

    A look is the number of a style; `look` has those of the digits. A space looks like the digits
    on both sides of it if these look alike and are not coloured by their value; otherwise it looks
    like a saved digit.
    """
    cells, codes = [], []
    for index, digit in enumerate(text):
        if index and index % GROUP == 0:
            joined = look[index] if look[index] == look[index - 1] else SAVED
            cells.append(" ")
            codes.append(joined if joined < COLORED else SAVED)
        cells.append(digit)
        codes.append(look[index])
    return "".join(cells), codes
