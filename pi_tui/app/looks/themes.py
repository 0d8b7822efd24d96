"""Our two themes, and the colours we derive from any theme."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

if TYPE_CHECKING:
    from textual.app import App

NIGHT, DAY = "pi-night", "pi-day"

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

    Component classes would do the same, but Textual computes the styles of each several times at
    start-up.
    """
    variables = app.theme_variables
    colors = (Color.parse(variables[f"pi-{name}-{number}"]) for number in range(count))
    return [Style(color=color.rich_color) for color in colors]


def selected(app: App[Any]) -> Style:
    """Return the style of selected text; reverse video if the theme has the terminal's colours."""
    if app.current_theme.ansi:
        return Style(reverse=True)
    ink, paper = (app.theme_variables[name] for name in ("pi-selected-ink", "pi-selected"))
    return Style(color=Color.parse(ink).rich_color, bgcolor=Color.parse(paper).rich_color)


def fitting_theme(remembered: str, app: App[Any], is_light: bool | None = None) -> str:
    """Return the name of the theme the user chose, or else of a theme that suits the terminal.

    The variable TEXTUAL_THEME comes before `remembered`; unknown names are ignored. For a terminal
    of sixteen colours, choose a theme that uses only these sixteen; for a light background, a light
    theme. If `is_light` is None, read the background from the variable COLORFGBG, which some
    terminals set, and otherwise take it for dark.
    """
    for wish in (os.environ.get("TEXTUAL_THEME", ""), remembered):
        if wish in app.available_themes:
            return wish
    if is_light is None:
        is_light = os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    if app.console.color_system in ("standard", "windows"):
        return "ansi-light" if is_light else "ansi-dark"
    return DAY if is_light else NIGHT


class _Variable(NamedTuple):
    """A recipe for one of the app's colour variables, made from the colours of a theme."""

    name: str
    color: str
    mixed_with: str = ""
    share: float = 0.0
    """The share of the colour that it is mixed with, 0 to 1."""
    on: str = ""
    """What it must be readable on: `page` for any background, or a colour; "" if it is no text."""
    ansi: str = ""
    """One of the terminal's sixteen colours, for themes of these; its palette decides the look."""


_VARIABLES = (
    _Variable("rule", "foreground", "background", 0.84, ansi="bright_black"),
    _Variable("before", "accent", "background", 0.6, ansi="bright_black"),
    _Variable("mark", "accent", ansi="yellow"),
    _Variable("hit", "primary", "background", 0.45, ansi="cyan"),
    # Not reversed, because Textual leaves `reverse` out of the lines of lists.
    _Variable("cursor", "primary", ansi="cyan"),
    _Variable("selected", "foreground"),
    _Variable("block-done", "secondary", ansi="cyan"),
    _Variable("text", "foreground", on="page", ansi="default"),
    # Not bright black, which is the background in some palettes.
    _Variable("quiet", "foreground", "background", 0.3, "page", "default"),
    _Variable("faint", "foreground", "background", 0.6, "page", "default"),
    _Variable("saved", "foreground", "background", 0.18, "page", "default"),
    _Variable("fresh", "accent", "foreground", 0.4, "page", "yellow"),
    _Variable("held", "secondary", on="page", ansi="cyan"),
    _Variable("hit-ink", "foreground", on="hit", ansi="black"),
    _Variable("selected-ink", "background", on="foreground"),
    _Variable("paper", "background", on="accent", ansi="black"),
    _Variable("alert-ink", "background", on="error", ansi="black"),
    _Variable("cursor-ink", "background", on="primary", ansi="black"),
    _Variable("primary", "primary", on="page", ansi="blue"),
    _Variable("secondary", "secondary", on="page", ansi="cyan"),
    _Variable("accent", "accent", on="page", ansi="yellow"),
    _Variable("success", "success", on="page", ansi="green"),
    _Variable("warning", "warning", on="page", ansi="yellow"),
    _Variable("error", "error", on="page", ansi="red"),
)


def own_variables(theme: Theme) -> dict[str, str]:
    """Return the `$pi-…` variables that every app has, by name without `$`, with their colours.

    A theme of the terminal's colours lacks those for selected text: `selected` needs none.
    """
    if theme.ansi:
        own = {f"pi-{one.name}": f"ansi_{one.ansi}" for one in _VARIABLES if one.ansi}
        return own | ({"pi-primary": "ansi_cyan"} if theme.dark else {})
    colors, own = plain_colors(theme), {}
    page = (colors["background"], colors["surface"], colors["panel"])
    for name, color, other, share, on, _ in _VARIABLES:
        made = colors[color].blend(colors[other], share) if other else colors[color]
        made = readable(made, page if on == "page" else (colors[on],)) if on else made
        own[f"pi-{name}"] = made.hex
        colors.setdefault(name, made)
    return own


def plain_colors(theme: Theme) -> dict[str, Color]:
    """Return the ten named base colours of a theme, including those that Textual derives."""
    made = theme.to_color_system().generate()
    names = ("background", "foreground", "surface", "panel", "primary", "secondary", "accent")
    return {name: Color.parse(made[name]) for name in (*names, "success", "warning", "error")}


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
    """Move the text colour `ink` towards black or white until it is readable on all `papers`.

    Returns the moved colour. Readable is a contrast of READABLE on each of the background colours;
    if no shade reaches that, the result is black or white.
    """

    def worst(color: Color) -> float:
        return min(contrast(color, paper) for paper in papers)

    far = max((Color(0, 0, 0), Color(255, 255, 255)), key=worst)
    moved = (ink.blend(far, step / 50) for step in range(50))
    return next((color for color in moved if worst(color) >= READABLE), far)
