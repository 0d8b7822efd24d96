"""`pi-tui picture`: draw a walk or a heat map of saved digits, still or animated, to a file."""

from __future__ import annotations

import os
from collections.abc import Callable

from pi_tui.errors import UsageError
from pi_tui.files.output_file import FileContent, OutputFile
from pi_tui.pi.commands.saved_digits import saved_range
from pi_tui.pi.pictures.drawing import draw
from pi_tui.pi.pictures.request import (
    MOVING_SIZE,
    SECONDS,
    SIZE,
    PictureRequest,
    form_of,
    moving_form_of,
    parse_moving_size,
    parse_seconds,
    parse_size,
)
from pi_tui.reports.standard_output import tell
from pi_tui.words import counted, plain

_Way = tuple[tuple[int, int], Callable[[PictureRequest], bytes]]
"""The size of a picture in pixels, and the function that draws it."""


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

    The file is written completely or not at all.
    """
    moving = moving_form_of(output, kind)
    pixels, make = _moving(moving, size, seconds) if moving else _still(output, size, seconds)
    with OutputFile.claim(output, location) as target:
        part = saved_range(location, digits, start, stop)
        request = PictureRequest(kind, part, start - 1, pixels, theme)
        target.write(FileContent(make(request)))
    tell(f"drew {counted(len(request.digits), 'digit')} into {plain(os.path.realpath(output))}")
    return 0


def _moving(form: str, size: str | None, seconds: str | None) -> _Way:
    from pi_tui.pi.pictures.animation import animate

    pixels = parse_moving_size(size) if size else MOVING_SIZE
    lasts = parse_seconds(seconds) if seconds else SECONDS
    return pixels, lambda request: animate(request, form, lasts)


def _still(output: str, size: str | None, seconds: str | None) -> _Way:
    form = form_of(output)
    if seconds:
        raise UsageError("--seconds is for a walk that moves; end the file's name with .gif, .webp")
    return parse_size(size) if size else SIZE, lambda request: draw(request, form)
