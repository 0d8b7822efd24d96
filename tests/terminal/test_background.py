"""The app asks the terminal whether its background is light, and chooses the theme."""

from __future__ import annotations

from pathlib import Path

from pi_tui.app.terminal.background import QUESTION
from tests.helpers import wait_until
from tests.terminal.emulator import Terminal

WHITE = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
DAY_PAPER = b"48;2;251;250;246"


def started_in(tmp_path: Path, theme: str = "") -> Terminal:
    """Start the app in a terminal with 24-bit colours."""
    return Terminal(
        *("--digits", 300, "--db", tmp_path / "pi"),
        XDG_STATE_HOME=str(tmp_path / "state"),
        COLORTERM="truecolor",
        TEXTUAL_THEME=theme,
    )


def test_theme_follows_a_light_background_and_is_not_saved(tmp_path: Path) -> None:
    with started_in(tmp_path) as terminal:
        wait_until(lambda: QUESTION.encode() in read(terminal))
        terminal.send(WHITE.decode())
        wait_until(lambda: DAY_PAPER in read(terminal))
    assert not (tmp_path / "state/pi-tui/face.json").exists()


def test_chosen_dark_theme_is_kept_on_a_light_background(tmp_path: Path) -> None:
    with started_in(tmp_path, "pi-night") as terminal:
        wait_until(lambda: QUESTION.encode() in read(terminal))
        terminal.send(WHITE.decode() + "?")
        terminal.see("What a spigot is|On the screen|The run")
        assert DAY_PAPER not in read(terminal)


def read(terminal: Terminal) -> bytes:
    """Return everything written to the terminal so far."""
    assert terminal.screen is not None  # reads
    return terminal.raw
