"""Draw a few lines of text as a picture to send to friends."""

from __future__ import annotations

import io
from html import escape

from pi_tui.pi.pictures.inks import THEMES, Inks, along

SIZE = (1200, 630)
"""Pixels; messengers show this size uncropped."""
_TOP, _STEP = 190, 74


def draw_card(lines: list[str], theme: str, form: str) -> bytes:
    """Draw the lines on a card; return the bytes of a PNG file if `form` is "png", else of an SVG.

    The first line is largest, unless it is too long for that. A PNG needs Pillow.
    """
    inks = THEMES[theme]
    return _png(lines, inks) if form == "png" else _svg(lines, inks).encode()


def _rows(lines: list[str]) -> list[tuple[str, int, int]]:
    """Return each line with its font size and vertical position."""
    return [
        (line, min(34 if at else 54, int(1_900 / max(1, len(line)))), _TOP + _STEP * at)
        for at, line in enumerate(lines)
    ]


def _svg(lines: list[str], inks: Inks) -> str:
    width, height = SIZE
    stripe = "".join(
        f'<rect x="{at * width / 10:.0f}" width="{width / 10:.0f}" height="14" fill="{color}"/>'
        for at, color in enumerate(inks.spectrum)
    )
    texts = "\n".join(
        f'<text x="{width // 2}" y="{y}" font-size="{size}" text-anchor="middle" '
        f'fill="{inks.text if at in (0, 3) else inks.quiet}">{escape(line)}</text>'
        for at, (line, size, y) in enumerate(_rows(lines))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n'
        f'<rect width="100%" height="100%" fill="{inks.paper}"/>\n{stripe}\n'
        f'<g font-family="sans-serif">\n{texts}\n</g>\n</svg>\n'
    )


def _png(lines: list[str], inks: Inks) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", SIZE, inks.paper)
    pen = ImageDraw.Draw(image)
    for x in range(SIZE[0]):
        pen.line((x, 0, x, 13), along(inks.spectrum, x / SIZE[0]))
    for at, (line, size, y) in enumerate(_rows(lines)):
        font = ImageFont.load_default(size)
        ink = inks.text if at in (0, 3) else inks.quiet
        plain = line.replace("…", "...").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        pen.text((SIZE[0] / 2, y), plain, ink, font, "ms")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
