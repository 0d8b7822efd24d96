"""`pi-tui picture`: a walk or a heat map of saved digits, as it should be printed."""

from __future__ import annotations

import os

from pi_tui.files.output_file import DigitFile
from pi_tui.pi.commands.saved_digits import saved_range
from pi_tui.pi.pictures.drawing import draw
from pi_tui.pi.pictures.wish import Wish, form_of, parse_size
from pi_tui.reports.standard_output import tell


def picture(
    location: str,
    kind: str,
    digits: int | None,
    span: tuple[int, int | None],
    output: str,
    size: str,
    theme: str,
) -> int:
    """The file holds the picture, whole; `span` is the first and the last position in it."""
    form, pixels = form_of(output), parse_size(size)
    with DigitFile.claim(output, location) as target:
        wish = Wish(kind, saved_range(location, digits, *span), span[0] - 1, pixels, theme)
        target.write(draw(wish, form), b"", b"")
    tell(f"drew {len(wish.digits):,} digits into {os.path.realpath(output)}")
    return 0
