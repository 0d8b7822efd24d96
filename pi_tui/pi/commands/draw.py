"""`pi-tui picture`: draw a walk or a heat map of saved digits, still or animated, to a file."""

from __future__ import annotations

import os

from pi_tui.errors import UsageError
from pi_tui.files.output_file import FileContent, OutputFile
from pi_tui.pi.commands.saved_digits import saved_range
from pi_tui.pi.pictures.drawing import draw
from pi_tui.pi.pictures.request import (
    MOVING,
    MOVING_SIZE,
    SECONDS,
    SIZE,
    PictureRequest,
    form_of,
    parse_moving_size,
    parse_seconds,
    parse_size,
)
from pi_tui.reports.standard_output import tell
from pi_tui.words import counted, plain


def picture(
    location: str,
    kind: str,
    digits: int | None,
    start: int,
    stop: int | None,
    output: str,
    size: str | None,
    theme: str,
    seconds: str | None = None,
) -> int:
    """Draw positions `start` to `stop` of the saved digits to a file; return exit code 0.

    `digits` chooses the run, as in `saved_range`. `size` and `seconds` are text that was typed, or
    None for the defaults. The file is written completely or not at all. Raises UsageError for an
    invalid option, without Pillow if that is needed, if `output` belongs to a database, or if some
    of these digits are not saved; NothingSavedError if there is no database; StorageError if the
    file cannot be written.
    """
    form = form_of(output, kind)
    if seconds and form not in MOVING:
        raise UsageError("--seconds is for a walk that moves; end the file's name with .gif, .webp")
    usual, parse = (MOVING_SIZE, parse_moving_size) if form in MOVING else (SIZE, parse_size)
    pixels = parse(size) if size else usual
    lasts = parse_seconds(seconds) if seconds else SECONDS
    with OutputFile.claim(output, location) as target:
        part = saved_range(location, digits, start, stop)
        request = PictureRequest(kind, part, start - 1, pixels, theme, lasts)
        target.write(FileContent(draw(request, form)))
    tell(f"drew {counted(len(request.digits), 'digit')} into {plain(os.path.realpath(output))}")
    return 0
