"""Texts on the screens of a tour have enough contrast in every theme, measured as drawn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from rich.color import Color as Ink
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot

from pi_tui.app.looks.themes import READABLE, contrast
from pi_tui.pi.app.pi_app import PiApp
from tests.helpers import until
from tests.pi.app.helpers import Still, a_snapshot, a_still, text_of
from tests.pi.app.test_snapshots import STATES

THEMES = {name: theme.ansi for name, theme in PiApp().available_themes.items()}
COLORED = [name for name, ansi in THEMES.items() if not ansi]
ANSI = [name for name, ansi in THEMES.items() if ansi]
_NO_PAPER = {"default", *(f"color({number})" for number in (*range(1, 7), *range(9, 15)))}
"""Terminal colours that no palette uses as its background."""
_BLUE = "color(4)"
"""Blue, which is nearly invisible on black in the palettes of consoles."""
_ON_COLOR = {("color(0)", f"color({paper})") for paper in (2, 3, 6, 7)}
"""Pairs of black text and a background that is bright enough for it in every palette."""


def written(app: PiApp) -> Iterator[Segment]:
    """Yield the segments with a letter or a digit; if a dialog is open, only those in it."""
    screen = app.screen
    strips = screen._compositor.render_strips()
    parts = dict(screen._compositor.visible_widgets)
    if screen is not app.main_screen:
        del parts[screen]
    for region in (region.intersection(clip) for region, clip in parts.values()):
        for strip in strips[region.y : region.bottom]:
            for segment in strip.crop(region.x, region.right):
                if any(map(str.isalnum, segment.text)):
                    yield segment


def faint(app: PiApp) -> set[str]:
    """Return the texts whose colour has too little contrast with what is behind them."""
    found = set()
    for text, style, _ in written(app):
        style = style or Style()
        ink, paper = style.color or Ink.default(), style.bgcolor or Ink.default()
        if style.reverse:
            ink, paper = paper, ink
        too_dark = ink.name == _BLUE and app.current_theme.dark
        if too_dark or not _is_read(ink, paper, reverse=bool(style.reverse)):
            found.add(f"{text.strip()[:30]!r}, {ink.name} on {paper.name}")
    return found


def _is_read(ink: Ink, paper: Ink, *, reverse: bool) -> bool:
    if ink.triplet is not None and paper.triplet is not None:
        return contrast(Color(*ink.triplet), Color(*paper.triplet)) >= READABLE
    if reverse:
        ink, paper = paper, ink
    named = ink.name, paper.name
    return named in _ON_COLOR or (named[0] in _NO_PAPER and named[1] == "default")


class Visit:
    """Opens one screen after the other; each generator yields the name of what is shown now."""

    def __init__(self, app: PiApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str, seen: str) -> None:
        """Press these keys, and wait until the text is on the screen."""
        await self.pilot.press(*keys)
        await self.pilot.pause()
        await until(lambda: seen in text_of(self.app))

    async def show(self, state: str) -> None:
        """Show the main screen in this state."""
        worker = self.app.worker
        assert isinstance(worker, Still)
        worker.snapshot = a_snapshot(**STATES[state])
        self.app.live.look()
        await self.pilot.pause()

    async def states(self) -> AsyncIterator[str]:
        """Show the main screen in each state of `STATES`, then with toasts."""
        for name in STATES:
            await self.show(name)
            yield name
        await self.show("running")
        for severity in ("information", "warning", "error"):
            self.app.notify("a toast", title="Title", severity=severity)
        await until(lambda: text_of(self.app).count("a toast") == 3)
        yield "toasts"
        self.app.clear_notifications()

    async def views(self) -> AsyncIterator[str]:
        """Show coloured digits with a selection, hits and a highlight; the walk; the heat map."""
        await self.pilot.press("d", "g", *"762", "enter", "slash", *"34", "enter")
        await self.pilot.mouse_down("#digits", offset=(12, 3))
        await self.pilot.hover("#digits", offset=(40, 6))
        await self.pilot.mouse_up("#digits", offset=(40, 6))
        yield "digits in colour"
        await self.press("d", "escape", "escape", "v", seen="walk:")
        yield "walk"
        await self.press("v", seen="a square is")
        yield "heat map"
        await self.pilot.press("v")

    async def small(self) -> AsyncIterator[str]:
        """Make the window small, where the rest of the tour is drawn faster."""
        await self.pilot.resize_terminal(54, 24)
        for name in ("running", "saving-failed"):
            await self.show(name)
            yield f"{name} in a small window"

    async def search(self) -> AsyncIterator[str]:
        """Show the search bar: empty, with hits, with a refused letter, without hits."""
        await self.press("slash", seen="igits")
        yield "search"
        await self.press(*"14", "shift+left", seen="hits")
        yield "hits"
        await self.press("a", seen="only digits")
        yield "no letters"
        await self.press(*"999999999", seen="not in")
        yield "no hits"
        await self.pilot.press("escape")

    async def dialogs(self) -> AsyncIterator[str]:
        """Open dialogs one after the other, and close them again."""
        for keys, seen in (
            ("question_mark", "save and leave"),
            ("g", "762"),
            ("g x", "a position from"),
            ("e", "positions 1 to"),
            ("b", "14.3.1988"),
            ("b 1 4 0 3 enter", "as you wrote it"),
            ("t", "Enter chooses"),
            ("h 1 4 2", "mistake"),
            ("l", "The first 0."),
            ("S", "PAIRS"),
            ("w", "of 8,640"),
        ):
            await self.press(*keys.split(), seen=seen)
            yield keys
            await self.pilot.press("escape")

    async def palette(self) -> AsyncIterator[str]:
        """Show the command palette: all actions, some of them, none."""
        await self.press("ctrl+p", seen="r · all runs")
        yield "palette"
        await self.press(*"pace", "down", seen="Halve the pace")
        yield "palette with a search"
        await self.press(*"xq", seen="No matches")
        yield "palette without matches"
        await self.pilot.press("escape")

    async def runs(self) -> AsyncIterator[str]:
        """Show the list of runs, and the question before a run is deleted."""
        await self.press("r", seen="20,000  100 %")
        await until(lambda: self.app.focused is not None)
        await self.pilot.hover("#runs-table", offset=(5, 3))
        await self.pilot.pause()
        yield "runs"
        await self.press("end", "d", seen="delete it")
        yield "delete"
        await self.pilot.press("escape", "escape")

    async def all(self) -> AsyncIterator[str]:
        """Go through all the visits above, one after the other."""
        tours = (self.states, self.views, self.small, self.search, self.dialogs, self.palette)
        for tour in (*tours, self.runs):
            async for name in tour():
                yield name


@pytest.mark.parametrize("theme", [*ANSI, *COLORED])
async def test_texts_on_all_toured_screens_have_enough_contrast(theme: str, runs: Path) -> None:
    seen: dict[str, set[str]] = {}
    async with a_still(a_snapshot(), (100, 40), theme, location=str(runs)) as (app, pilot):
        async for name in Visit(app, pilot).all():
            seen[name] = faint(app)
    assert {name: texts for name, texts in seen.items() if texts} == {}
