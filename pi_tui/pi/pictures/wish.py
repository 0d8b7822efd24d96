"""A walk or a heat map as a file: PNG with Pillow, SVG without it."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from pi_tui.errors import UsageError
from pi_tui.pi.pictures.inks import THEMES, Inks

KINDS = ("walk", "heat")
SIZE = (3840, 2160)
_LARGEST = 16_384
"""Pixels in width or height; more than any printer of posters asks for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be drawn, and how."""

    kind: str
    digits: bytes
    start: int
    """Offset of the first of these digits in pi."""
    size: tuple[int, int] = SIZE
    theme: str = "night"

    @property
    def inks(self) -> Inks:
        """The colours."""
        return THEMES[self.theme]

    @property
    def caption(self) -> str:
        """What is in the picture."""
        stop = self.start + len(self.digits)
        which = f"digits {self.start + 1:,} to {stop:,} of pi"
        if self.kind == "walk":
            return f"{which}; each digit is a step in its direction, digit times 36°"
        return which


def form_of(name: str) -> str:
    """`png` or `svg`, by the end of the file's name; UsageError for any other."""
    form = Path(name).suffix.lower()
    if form not in (".png", ".svg"):
        raise UsageError(f"{name!r} is no picture; end the file's name with .png or .svg")
    if form == ".png" and not can_png():
        raise UsageError("a PNG needs Pillow: pip install 'pi-tui[pictures]'; or name a .svg file")
    return form[1:]


def can_png() -> bool:
    """Whether Pillow is installed; it is not imported."""
    return importlib.util.find_spec("PIL") is not None


def parse_size(text: str) -> tuple[int, int]:
    """Width and height in pixels.

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
