"""Our two themes, and the colours we derive from any theme."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

if TYPE_CHECKING:
    from rich.console import Console
    from textual.app import App

NIGHT, DAY = "pi-night", "pi-day"

_NAMED_ANSI = ("ansi_blue", "ansi_cyan", "ansi_yellow", "ansi_green", "ansi_yellow", "ansi_red")

NIGHT_THEME = Theme(
    name=NIGHT,
    dark=True,
    primary="#6fa8dc",
    secondary="#5fb8c4",
    accent="#e8b860",
    success="#86c58b",
    warning="#e59a5c",
    error="#e8717f",
    foreground="#cdd5e1",
    background="#0f1218",
    surface="#151a22",
    panel="#1c232e",
    variables={"pi-fresh": "#f1d9a4", "pi-saved": "#a9b4c6"},
)
DAY_THEME = Theme(
    name=DAY,
    dark=False,
    primary="#2c6aa8",
    secondary="#1b7f8f",
    accent="#a8700c",
    success="#35803f",
    warning="#b9601c",
    error="#bd3848",
    foreground="#2a3038",
    background="#fbfaf6",
    surface="#f3f1ea",
    panel="#e8e5dc",
    variables={"pi-fresh": "#8a5a00", "pi-saved": "#3b4350"},
)


def inks(app: App[Any], name: str, count: int) -> list[Style]:
    """Return the theme's colours `$pi-NAME-0` to `$pi-NAME-(count-1)` as styles.

    Component classes would do the same, but each takes 2 ms of start-up.
    """
    variables = app.theme_variables
    colors = (Color.parse(variables[f"pi-{name}-{number}"]) for number in range(count))
    return [Style(color=color.rich_color) for color in colors]


def selected(app: App[Any]) -> Style:
    """Return the style of selected text; with the terminal's own colours, reverse video."""
    if app.current_theme.ansi:
        return Style(reverse=True)
    ink, paper = (app.theme_variables[name] for name in ("pi-selected-ink", "pi-selected"))
    return Style(color=Color.parse(ink).rich_color, bgcolor=Color.parse(paper).rich_color)


def fitting_theme(
    remembered: str,
    available: Container[str],
    console: Console,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Return the name of the theme the user chose, or else of the one that suits the terminal.

    On a terminal of sixteen colours it has just these. On a light background (COLORFGBG, if the
    terminal sets that) it is our light theme.
    """
    for wish in (environment.get("TEXTUAL_THEME", ""), remembered):
        if wish in available:
            return wish
    is_light = environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    if console.color_system in ("standard", "windows"):
        return "ansi-light" if is_light else "ansi-dark"
    return DAY if is_light else NIGHT


def own_variables(theme: Theme) -> dict[str, str]:
    """Return the `$pi-…` variables of a theme."""
    if theme.ansi:
        return _for_ansi(dark=theme.dark)
    colors = plain_colors(theme)
    paper, ink = colors["background"], colors["foreground"]
    papers = (paper, colors["surface"], colors["panel"])
    hit = colors["primary"].blend(paper, 0.45)
    texts = {
        "pi-text": readable(ink, papers),
        "pi-quiet": readable(ink.blend(paper, 0.3), papers),
        "pi-faint": readable(ink.blend(paper, 0.6), papers),
        "pi-saved": readable(ink.blend(paper, 0.18), papers),
        "pi-fresh": readable(colors["accent"].blend(ink, 0.4), papers),
        "pi-held": readable(colors["secondary"], papers),
        "pi-hit-ink": readable(ink, (hit,)),
        "pi-selected-ink": readable(paper, (ink,)),
        "pi-paper": readable(paper, (colors["accent"],)),
        "pi-alert-ink": readable(paper, (colors["error"],)),
        "pi-cursor-ink": readable(paper, (colors["primary"],)),
        **{f"pi-{name}": readable(colors[name], papers) for name in _NAMED},
    }
    fills = {
        "pi-rule": ink.blend(paper, 0.84),
        "pi-before": colors["accent"].blend(paper, 0.6),
        "pi-mark": colors["accent"],
        "pi-hit": hit,
        "pi-cursor": colors["primary"],
        "pi-selected": ink,
        "pi-block-done": colors["secondary"],
    }
    return {name: color.hex for name, color in (texts | fills).items()}


_NAMED = ("primary", "secondary", "accent", "success", "warning", "error")
"""Colours of a theme used for text; as `$pi-primary` and so on they are made readable."""


def plain_colors(theme: Theme) -> dict[str, Color]:
    """Return the colours of a theme, including those that Textual derives."""
    made = theme.to_color_system().generate()
    names = ("background", "foreground", "surface", "panel", *_NAMED)
    return {name: Color.parse(made[name]) for name in names}


READABLE = 4.5
"""Minimum contrast of text with its background, by WCAG 2 (AA)."""


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours, 1 to 21, by WCAG 2.

    >>> round(contrast(Color.parse("#000"), Color.parse("#fff")), 1)
    21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=256)
def _luminance(color: Color) -> float:
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def readable(ink: Color, papers: Sequence[Color]) -> Color:
    """Return the colour, moved towards black or white until it is readable on all these papers."""

    def worst(color: Color) -> float:
        return min(contrast(color, paper) for paper in papers)

    far = max((Color(0, 0, 0), Color(255, 255, 255)), key=worst)
    moved = (ink.blend(far, step / 50) for step in range(50))
    return next((color for color in moved if worst(color) >= READABLE), far)


def _for_ansi(*, dark: bool) -> dict[str, str]:
    """Return a theme's variables in the terminal's sixteen colours only: its palette decides."""
    return {
        "pi-text": "ansi_default",
        "pi-quiet": "ansi_default",  # bright black is the background in some palettes
        "pi-faint": "ansi_default",
        "pi-rule": "ansi_bright_black",
        "pi-saved": "ansi_default",
        "pi-fresh": "ansi_yellow",
        "pi-held": "ansi_cyan",
        "pi-before": "ansi_bright_black",
        "pi-paper": "ansi_black",
        "pi-mark": "ansi_yellow",
        "pi-hit": "ansi_cyan",
        "pi-hit-ink": "ansi_black",
        "pi-block-done": "ansi_cyan",
        "pi-alert-ink": "ansi_black",
        "pi-cursor": "ansi_cyan",  # Textual leaves `reverse` out of the lines of lists
        "pi-cursor-ink": "ansi_black",
        **{f"pi-{name}": color for name, color in zip(_NAMED, _NAMED_ANSI, strict=True)},
        **({"pi-primary": "ansi_cyan"} if dark else {}),
    }
