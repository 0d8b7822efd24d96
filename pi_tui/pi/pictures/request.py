"""Requests for a picture of digits as a file: PNG, GIF and WebP need Pillow, SVG does not."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import NamedTuple

from pi_tui.errors import UsageError
from pi_tui.pi.pictures.inks import THEMES, Inks

SIZE = (3840, 2160)
MOVING_SIZE = (800, 450)
SECONDS = 15.0
"""Defaults of an animation: its size above, and its length in seconds."""
MOVING = ("gif", "webp")
"""Forms of an animation."""
_LARGEST = 16_384
"""Maximum width and height in pixels; larger than any poster printer needs."""


class PictureRequest(NamedTuple):
    """A picture that the user asks for: what to draw, and how."""

    kind: str
    digits: bytes
    start: int
    """Offset in pi of the first digit to draw."""
    size: tuple[int, int] = SIZE
    theme: str = "night"
    seconds: float = SECONDS
    """Seconds for which the walk of an animation grows; then the last picture stays a while."""

    @property
    def inks(self) -> Inks:
        """Return the colours for pictures in the theme of this request."""
        return THEMES[self.theme]

    @property
    def caption(self) -> str:
        """Return the text below a still picture."""
        stop = self.start + len(self.digits)
        which = f"digits {self.start + 1:,} to {stop:,} of pi"
        if self.kind == "walk":
            return f"{which}; each digit is a step in its direction, digit times 36°"
        return which


def form_of(name: str, kind: str = "") -> str:
    """Return the format of a picture by the suffix of its file name.

    The formats are `png`, `svg` and, only if `kind` is "walk", `gif` and `webp`. Raises UsageError
    for any other suffix, or if the format needs Pillow and Pillow is not installed.
    """
    form, ends = Path(name).suffix.lower()[1:], ".png or .svg"
    if kind == "heat" and form in MOVING:
        raise UsageError(f"a heat map does not move; end the file's name with {ends}")
    if kind == "walk":
        ends += ", or for a walk that moves with .gif or .webp"
    if form not in ("png", "svg") and (kind != "walk" or form not in MOVING):
        raise UsageError(f"{name!r} is no picture; end the file's name with {ends}")
    if form != "svg" and not can_png():
        what, other = ("an animation", "") if form in MOVING else ("a PNG", "; or name a .svg file")
        raise UsageError(f"{what} needs Pillow: pip install 'pi-tui[pictures]'{other}")
    return form


def parse_moving_size(text: str) -> tuple[int, int]:
    """Parse width and height of an animation in pixels.

    Raises UsageError above 1920 pixels, because every picture takes memory, and where `parse_size`
    does.

    >>> parse_moving_size("800x450")
    (800, 450)
    """
    size = parse_size(text)
    if max(size) > 1920:
        raise UsageError(f"{text!r} is too large for an animation; 1920x1080 is enough for a film")
    return size


def parse_seconds(text: str) -> float:
    """Parse for how many seconds a walk grows; raise UsageError for other text, or if not 1 to 120.

    >>> parse_seconds("15"), parse_seconds("2.5s")
    (15.0, 2.5)
    """
    if re.fullmatch(r"\d{1,3}(\.\d{1,3})?\s?s?", text.strip(), re.ASCII):
        seconds = float(text.strip().rstrip("s "))
        if 1 <= seconds <= 120:
            return seconds
    raise UsageError(f"{text!r} seconds cannot be made; use 1 to 120, like 15")


def can_png() -> bool:
    """Return True if Pillow is installed; does not import it."""
    return importlib.util.find_spec("PIL") is not None


def parse_size(text: str) -> tuple[int, int]:
    """Parse width and height in pixels; raise UsageError for other text, or if not 64 to 16,384.

    >>> parse_size("3840x2160")
    (3840, 2160)
    """
    match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text.strip().lower(), re.ASCII)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (64 <= width <= _LARGEST and 64 <= height <= _LARGEST):
        raise UsageError(
            f"{text!r} is not a size; use width x height in pixels, from 64x64 to "
            f"{_LARGEST}x{_LARGEST}, like 3840x2160"
        )
    return width, height
