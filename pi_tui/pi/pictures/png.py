"""Pictures as PNG, drawn by Pillow.

They are drawn with a byte for a dot, in at most 256 colours, and become a file band by band: a
whole picture with its red, green and blue would take more memory than millions of digits.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from pi_tui.pi.pictures.inks import along
from pi_tui.pi.pictures.layout import Grid, WalkFrame, levels, margin
from pi_tui.pi.pictures.walk_points import pieces
from pi_tui.words import counted

if TYPE_CHECKING:
    from pi_tui.pi.pictures.wish import Wish

_SMOOTH = 300_000
"""Up to so many digits lines are longer than a pixel, and are seen to be smooth.

What is to be smooth is drawn twice as large, and made small; other walks only in small pictures.
"""
_POINTS = 20_000_000
_BAND = 64
"""Rows that become part of the file in one go."""
_TEXT, _QUIET, _FIRST = 1, 2, 3
"""Colours of a walk by number: 0 is the paper, from the last of these on it is the way."""
_HUES = 256 - _FIRST


@dataclass(frozen=True, slots=True)
class _Label:
    """A line of text, its anchor at a place."""

    x: float
    y: float
    text: str
    anchor: str


def draw(wish: Wish) -> bytes:
    """The picture as the bytes of a PNG file."""
    caption = _Label(wish.size[0] / 2, _base(wish), wish.caption, "ms")
    canvas, labels = _walk(wish) if wish.kind == "walk" else (_heat(wish), [])
    return _png(wish, canvas, [*labels, caption])


def _base(wish: Wish) -> float:
    """Where texts stand, in pixels from the top."""
    return wish.size[1] - margin(wish.size) * 0.8


def _canvas(size: tuple[int, int], colors: Sequence[str]) -> Image.Image:
    """An empty one that knows these colours; the first is everywhere."""
    image = Image.new("P", size, 0)
    image.putpalette(bytes.fromhex("".join(color[1:] for color in colors)))
    return image


def _walk(wish: Wish) -> tuple[Image.Image, list[_Label]]:
    """The way, its marks and its scale; and what is to be written beside that."""
    long_lines = len(wish.digits) <= _SMOOTH
    times = 2 if max(wish.size) <= (4096 if long_lines else 2048) else 1
    size, inks = (wish.size[0] * times, wish.size[1] * times), wish.inks
    hues = (along(inks.spectrum, at / (_HUES - 1)) for at in range(_HUES))
    canvas = _canvas(size, (inks.paper, inks.text, inks.quiet, *hues))
    pen, frame = ImageDraw.Draw(canvas), WalkFrame.of(wish.digits, size, _POINTS)
    thick = max(times, round(frame.thick(size)) if long_lines else 1)
    total, done, end = max(1, len(wish.digits) // frame.stride), 0, 0j
    for piece in pieces(wish.digits, frame.stride):
        run = max(1, min(len(piece), total // 500))
        for at in range(0, len(piece) - 1, run):
            hue = min(_HUES - 1, round((done + at) / total * (_HUES - 1)))
            pen.line(frame.dots(piece[at : at + run + 1]), _FIRST + hue, thick, "curve")
        done, end = done + len(piece) - 1, piece[-1]
    _mark(pen, frame.at(0j), frame.at(end), min(size) / 160)
    return canvas, [_measure(pen, wish, frame, times)]


def _mark(
    pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], dot: float
) -> None:
    """A ring where it begins, a disc where it ends."""
    for (x, y), fill in ((start, None), (end, _TEXT)):
        box = (x - dot, y - dot, x + dot, y + dot)
        pen.ellipse(box, fill, _TEXT, max(1, round(dot / 2.5)))


def _measure(pen: ImageDraw.ImageDraw, wish: Wish, frame: WalkFrame, times: int) -> _Label:
    """A bar of so many steps at the lower left, and what is to be written beside it."""
    edge = margin(wish.size)
    count = frame.measure((wish.size[0] * times, wish.size[1] * times))
    left, y, bar = edge * times, _base(wish) * times, count * frame.scale
    tick = edge * times * 0.12
    ends = [(left, y - tick), (left, y), (left + bar, y), (left + bar, y - tick)]
    pen.line(ends, _QUIET, 2 * times)
    return _Label((left + bar) / times + edge * 0.3, _base(wish), counted(count, "step"), "ls")


def _heat(wish: Wish) -> Image.Image:
    grid = Grid.of(len(wish.digits), wish.size)
    colors = wish.inks.spectrum if grid.stride == 1 else wish.inks.heat
    values = levels(wish.digits, grid.stride).translate(_BEHIND_PAPER)
    squares = Image.frombytes(
        "P", (grid.columns, grid.rows), values.ljust(grid.columns * grid.rows, b"\0")
    )
    shape = (grid.columns * grid.side, grid.rows * grid.side)
    canvas = _canvas(wish.size, (wish.inks.paper, *colors))
    canvas.paste(squares.resize(shape, Image.Resampling.NEAREST), (grid.left, grid.top))
    return canvas


_BEHIND_PAPER = bytes((value + 1) % 256 for value in range(256))


def _png(wish: Wish, canvas: Image.Image, labels: Sequence[_Label]) -> bytes:
    """The file: the canvas at the size that was wished, and the labels on it."""
    header = struct.pack(">IIBBBBB", *wish.size, 8, 2, 0, 0, 0)  # 8 bits of red, green and blue
    packer = zlib.compressobj(6)
    packed = (packer.compress(band) for band in _bands(wish, canvas, labels))
    parts = [_chunk(b"IHDR", header), *(_chunk(b"IDAT", part) for part in packed if part)]
    parts += [_chunk(b"IDAT", packer.flush()), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _bands(wish: Wish, canvas: Image.Image, labels: Sequence[_Label]) -> Iterator[bytes]:
    """The rows of the picture from the top, each with PNG's word for "as it is" before it."""
    width, height = wish.size
    times = canvas.width // width
    font = ImageFont.load_default(margin(wish.size) * 0.42)
    for top in range(0, height, _BAND):
        end = min(top + _BAND, height)
        band = canvas.crop((0, top * times, canvas.width, end * times)).convert("RGB")
        band = band.reduce(times) if times > 1 else band
        pen = ImageDraw.Draw(band)
        for label in labels:
            pen.text((label.x, label.y - top), label.text, wish.inks.quiet, font, label.anchor)
        dots = memoryview(band.tobytes())
        rows = (dots[at : at + 3 * width] for at in range(0, len(dots), 3 * width))
        yield b"".join(part for row in rows for part in (b"\0", row))


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A piece of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
