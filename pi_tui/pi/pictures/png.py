"""Pictures as PNG, drawn by Pillow.

The canvas has one byte per dot, in at most 256 colours, and is written to the file band by band. A
whole picture in red, green and blue would take more memory than millions of digits.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from pi_tui.pi.pictures.inks import along
from pi_tui.pi.pictures.layout import Grid, WalkFrame, levels, margin
from pi_tui.pi.pictures.walk_points import pieces
from pi_tui.words import counted

if TYPE_CHECKING:
    from pi_tui.pi.pictures.request import PictureRequest

_SMOOTH = 300_000
"""Up to this many digits, lines are longer than a pixel, so smooth lines matter.

Smooth pictures are drawn twice as large and then reduced. Walks with more digits are smoothed
only in small pictures.
"""
_POINTS = 20_000_000
_BAND = 64
"""Rows written to the file at once."""
_TEXT, _QUIET, _FIRST = 1, 2, 3
"""Colour numbers in a walk: text, labels, first colour of the path. 0 is the paper."""
_HUES = 256 - _FIRST


class _Label(NamedTuple):
    """A line of text, anchored at a position."""

    x: float
    y: float
    text: str
    anchor: str


def draw(request: PictureRequest) -> bytes:
    """Draw the picture; return the bytes of a PNG file."""
    caption = _Label(request.size[0] / 2, _base(request), request.caption, "ms")
    canvas, labels = _walk(request) if request.kind == "walk" else (_heat(request), [])
    return _png(request, canvas, [*labels, caption])


def _base(request: PictureRequest) -> float:
    """Return the baseline of the texts, in pixels from the top."""
    return request.size[1] - margin(request.size) * 0.8


def new_canvas(size: tuple[int, int], colors: Sequence[str]) -> Image.Image:
    """Make an empty canvas with these colours, filled with the first."""
    image = Image.new("P", size, 0)
    image.putpalette(bytes.fromhex("".join(color[1:] for color in colors)))
    return image


def _walk(request: PictureRequest) -> tuple[Image.Image, list[_Label]]:
    """Draw the path, its marks and its scale bar; return the canvas and the labels to write."""
    long_lines = len(request.digits) <= _SMOOTH
    times = 2 if max(request.size) <= (4096 if long_lines else 2048) else 1
    size, inks = (request.size[0] * times, request.size[1] * times), request.inks
    hues = (along(inks.spectrum, at / (_HUES - 1)) for at in range(_HUES))
    canvas = new_canvas(size, (inks.paper, inks.text, inks.quiet, *hues))
    pen, frame = ImageDraw.Draw(canvas), WalkFrame.of(request.digits, size, _POINTS)
    thick = max(times, round(frame.thick(size)) if long_lines else 1)
    total, done, end = max(1, len(request.digits) // frame.stride), 0, 0j
    for piece in pieces(request.digits, frame.stride):
        run = max(1, min(len(piece), total // 500))
        for at in range(0, len(piece) - 1, run):
            hue = min(_HUES - 1, round((done + at) / total * (_HUES - 1)))
            pen.line(frame.dots(piece[at : at + run + 1]), _FIRST + hue, thick, "curve")
        done, end = done + len(piece) - 1, piece[-1]
    _mark(pen, frame.at(0j), frame.at(end), min(size) / 160)
    return canvas, [_measure(pen, request, frame, times)]


def _mark(
    pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], dot: float
) -> None:
    """Mark the start of the path with a ring and its end with a disc; `dot` is their radius."""
    for (x, y), fill in ((start, None), (end, _TEXT)):
        box = (x - dot, y - dot, x + dot, y + dot)
        pen.ellipse(box, fill, _TEXT, max(1, round(dot / 2.5)))


def _measure(
    pen: ImageDraw.ImageDraw, request: PictureRequest, frame: WalkFrame, times: int
) -> _Label:
    """Draw the scale bar at the lower left; return its label.

    The canvas is `times` times as wide and as high as the picture. The position of the label is in
    pixels of the picture.
    """
    edge = margin(request.size)
    count = frame.measure((request.size[0] * times, request.size[1] * times))
    left, y, bar = edge * times, _base(request) * times, count * frame.scale
    tick = edge * times * 0.12
    ends = [(left, y - tick), (left, y), (left + bar, y), (left + bar, y - tick)]
    pen.line(ends, _QUIET, 2 * times)
    return _Label((left + bar) / times + edge * 0.3, _base(request), counted(count, "step"), "ls")


def _heat(request: PictureRequest) -> Image.Image:
    grid = Grid.of(len(request.digits), request.size)
    colors = request.inks.spectrum if grid.stride == 1 else request.inks.heat
    values = levels(request.digits, grid.stride).translate(_BEHIND_PAPER)
    squares = Image.frombytes(
        "P", (grid.columns, grid.rows), values.ljust(grid.columns * grid.rows, b"\0")
    )
    shape = (grid.columns * grid.side, grid.rows * grid.side)
    canvas = new_canvas(request.size, (request.inks.paper, *colors))
    canvas.paste(squares.resize(shape, Image.Resampling.NEAREST), (grid.left, grid.top))
    return canvas


_BEHIND_PAPER = bytes((value + 1) % 256 for value in range(256))


def _png(request: PictureRequest, canvas: Image.Image, labels: Sequence[_Label]) -> bytes:
    """Return the bytes of a PNG file: the canvas at the requested size, with the labels on it."""
    header = struct.pack(">IIBBBBB", *request.size, 8, 2, 0, 0, 0)  # 8 bits of red, green and blue
    packer = zlib.compressobj(6)
    packed = (packer.compress(band) for band in _bands(request, canvas, labels))
    parts = [_chunk(b"IHDR", header), *(_chunk(b"IDAT", part) for part in packed if part)]
    parts += [_chunk(b"IDAT", packer.flush()), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _bands(
    request: PictureRequest, canvas: Image.Image, labels: Sequence[_Label]
) -> Iterator[bytes]:
    """Yield the picture from the top, _BAND rows at a time, each row after PNG's filter byte 0."""
    width, height = request.size
    times = canvas.width // width
    font = ImageFont.load_default(margin(request.size) * 0.42)
    for top in range(0, height, _BAND):
        end = min(top + _BAND, height)
        band = canvas.crop((0, top * times, canvas.width, end * times)).convert("RGB")
        band = band.reduce(times) if times > 1 else band
        pen = ImageDraw.Draw(band)
        for label in labels:
            pen.text((label.x, label.y - top), label.text, request.inks.quiet, font, label.anchor)
        dots = memoryview(band.tobytes())
        rows = (dots[at : at + 3 * width] for at in range(0, len(dots), 3 * width))
        yield b"".join(part for row in rows for part in (b"\0", row))


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return the bytes of a chunk of a PNG file: length, kind, data and CRC-32."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
