"""Draw a walk again from its first digit, as an animated GIF or WebP. Needs Pillow.

The frame is that of the whole walk, so nothing jumps: the way only grows. All pictures share one
palette, that of the last, because a palette for each would make the file twice as large.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont

from pi_tui.pi.pictures.inks import along, blend
from pi_tui.pi.pictures.layout import WalkFrame, margin
from pi_tui.pi.pictures.walk_points import pieces
from pi_tui.pi.pictures.wish import Wish

PER_SECOND = 12.5
"""Pictures a second; a GIF counts in hundredths of one."""
HOLD = 2.5
"""Seconds that the last picture stays."""
_POINTS = 300_000
_TIMES = 2
"""Drawn so many times as large and made small: smooth lines."""
_HUES = 40
_COLORS = 128


def animate(wish: Wish, form: str, seconds: float) -> bytes:
    """Return the walk, drawn in so many seconds, as the bytes of a file `gif` or `webp`."""
    file, count = io.BytesIO(), max(2, round(seconds * PER_SECOND))
    walk = _Growing(wish)
    every = round(1000 / PER_SECOND)
    durations = [every] * (count - 1) + [round(HOLD * 1000)]
    shared = walk.last_picture().quantize(_COLORS) if form == "gif" else None
    pictures = walk.pictures(count)
    if shared is not None:
        pictures = (one.quantize(palette=shared, dither=Image.Dither.NONE) for one in pictures)
    options = {"optimize": False} if form == "gif" else {"quality": 75, "method": 3}
    next(pictures).save(
        file, form, save_all=True, append_images=pictures, duration=durations, loop=0, **options
    )
    return file.getvalue()


class _Growing:
    """The canvas on which the way grows."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._large = wish.size[0] * _TIMES, wish.size[1] * _TIMES
        self._frame = WalkFrame.of(wish.digits, self._large, _POINTS)
        joined = pieces(wish.digits, self._frame.stride)
        self._dots = self._frame.dots([0j, *(point for piece in joined for point in piece[1:])])
        self._font = ImageFont.load_default(margin(wish.size) * 0.62)
        inks = wish.inks
        hues = (along(inks.spectrum, at / (_HUES - 1)) for at in range(_HUES))
        self._colors = (inks.paper, inks.text, *hues)

    def pictures(self, count: int) -> Iterator[Image.Image]:
        """Yield `count` pictures, each with its share of the digits; the last shows all."""
        canvas, drawn = self._canvas(), 0
        for number in range(1, count + 1):
            end = max(1, (len(self._dots) - 1) * number // count)
            self._draw(canvas, drawn, end)
            drawn = end
            yield self._picture(canvas, end)

    def last_picture(self) -> Image.Image:
        """Return the picture that shows all."""
        canvas, end = self._canvas(), len(self._dots) - 1
        self._draw(canvas, 0, end)
        return self._picture(canvas, end)

    def _canvas(self) -> Image.Image:
        image = Image.new("P", self._large, 0)
        image.putpalette(bytes.fromhex("".join(color[1:] for color in self._colors)))
        return image

    def _draw(self, canvas: Image.Image, start: int, end: int) -> None:
        """Draw the way from one point to another, each part in its colour."""
        pen, last = ImageDraw.Draw(canvas), max(1, len(self._dots) - 1)
        thick = max(_TIMES, round(self._frame.thick(self._large)))
        while start < end:
            hue = start * _HUES // last
            stop = min(end, max(start + 1, -(-(hue + 1) * last // _HUES)))
            pen.line(self._dots[start : stop + 1], 2 + hue, thick, "curve")
            start = stop

    def _picture(self, canvas: Image.Image, end: int) -> Image.Image:
        """Return the canvas at its final size, with a dot at the end of the way and a caption."""
        picture = canvas.convert("RGB").reduce(_TIMES)
        pen, inks = ImageDraw.Draw(picture), self._wish.inks
        x, y = (place / _TIMES for place in self._dots[end])
        dot = min(picture.size) / 110
        pen.ellipse((x - dot, y - dot, x + dot, y + dot), inks.text)
        edge = margin(picture.size)
        base = picture.height - edge * 0.7
        pen.text(
            (edge, base), self._caption(end), blend(inks.quiet, inks.text, 0.5), self._font, "ls"
        )
        return picture

    def _caption(self, end: int) -> str:
        wish = self._wish
        shown = min(end * self._frame.stride, len(wish.digits))
        if end == len(self._dots) - 1:  # the last stride may be a part of one
            shown = len(wish.digits)
        if wish.start:
            return f"digits {wish.start + 1:,} to {wish.start + shown:,} of pi"
        return f"{shown:,} digit{'s' * (shown != 1)} of pi"
