"""Windows of many sizes, and windows that are resized: everything fits and is whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from pi_tui.app.widgets.bars import StatusLine
from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.app.widgets.note_line import NoteLine
from pi_tui.pi.digits.facts import FACTS
from pi_tui.reports.resumed import how_it_goes_on
from pi_tui.worker.snapshot import Snapshot, State
from tests.helpers import until
from tests.pi.app.helpers import Still, a_frame, a_snapshot, a_still, resize, text_of

SIZES = (
    *((10, 3), (20, 6), (30, 8), (40, 12), (60, 20), (80, 24), (120, 40), (200, 60), (300, 80)),
    *((40, 12), (5, 2), (300, 80), (1, 1), (80, 24)),
)
"""Window sizes, growing and then changing at random; the smallest need only not to crash."""
MODES = ((), ("d",), ("d", "v"), ("v",))
ON_TOP = {
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "go to": ("g",),
    "export": ("e",),
    "card": ("b", *"1403", "enter"),
    "themes": ("t",),
    "by heart": ("h", "1", "5"),
    "runs": ("r",),
    "search": ("slash", *"14"),
}


def fits(app: PiApp) -> str:
    """Return the text on the screen; fail if it is wider or higher than the window."""
    width, height = app.size
    lines = text_of(app).splitlines()
    assert max(map(len, lines), default=0) <= width
    assert len(lines) <= height
    return "\n".join(lines)


def once(text: str) -> None:
    """Fail if a state, a title or a hint that belongs in one place is in `text` more than once."""
    for said in ("running", "digits 8,", "walk:", "heat map", "following", "time left", "? help"):
        assert text.count(said) <= 1


async def test_main_screen_fits_windows_of_1x1_to_300x80_in_all_views() -> None:
    async with a_still(a_snapshot(), SIZES[0]) as (app, pilot):
        for mode in MODES:
            await pilot.press(*mode)
            for size in SIZES:
                app.main_screen.query_one(NoteLine).tell([FACTS[0]])
                await resize(app, pilot, size)
                text = fits(app)
                once(text)
                if size[0] >= 10 and size[1] <= 12:
                    assert "?" in text.splitlines()[-1]


@pytest.mark.parametrize("name", ON_TOP)
async def test_dialogs_open_in_small_windows_and_fit_at_11_sizes(name: str, runs: Path) -> None:
    async with a_still(a_snapshot(), (80, 24), location=str(runs)) as (app, pilot):
        await pilot.press(*ON_TOP[name])
        before = app.screen
        for size in SIZES:
            await resize(app, pilot, size)
            fits(app)
        await pilot.press("escape")
        for size in SIZES[:4]:
            await resize(app, pilot, size)
            await pilot.press(*ON_TOP[name])
            fits(app)
            assert type(app.screen) is type(before)
            await pilot.press("escape")
            await pilot.pause()


async def test_dialogs_in_a_tiny_window_show_what_is_typed() -> None:
    async with a_still(a_snapshot(), (10, 3)) as (app, pilot):
        await pilot.press("g", *"762")
        await until(lambda: text_of(app).startswith("762"))
        await pilot.press("escape", "ctrl+p", *"pace")
        await until(lambda: text_of(app).startswith("🔎pace"))


@pytest.mark.parametrize("size", [(10, 3), (80, 1), (80, 4)])
@pytest.mark.parametrize("key", ["ctrl+p", "l", "t"])
async def test_key_page_down_in_the_lists_of_a_tiny_window_leaves_them_open(
    key: str, size: tuple[int, int]
) -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, pilot):
        await pilot.press(key, "down")
        await resize(app, pilot, size)
        await pilot.press("pagedown", "pageup")
        assert app.screen is not app.main_screen


async def test_search_opened_again_shows_no_old_result() -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, pilot):
        await pilot.press("slash", *"99999999")
        await until(lambda: "not in the first" in text_of(app))
        await pilot.press("escape", "slash")
        await until(lambda: " / digits" in text_of(app))
        assert "not in the first" not in text_of(app)


def test_status_line_of_8_to_59_columns_fits_and_shows_the_key_of_the_help() -> None:
    for width in range(8, 60):
        (line,) = StatusLine().lines(a_frame(), width, 1)
        assert line.cell_length <= width
        assert "?" in line.plain
    assert StatusLine().lines(a_frame(), 18, 1)[0].plain == "● running 63.2 % ?"


def _told(width: int, snapshot: Snapshot) -> str:
    frame = replace(a_frame(), snapshot=snapshot, quiet=how_it_goes_on(snapshot))
    return StatusLine().lines(frame, width, 1)[0].plain


def test_message_after_a_kill_fits_a_narrow_window_in_whole_words() -> None:
    killed = a_snapshot(left_open="pid 4711 on box", left_after=3.0)
    assert _told(38, killed) == "cut off; all 3,000 saved are there"
    assert _told(22, killed) == "cut off; all is there"
    assert _told(38, replace(killed, resumed=9_999_999)) == "cut off; all 9,999,999 saved are there"
    assert _told(38, replace(killed, resumed=0)) == "cut off; all it saved is there"
    assert _told(38, a_snapshot(state=State.RUNNING)) == "goes on after 3,000 digits"


async def test_note_is_shown_in_full_in_windows_of_60_columns_or_more_and_not_in_40() -> None:
    async with a_still(a_snapshot(), (120, 40)) as (app, pilot):
        assert isinstance(app.worker, Still)
        note = app.main_screen.query_one(NoteLine)
        while note.dismiss():
            pass
        note.tell([FACTS[0]])
        for size in ((300, 80), (60, 20), (40, 12), (80, 24)):
            await resize(app, pilot, size)
            await until(lambda: (FACTS[0].saying in text_of(app)) == (app.size.width >= 56))


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_kill_is_reported_even_if_the_resumed_run_is_first_seen_while_it_saves(
    size: tuple[int, int],
) -> None:
    """A resumed run saves soon, and on a slow machine the first poll may come only then."""
    preparing = a_snapshot(state=State.PREPARING, made=3_000, saved=3_000)
    async with a_still(preparing, size) as (app, _):
        assert isinstance(app.worker, Still)
        app.worker.snapshot = replace(
            preparing, state=State.SAVING, left_open="pid 4711 on box", left_after=3.0
        )
        await until(lambda: "cut off" in text_of(app) or "did not end" in text_of(app))


FRAMED_SIZES = tuple(
    (width, height) for width in (80, 120, 200) for height in (15, 22, 24, 27, 32, 36, 40, 44)
)


def overlapping(app: PiApp) -> list[str]:
    """Return the visible panels that overlap another one or reach beyond the area of panels."""
    panels = [one for one in app.main_screen.query(".card") if one.region and one.display]
    within = app.main_screen.query_one("#panels").region
    cut = [str(one.id) for one in panels if not within.contains_region(one.region)]
    over = [
        f"{one.id} over {other.id}"
        for one, other in combinations(panels, 2)
        if one.region.overlaps(other.region)
    ]
    return cut + over


@pytest.mark.parametrize("note", ["", "kept from the last run"])
async def test_panels_overlap_at_none_of_24_sizes_with_or_without_a_notice(note: str) -> None:
    async with a_still(a_snapshot(notice=note), (80, 24)) as (app, pilot):
        alert = app.main_screen.query_one("#alert")
        await until(lambda: alert.display == bool(note))
        wrong = {}
        for size in FRAMED_SIZES:
            await resize(app, pilot, size)
            if found := overlapping(app):
                wrong[size] = found
        assert not wrong


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (27, ["progress", "speed", "checkpoint", "spigot"]),
        (32, ["progress", "speed", "checkpoint", "counts"]),
        (36, ["progress", "speed", "checkpoint", "counts"]),
        (40, ["progress", "speed", "checkpoint", "spigot", "counts"]),
    ],
)
async def test_every_panel_that_has_room_is_shown(rows: int, names: list[str]) -> None:
    """In a browser's window of 36 rows the counts were missing, though seven rows were blank."""
    async with a_still(a_snapshot(), (120, rows)) as (app, _):
        cards = app.main_screen.query(".card")
        assert [one.id for one in cards if one.region] == [f"{name}-panel" for name in names]
        checkpoint = app.main_screen.query_one("#checkpoint-panel")
        assert checkpoint.size.height < 10


def test_message_after_a_kill_uses_the_singular_for_one_saved_line() -> None:
    killed = a_snapshot(left_open="pid 4711 on box", resumed=9, resumed_lines=1, unit="lines")
    assert how_it_goes_on(killed)[-3] == "the last session was cut off; the 1 saved line is there"
