"""What the app takes from the terminal's environment: colours, title, clipboard."""

from __future__ import annotations

import pytest

from pi_tui.app.looks.themes import DAY, NIGHT
from pi_tui.app.talk.export import clipboard_doubt
from pi_tui.app.terminal.title import TerminalTitle
from pi_tui.pi.app.pi_naming import PiNaming
from pi_tui.worker.snapshot import State
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_snapshot, a_still, until_state


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, DAY),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, NIGHT),
    ],
)
async def test_first_theme_suits_the_terminal(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], theme: str
) -> None:
    monkeypatch.delenv("COLORTERM")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = bench.app(1_000)
    assert app.theme == theme
    async with app.run_test(size=(80, 24)):
        await until_state(app, State.COMPLETE)


async def test_no_color_gives_a_screen_without_colours(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with a_still(a_snapshot(), (80, 24)) as (app, _):
        for strip in app.screen._compositor.render_strips():
            for _, style, _ in strip:
                assert style is not None
                for color in (style.color, style.bgcolor):
                    if color is not None and color.triplet is not None:
                        assert len(set(color.triplet)) == 1


def test_terminal_title_shows_progress_once_and_clears_it_when_complete() -> None:
    written: list[str] = []
    title = TerminalTitle(written.append, PiNaming(), progress=True)
    for _ in range(3):
        title.show(a_snapshot(done=0.43))
    title.show(a_snapshot(state=State.COMPLETE, done=1.0))
    text = "".join(written)
    assert text.count("π 43 % of 20,000 – running") == 1
    assert "\x1b]9;4;1;43\x07" in text
    assert text.endswith("\x1b]9;4;0;0\x07")


def test_terminal_without_a_clipboard_gets_a_warning() -> None:
    assert "exports" in clipboard_doubt({"TERM_PROGRAM": "Apple_Terminal"})
    assert "set-clipboard" in clipboard_doubt({"TMUX": "x", "TERM": "tmux-256color"})
