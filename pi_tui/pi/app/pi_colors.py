"""The colours of digits: ten for the digits, and nine from cold to hot for heat maps."""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

from pi_tui.app.looks.themes import plain_colors, readable
from pi_tui.pi.pictures.inks import SPECTRUM_DARK, SPECTRUM_LIGHT, Inks

_SPECTRUM_ANSI = (
    "ansi_default",  # blue is too dark on black in the palettes of consoles
    "ansi_bright_blue",
    "ansi_cyan",
    "ansi_bright_cyan",
    "ansi_green",
    "ansi_bright_green",
    "ansi_yellow",
    "ansi_bright_yellow",
    "ansi_red",
    "ansi_magenta",
)
_HEAT_ANSI = (
    "ansi_bright_blue",
    "ansi_blue",
    "ansi_cyan",
    "ansi_bright_black",
    "ansi_black",
    "ansi_bright_black",
    "ansi_yellow",
    "ansi_red",
    "ansi_bright_red",
)


def pi_variables(theme: Theme) -> dict[str, str]:
    """Return the variables `$pi-spectrum-…` and `$pi-heat-…` for a theme."""
    if theme.ansi:
        return {
            **{f"pi-heat-{level}": color for level, color in enumerate(_HEAT_ANSI)},
            **{f"pi-spectrum-{digit}": color for digit, color in enumerate(_SPECTRUM_ANSI)},
        }
    colors = plain_colors(theme)
    papers = (colors["background"], colors["surface"], colors["panel"])
    spectrum = SPECTRUM_DARK if theme.dark else SPECTRUM_LIGHT
    inks = {
        f"pi-spectrum-{d}": readable(Color.parse(c), papers).hex for d, c in enumerate(spectrum)
    }
    paper, text, cold, hot = (
        colors[name].hex for name in ("background", "foreground", "secondary", "accent")
    )
    heat = Inks(paper, text, "", spectrum, cold, hot).heat
    return inks | {f"pi-heat-{level}": color for level, color in enumerate(heat)}
