"""Pictures as PNG, drawn by Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from pi_tui.pictures.inks import along
from pi_tui.pictures.layout import Grid, WalkFrame, levels, margin
from pi_tui.pictures.path import pieces

if TYPE_CHECKING:
    from pi_tui.pictures.wish import Wish

_SMOOTH = 300_000
"""Up to so many digits lines are longer than a pixel: drawn twice as large, and made small."""
_POINTS = 20_000_000


def draw(wish: Wish) -> bytes:
    """The picture as the bytes of a PNG file."""
    image = _walk(wish) if wish.kind == "walk" else _heat(wish)
    _write(image, wish, (wish.size[0] / 2, wish.size[1] - margin(wish.size)), wish.caption, "ms")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _write(
    image: Image.Image, wish: Wish, place: tuple[float, float], text: str, anchor: str
) -> None:
    font = ImageFont.load_default(margin(wish.size) * 0.42)
    ImageDraw.Draw(image).text(
        (place[0], place[1] + margin(wish.size) * 0.2), text, wish.inks.quiet, font, anchor
    )


def _walk(wish: Wish) -> Image.Image:
    times = 2 if len(wish.digits) <= _SMOOTH and max(wish.size) <= 4096 else 1
    size = (wish.size[0] * times, wish.size[1] * times)
    image = Image.new("RGB", size, wish.inks.paper)
    pen, frame = ImageDraw.Draw(image), WalkFrame.of(wish.digits, size, _POINTS)
    thick = max(1, round(min(size) / 1400)) if times == 2 else 1
    total, done, end = max(1, len(wish.digits) // frame.stride), 0, 0j
    for piece in pieces(wish.digits, frame.stride):
        run = max(1, min(len(piece), total // 500))
        for at in range(0, len(piece) - 1, run):
            part = piece[at : at + run + 1]
            color = along(wish.inks.spectrum, (done + at) / total)
            pen.line([frame.at(point) for point in part], color, thick, "curve")
        done, end = done + len(piece) - 1, piece[-1]
    _mark(pen, wish, frame.at(0j), frame.at(end), min(size) / 160)
    _measure(image, wish, frame, times)
    return image.resize(wish.size, Image.Resampling.LANCZOS) if times > 1 else image


def _mark(
    pen: ImageDraw.ImageDraw,
    wish: Wish,
    start: tuple[float, float],
    end: tuple[float, float],
    dot: float,
) -> None:
    """A ring where it begins, a disc where it ends."""
    inks = wish.inks
    for (x, y), fill in ((start, None), (end, inks.text)):
        box = (x - dot, y - dot, x + dot, y + dot)
        pen.ellipse(box, fill, inks.text, max(1, round(dot / 2.5)))


def _measure(image: Image.Image, wish: Wish, frame: WalkFrame, times: int) -> None:
    """A bar of so many steps at the lower left."""
    edge, pen = margin(wish.size) * times, ImageDraw.Draw(image)
    y, bar = image.height - edge * 0.8, frame.measure * frame.scale
    tick = edge * 0.12
    ends = [(edge, y - tick), (edge, y), (edge + bar, y), (edge + bar, y - tick)]
    pen.line(ends, wish.inks.quiet, 2 * times)
    font = ImageFont.load_default(edge * 0.42)
    place = (edge + bar + edge * 0.3, y)
    pen.text(place, f"{frame.measure:,} steps", wish.inks.quiet, font, "ls")


def _heat(wish: Wish) -> Image.Image:
    grid = Grid.of(len(wish.digits), wish.size)
    inks = wish.inks.spectrum if grid.stride == 1 else wish.inks.heat
    colors = (*inks, wish.inks.paper)
    blank = len(inks)
    values = levels(wish.digits, grid.stride).ljust(grid.columns * grid.rows, bytes([blank]))
    small = Image.frombytes("P", (grid.columns, grid.rows), values)
    small.putpalette(bytes.fromhex("".join(color[1:] for color in colors)))
    shape = (grid.columns * grid.side, grid.rows * grid.side)
    image = Image.new("RGB", wish.size, wish.inks.paper)
    image.paste(small.resize(shape, Image.Resampling.NEAREST).convert("RGB"), (grid.left, grid.top))
    return image
