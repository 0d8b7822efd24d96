"""The screen in its main states and sizes, compared with text files beside this one.

A change of the screen shows as a difference in these files, which can be read as text.
`UPDATE_SNAPSHOTS=1 pytest …` writes them again.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pi_tui.app.looks.themes import DAY, NIGHT
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import SaveFailure, State
from tests.helpers import until
from tests.pi.app.helpers import NOW, a_snapshot, a_still, some_figures, text_of

FOLDER = Path(__file__).parent / "snapshots"
WATCHING: dict[str, Any] = {
    "state": State.WATCHING,
    "writer": "pid 4711 on box",
    "made": 8_220,
    "figures": Figures(iteration=139, iterations=336),
    "part": 0,
    "parts": 0,
    "left": None,
    "next_save": None,
    "done": 0.614,
    "resumed_done": 0.0,
}
"""A snapshot while another process computes the run."""
FAILING = SaveFailure(NOW - timedelta(seconds=90), "the disk is full")
STATES: dict[str, dict[str, Any]] = {
    "preparing": {
        "state": State.PREPARING,
        "made": 3_000,
        "saved": 3_000,
        "figures": None,
        "left": None,
        "rate": 0.0,
        "next_save": None,
    },
    "making": {
        "made": 0,
        "saved": 0,
        "resumed": 0,
        "resumed_done": 0.0,
        "figures": some_figures(predigit="", iteration=0, blocks=17, blocks_made=6),
        "done": 0.21,
        "rate": 0.0,
        "checkpoints": (),
    },
    "running": {},
    "paused": {"state": State.PAUSED, "saved": 8_640, "rate": 0.0},
    "saving-failed": {"save_failure": FAILING},
    "verifying": {"state": State.VERIFYING, "made": 20_000, "saved": 20_000},
    "complete": {
        "state": State.COMPLETE,
        "made": 20_000,
        "saved": 20_000,
        "figures": some_figures(iteration=336),
        "done": 1.0,
        "left": 0.0,
        "elapsed": 29.9,
        "verified": True,
        "next_save": None,
    },
    "watching": WATCHING,
    "watching-no-more": {**WATCHING, "writer": "", "notice": "pid 4711 on box has ended"},
    "failed": {
        "state": State.FAILED,
        "error": "digit 762 is not that of pi: a hardware fault or a bug of ours",
        "exit_code": 5,
    },
}
NAMES = {"?": "question_mark", "/": "slash"}
SIZES = [(40, 12), (80, 24), (120, 40), (200, 60)]


def compare(name: str, seen: str) -> None:
    """Compare the text with the file; with UPDATE_SNAPSHOTS, write the file instead."""
    path = FOLDER / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("state", STATES)
async def test_screen_in_each_main_state_matches_its_snapshot(state: str) -> None:
    async with a_still(a_snapshot(**STATES[state]), (80, 24)) as (app, _):
        compare(f"{state}-80x24.txt", text_of(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screen_at_each_main_size_matches_its_snapshot(size: tuple[int, int]) -> None:
    async with a_still(a_snapshot(), size) as (app, _):
        compare(f"running-{size[0]}x{size[1]}.txt", text_of(app))


async def test_tiny_window_with_a_failed_save_matches_its_snapshot() -> None:
    async with a_still(a_snapshot(save_failure=FAILING), (40, 12)) as (app, _):
        compare("saving-failed-40x12.txt", text_of(app))


@pytest.mark.parametrize(
    ("name", "keys", "seen"),
    [
        ("walk", "v", "8,640 steps"),
        ("heat", "vv", "a square is"),
        ("search", "/141", "hits"),
        ("go-to", "g", "a position from"),
        ("help", "?", "pause, which saves"),
        ("ask-export", "e", "positions 1 to 8,640"),
    ],
)
async def test_screen_opened_by_a_key_matches_its_snapshot(name: str, keys: str, seen: str) -> None:
    async with a_still(a_snapshot(), (100, 30)) as (app, pilot):
        await pilot.press(*(NAMES.get(key, key) for key in keys))
        # A dialog may be there before the main screen under it is drawn.
        await until(lambda: seen in text_of(app) and "20,000 digits" in text_of(app))
        compare(f"{name}-100x30.txt", text_of(app))


@pytest.mark.parametrize("theme", [NIGHT, DAY, "ansi-dark"])
async def test_colours_of_a_theme_match_their_snapshot(theme: str) -> None:
    async with a_still(a_snapshot(), (80, 24), theme) as (app, _):
        compare(f"running-{theme}.svg", app.export_screenshot(simplify=True))


async def test_markup_in_an_error_message_is_shown_as_text() -> None:
    nasty = SaveFailure(NOW, "[red]no[/] \x1b[2J space [@click=app.quit]left[/]")
    async with a_still(a_snapshot(save_failure=nasty), (100, 30)) as (app, _):
        text = text_of(app)
        assert "[red]no[/]" in text
        assert "\x1b" not in text
