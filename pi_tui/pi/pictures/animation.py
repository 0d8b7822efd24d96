"""Draw a walk that grows from its first digit, as an animated GIF or WebP. Needs Pillow.

Every picture has the frame of the whole walk, so the path grows and nothing else moves. All
pictures of a GIF share the palette of the last one; a palette for each would double the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from pi_tui.pi.pictures.inks import along, blend
from pi_tui.pi.pictures.layout import WalkFrame, margin
from pi_tui.pi.pictures.png import new_canvas
from pi_tui.pi.pictures.request import PictureRequest
from pi_tui.pi.pictures.walk_points import pieces

PER_SECOND = 12.5
"""Pictures a second; this is 8 hundredths of a second each, the unit of GIF."""
HOLD = 2.5
"""Seconds for which the last picture stays."""
_POINTS = 300_000
_TIMES = 2
"""Pictures are drawn at this multiple of their size and then reduced, for smooth lines."""
_HUES = 40
_COLORS = 128


def animate(request: PictureRequest, form: str) -> bytes:
    """Draw the walk as it grows; return the bytes of an animated `gif` or `webp` file.

    It grows for about `request.seconds`; then the last picture stays for HOLD seconds.
    """
    file, count = io.BytesIO(), max(2, round(request.seconds * PER_SECOND))
    walk = _Growing(request)
    every = round(1000 / PER_SECOND)
    durations = [every] * (count - 1) + [round(HOLD * 1000)]
    shared = next(walk.pictures(1)).quantize(_COLORS) if form == "gif" else None
    pictures = walk.pictures(count)
    if shared is not None:
        pictures = (one.quantize(palette=shared, dither=Image.Dither.NONE) for one in pictures)
    options = {"optimize": False} if form == "gif" else {"quality": 75, "method": 3}
    first, more = next(pictures), pictures if form == "gif" else [_Film(pictures, count - 1)]
    first.save(file, form, save_all=True, append_images=more, duration=durations, loop=0, **options)
    return file.getvalue()


class _Film:
    """Passes pictures to Pillow as if they were one image of `n_frames` frames.

    Pillow's WebP would first make a list of all `append_images`: 12 GB for two minutes of
    1920x1080. The frames of one image it takes one by one, with `seek`, each once and in order.
    """

    def __init__(self, pictures: Iterator[Image.Image], n_frames: int) -> None:
        self._pictures, self.n_frames = pictures, n_frames

    def seek(self, _: int) -> None:
        self._shown = next(self._pictures)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)


class _Growing:
    """Draws the pictures of one growing path, each on the canvas of the one before."""

    def __init__(self, request: PictureRequest) -> None:
        self._request = request
        self._large = request.size[0] * _TIMES, request.size[1] * _TIMES
        self._frame = WalkFrame.of(request.digits, self._large, _POINTS)
        joined = pieces(request.digits, self._frame.stride)
        self._dots = self._frame.dots([0j, *(point for piece in joined for point in piece[1:])])
        self._font = ImageFont.load_default(margin(request.size) * 0.62)
        inks = request.inks
        hues = (along(inks.spectrum, at / (_HUES - 1)) for at in range(_HUES))
        self._colors = (inks.paper, inks.text, *hues)

    def pictures(self, count: int) -> Iterator[Image.Image]:
        """Yield `count` pictures: the i-th shows about the first i/`count` of the path.

        The first ones show at least one line, even if the path has fewer lines than `count`.
        """
        canvas, drawn = new_canvas(self._large, self._colors), 0
        for number in range(1, count + 1):
            end = max(1, (len(self._dots) - 1) * number // count)
            self._draw(canvas, drawn, end)
            drawn = end
            yield self._picture(canvas, end)

    def _draw(self, canvas: Image.Image, start: int, end: int) -> None:
        """Draw the path from point `start` to `end` on the canvas.

        The colour of a point tells its place in the whole walk.
        """
        pen, last = ImageDraw.Draw(canvas), max(1, len(self._dots) - 1)
        thick = max(_TIMES, round(self._frame.thick(self._large)))
        while start < end:
            hue = start * _HUES // last
            stop = min(end, max(start + 1, -(-(hue + 1) * last // _HUES)))
            pen.line(self._dots[start : stop + 1], 2 + hue, thick, "curve")
            start = stop

    def _picture(self, canvas: Image.Image, end: int) -> Image.Image:
        """Return the canvas at its final size, with a dot at the end of the path and a caption."""
        picture = canvas.convert("RGB").reduce(_TIMES)
        pen, inks = ImageDraw.Draw(picture), self._request.inks
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
        request = self._request
        shown = min(end * self._frame.stride, len(request.digits))
        if end == len(self._dots) - 1:  # the last stride may be incomplete
            shown = len(request.digits)
        if request.start:
            return f"digits {request.start + 1:,} to {request.start + shown:,} of pi"
        return f"{shown:,} digit{'s' * (shown != 1)} of pi"
