"""The colours of a picture: those of our themes, and a set for white paper."""

from __future__ import annotations

from typing import NamedTuple


class Inks(NamedTuple):
    """The colours of a theme, each as `#rrggbb`."""

    paper: str
    text: str
    quiet: str
    spectrum: tuple[str, ...]
    """Ten colours: of the digits, and along a walk from its start to its end."""
    cold: str
    hot: str
    """Colour of values above the average in a heat map; `cold` is for those below."""

    @property
    def heat(self) -> tuple[str, ...]:
        """Return nine colours, from cold to neutral to hot."""
        middle = blend(self.paper, self.text, 0.1)
        cold = [blend(middle, self.cold, step / 4) for step in (4, 3, 2, 1)]
        return (*cold, middle, *(blend(middle, self.hot, step / 4) for step in (1, 2, 3, 4)))


SPECTRUM_DARK = (
    *("#7a8bd6", "#5fa5e0", "#4dbfd0", "#52c9a4", "#7fcb74"),
    *("#b5c758", "#e0bb52", "#ec9a58", "#ea7a72", "#d974ab"),
)
SPECTRUM_LIGHT = (
    *("#4553a8", "#2a70b0", "#1b8496", "#208a66", "#4b8a35"),
    *("#7d861f", "#a67c14", "#b96320", "#b84640", "#a63f7c"),
)
"""Ten colours around the colour circle, as distinct as possible."""
THEMES = {
    "night": Inks("#0f1218", "#cdd5e1", "#76808f", SPECTRUM_DARK, "#5fb8c4", "#e8b860"),
    "day": Inks("#fbfaf6", "#2a3038", "#77736a", SPECTRUM_LIGHT, "#1b7f8f", "#a8700c"),
    "paper": Inks("#ffffff", "#000000", "#666666", SPECTRUM_LIGHT, "#1b7f8f", "#b04a10"),
}


def blend(one: str, other: str, share: float) -> str:
    """Mix two colours; `share` 0 gives the first, 1 the second.

    >>> blend("#000000", "#ff8000", 0.5)
    '#804000'
    """
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def along(spectrum: tuple[str, ...], share: float) -> str:
    """Return the colour at that share (0 to 1) of the way through the spectrum."""
    place = share * (len(spectrum) - 1)
    at = min(int(place), len(spectrum) - 2)
    return blend(spectrum[at], spectrum[at + 1], place - at)
