"""What the app takes from the terminal's environment: colours, title, clipboard."""

from __future__ import annotations

import pytest

from pi_tui.app.looks.themes import DAY, NIGHT
from pi_tui.app.talk.export import clipboard_doubt
from pi_tui.app.terminal.title import title
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
async def test_first_theme_follows_the_colours_that_the_terminal_announces(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], theme: str
) -> None:
    monkeypatch.delenv("COLORTERM")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = bench.app(1_000)
    assert app.theme == theme
    async with app.run_test(size=(80, 24)):
        await until_state(app, State.COMPLETE)


async def test_no_color_gives_a_screen_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with a_still(a_snapshot(), (80, 24)) as (app, _):
        for strip in app.screen._compositor.render_strips():
            for _, style, _ in strip:
                assert style is not None
                for color in (style.color, style.bgcolor):
                    if color is not None and color.triplet is not None:
                        assert len(set(color.triplet)) == 1


def test_terminal_title_and_tab_show_progress_and_the_tab_clears_it_when_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM_PROGRAM", "ghostty")
    text = title(a_snapshot(done=0.43), PiNaming())
    assert text == "\x1b]2;π 43 % of 20,000 – running\x07\x1b]9;4;1;43\x07"
    text = title(a_snapshot(state=State.COMPLETE, done=1.0), PiNaming())
    assert text.endswith("\x1b]9;4;0;0\x07")


async def test_unchanged_terminal_title_is_written_only_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_still(a_snapshot(), (80, 24)) as (app, _):
        written = list[str]()
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        for _ in range(3):
            app.live._entitle("a title")
        assert written.count("a title") == 1


def test_terminal_without_a_clipboard_gets_a_warning_and_tmux_gets_a_hint() -> None:
    assert "exports" in clipboard_doubt({"TERM_PROGRAM": "Apple_Terminal"})
    assert "set-clipboard" in clipboard_doubt({"TMUX": "x", "TERM": "tmux-256color"})
