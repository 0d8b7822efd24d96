"""Pictures as SVG: no library, and so not too many points."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pi_tui.pi.pictures.inks import along
from pi_tui.pi.pictures.layout import Grid, WalkFrame, levels, margin
from pi_tui.pi.pictures.walk_points import pieces
from pi_tui.words import counted

if TYPE_CHECKING:
    from pi_tui.pi.pictures.wish import Wish

_POINTS = 30_000
"""Of a walk: 400 kB of text."""
_SQUARES = 40_000
_RUN = 200
"""Points of one colour."""


def draw(wish: Wish) -> str:
    """The picture as text."""
    width, height = wish.size
    body = _walk(wish) if wish.kind == "walk" else _heat(wish)
    edge = margin(wish.size)
    caption = _text(width / 2, height - edge * 0.8, wish.caption, wish, "middle")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n'
        f'<rect width="100%" height="100%" fill="{wish.inks.paper}"/>\n{body}\n{caption}\n</svg>\n'
    )


def _text(x: float, y: float, text: str, wish: Wish, anchor: str = "start") -> str:
    size = margin(wish.size) * 0.42
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-family="sans-serif" font-size="{size:.0f}" '
        f'text-anchor="{anchor}" fill="{wish.inks.quiet}">{text}</text>'
    )


def _walk(wish: Wish) -> str:
    frame = WalkFrame.of(wish.digits, wish.size, _POINTS)
    points = [frame.at(p) for piece in pieces(wish.digits, frame.stride) for p in piece]
    thick = max(1.0, frame.thick(wish.size))
    lines = [
        f'<polyline points="{_points(points[at : at + _RUN + 1])}" '
        f'stroke="{along(wish.inks.spectrum, at / len(points))}"/>'
        for at in range(0, len(points), _RUN)
    ]
    style = f'fill="none" stroke-width="{thick:.1f}" stroke-linejoin="round"'
    return f"<g {style}>\n" + "\n".join(lines) + "\n</g>\n" + _marks(wish, frame, points[-1])


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _marks(wish: Wish, frame: WalkFrame, end: tuple[float, float]) -> str:
    inks, dot, edge = wish.inks, min(wish.size) / 160, margin(wish.size)
    count = frame.measure(wish.size)
    start, bar = frame.at(0j), count * frame.scale
    x, y = edge, wish.size[1] - edge * 0.8
    beyond = x + bar + edge * 0.3
    return "\n".join(
        (
            f'<circle cx="{start[0]:.1f}" cy="{start[1]:.1f}" r="{dot:.1f}" fill="none" '
            f'stroke="{inks.text}" stroke-width="{dot / 2.5:.1f}"/>',
            f'<circle cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="{dot:.1f}" fill="{inks.text}"/>',
            f'<path d="M{x} {y - 8:.0f}v8h{bar:.0f}v-8" fill="none" stroke="{inks.quiet}" '
            f'stroke-width="2"/>',
            _text(beyond, y, counted(count, "step"), wish),
        )
    )


def _heat(wish: Wish) -> str:
    grid = Grid.of(len(wish.digits), wish.size, _SQUARES)
    colors = wish.inks.spectrum if grid.stride == 1 else wish.inks.heat
    values = levels(wish.digits, grid.stride)
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
