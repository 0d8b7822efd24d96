"""Draw pictures as SVG. No library is needed; the number of points is limited."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pi_tui.pi.pictures.inks import along
from pi_tui.pi.pictures.layout import Grid, WalkFrame, levels, margin
from pi_tui.pi.pictures.walk_points import pieces
from pi_tui.words import counted

if TYPE_CHECKING:
    from pi_tui.pi.pictures.request import PictureRequest

_POINTS = 30_000
"""Maximum number of points of a walk: 400 kB of text."""
_SQUARES = 40_000
_RUN = 200
"""Number of neighbouring points drawn in one colour."""


def draw(request: PictureRequest) -> str:
    """Draw the walk or the heat map that is requested; return it as SVG text."""
    width, height = request.size
    body = _walk(request) if request.kind == "walk" else _heat(request)
    edge = margin(request.size)
    caption = _text(width / 2, height - edge * 0.8, request.caption, request, "middle")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n'
        f'<rect width="100%" height="100%" fill="{request.inks.paper}"/>\n'
        f"{body}\n{caption}\n</svg>\n"
    )


def _text(x: float, y: float, text: str, request: PictureRequest, anchor: str = "start") -> str:
    size = margin(request.size) * 0.42
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-family="sans-serif" font-size="{size:.0f}" '
        f'text-anchor="{anchor}" fill="{request.inks.quiet}">{text}</text>'
    )


def _walk(request: PictureRequest) -> str:
    frame = WalkFrame.of(request.digits, request.size, _POINTS)
    points = [frame.at(p) for piece in pieces(request.digits, frame.stride) for p in piece]
    thick = max(1.0, frame.thick(request.size))
    lines = [
        f'<polyline points="{_points(points[at : at + _RUN + 1])}" '
        f'stroke="{along(request.inks.spectrum, at / len(points))}"/>'
        for at in range(0, len(points), _RUN)
    ]
    style = f'fill="none" stroke-width="{thick:.1f}" stroke-linejoin="round"'
    return f"<g {style}>\n" + "\n".join(lines) + "\n</g>\n" + _marks(request, frame, points[-1])


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _marks(request: PictureRequest, frame: WalkFrame, end: tuple[float, float]) -> str:
    inks, dot, edge = request.inks, min(request.size) / 160, margin(request.size)
    count = frame.measure(request.size)
    start, bar = frame.at(0j), count * frame.scale
    x, y = edge, request.size[1] - edge * 0.8
    beyond = x + bar + edge * 0.3
    return "\n".join(
        (
            f'<circle cx="{start[0]:.1f}" cy="{start[1]:.1f}" r="{dot:.1f}" fill="none" '
            f'stroke="{inks.text}" stroke-width="{dot / 2.5:.1f}"/>',
            f'<circle cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="{dot:.1f}" fill="{inks.text}"/>',
            f'<path d="M{x} {y - 8:.0f}v8h{bar:.0f}v-8" fill="none" stroke="{inks.quiet}" '
            f'stroke-width="2"/>',
            _text(beyond, y, counted(count, "step"), request),
        )
    )


def _heat(request: PictureRequest) -> str:
    grid = Grid.of(len(request.digits), request.size, _SQUARES)
    colors = request.inks.spectrum if grid.stride == 1 else request.inks.heat
    values = levels(request.digits, grid.stride)
    made = []
    for row in range(grid.rows):
        at, y = 0, grid.top + row * grid.side
        for value, run in groupby(values[row * grid.columns : (row + 1) * grid.columns]):
            count = len(list(run))
            x = grid.left + at * grid.side
            made.append(
                f'<rect x="{x}" y="{y}" width="{count * grid.side}" height="{grid.side}" '
                f'fill="{colors[value]}"/>'
            )
            at += count
    return '<g shape-rendering="crispEdges">\n' + "\n".join(made) + "\n</g>"
