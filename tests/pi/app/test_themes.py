"""Every text colour has enough contrast in every theme, computed from the theme's colours."""

from __future__ import annotations

import pytest
from textual.color import Color

from pi_tui.app.looks.themes import READABLE, contrast
from pi_tui.pi.app.pi_app import PiApp

COLORED = [name for name, theme in PiApp().available_themes.items() if not theme.ansi]
PLACES = ("background", "surface", "panel")
TEXTS = (
    *("pi-text", "pi-quiet", "pi-faint", "pi-saved", "pi-fresh", "pi-held"),
    *("pi-primary", "pi-secondary", "pi-accent", "pi-success", "pi-warning", "pi-error"),
    *(f"pi-spectrum-{digit}" for digit in range(10)),
)
PAIRS = (
    *((text, place) for text in TEXTS for place in PLACES),
    *(("pi-hit-ink", "pi-hit"), ("pi-paper", "accent"), ("pi-alert-ink", "error")),
    *(("pi-selected-ink", "pi-selected"), ("pi-cursor-ink", "pi-cursor")),
)


@pytest.mark.parametrize("theme", COLORED)
def test_every_text_colour_has_enough_contrast_on_its_background(theme: str) -> None:
    app = PiApp()
    app.theme = theme
    colors = app.get_css_variables()
    faint = {
        f"{text} on {place}": round(reached, 2)
        for text, place in PAIRS
        if (reached := contrast(Color.parse(colors[text]), Color.parse(colors[place]))) < READABLE
    }
    assert faint == {}
