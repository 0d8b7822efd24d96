"""The first start, the list of runs, the command palette, and saved settings."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import DataTable

from pi_tui.app.looks.remembered import Memory, Remembered
from pi_tui.app.looks.themes import DAY, NIGHT
from pi_tui.app.screens.runs_list import RunsList
from pi_tui.app.talk.export import clipboard_doubt
from pi_tui.app.terminal.title import TerminalTitle
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.saved_runs import list_runs
from pi_tui.pi.app.pi_app import PiLooks
from pi_tui.pi.app.pi_naming import PiNaming
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.worker.snapshot import State
from tests.helpers import pi, until, wait_until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_snapshot, a_still, paste, text_of, until_state


def finish(bench: Bench, digits: int) -> None:
    """Compute a run to its end, so that the database has it."""
    worker = bench.worker(digits)
    worker.start()
    assert worker.join(60)
    assert worker.snapshot.state is State.COMPLETE


async def test_first_start_asks_for_digits_and_explains_what_is_typed(bench: Bench) -> None:
    app = bench.app(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "How many digits of pi?" in text_of(app))
        await pilot.press("ctrl+u", *"1e6")
        await until(lambda: "1,000,000 digits: about" in text_of(app))
        assert "MB of memory" in text_of(app)
        await pilot.press("ctrl+u", *"0", "enter")
        await until(lambda: "ask for 1 or more" in text_of(app))
        await pilot.press("ctrl+u", *"1_000", "enter")
        await until_state(app, State.COMPLETE)
        assert bytes(app.worker.output) == pi(1_000)
        assert "1,000 digits" in text_of(app)


async def test_run_opened_after_another_shows_no_output_of_that(bench: Bench) -> None:
    finish(bench, 1_000)
    app = bench.app(1_000)
    app.live.forget(glance(bench.location, SpigotKind(), None))
    async with app.run_test():
        await until_state(app, State.COMPLETE)
        assert app.live.output[:] == pi(1_000)
        app.take(bench.worker(300))
        await until_state(app, State.COMPLETE)
        assert app.live.output[:] == pi(300)


async def test_first_question_shows_keys_examples_and_help(bench: Bench) -> None:
    app = bench.app(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "Enter begins" in text_of(app) and "Esc leaves" in text_of(app))
        await pilot.press("down")
        await until(lambda: "100,000 digits: " in text_of(app))
        await pilot.press("question_mark")
        await until(lambda: "pause, which saves" in text_of(app))
        await pilot.press("escape", "up")
        await until(lambda: "20,000 digits: " in text_of(app))


async def test_resumed_run_shows_its_saved_digits_and_when_they_were_saved(bench: Bench) -> None:
    first = bench.worker(200_000, digits_per_step=50)
    first.start()
    wait_until(lambda: first.snapshot.made > 0)
    first.stop()
    assert first.join(60)
    checkpoint = first.snapshot.checkpoint
    assert checkpoint is not None
    app = bench.app(200_000, "auto")
    async with app.run_test(size=(100, 30), notifications=True):
        when = f"{checkpoint.saved_at.astimezone():%Y-%m-%d}"
        await until(lambda: f"goes on after {checkpoint.length:,} digits, saved" in text_of(app))
        assert when in text_of(app)


async def test_list_of_runs_does_not_open_over_another_screen(bench: Bench) -> None:
    app = bench.app(1_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("question_mark")
        await until(lambda: "pause, which saves" in text_of(app))
        await pilot.press("ctrl+p", *"all runs")
        await until(lambda: "All runs" in text_of(app))
        await pilot.press("enter")
        await until(lambda: "pause, which saves" in text_of(app))
        await pilot.press("escape")
        await until(lambda: app.screen is app.main_screen)


async def test_runs_read_after_the_list_was_closed_are_ignored(bench: Bench) -> None:
    app = bench.app(1_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("r")
        await until(lambda: "▸ 1,000" in text_of(app))
        runs = app.screen
        assert isinstance(runs, RunsList)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main_screen and not runs.children)
        runs._fill()  # what `_read` calls when it ends
        await pilot.press("r")
        await until(lambda: "▸ 1,000" in text_of(app))


async def test_list_of_runs_is_unchanged_if_a_deletion_is_cancelled(bench: Bench) -> None:
    for digits in (1_000, 1_500):
        finish(bench, digits)
    app = bench.app(2_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("r")
        await until(lambda: "▸ 2,000" in text_of(app))
        assert "last saved" in text_of(app)
        assert all(f"{run.updated_at.astimezone():%H:%M}" in text_of(app) for run in _all(bench))
        await pilot.press("down", "down")
        table = app.screen.query_one(DataTable)
        await pilot.press("d")
        await until(lambda: "they cannot be brought back" in text_of(app))
        rows: list[tuple[int, int]] = []
        await pilot.press("escape")
        for _ in range(20):
            rows.append((table.row_count, table.cursor_row))
            await pilot.pause()
        assert set(rows) == {(3, 2)}


def _all(bench: Bench) -> list[Run]:
    return list_runs(bench.location, SpigotKind())


async def test_first_start_exits_if_no_digits_are_given(bench: Bench) -> None:
    app = bench.app(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "How many digits of pi?" in text_of(app))
        await pilot.press("escape")
        await until(lambda: app.quitting.is_over)
    assert app.return_code == 0


async def test_key_r_lists_runs_and_opens_another_after_saving_the_first(bench: Bench) -> None:
    finish(bench, 1_000)
    app = bench.app(200_000, "auto", checkpoint_every="0")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.worker.snapshot.made > 500)
        await pilot.press("r")
        await until(lambda: "▸ " in text_of(app))
        assert "▸ 200,000" in text_of(app)
        await pilot.press("down", "enter")
        await until(lambda: app.worker.snapshot.goal == 1_000)
        await until_state(app, State.COMPLETE)
        await until(lambda: app.main_screen.digits.count == 1_000)
        left = next(run for run in list_runs(bench.location, SpigotKind()) if run.goal == 200_000)
        assert left.committed > 500


async def test_run_is_deleted_only_after_confirmation(bench: Bench) -> None:
    finish(bench, 1_000)
    app = bench.app(2_000)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("r")
        await until(lambda: "▸ 2,000" in text_of(app))
        await pilot.press("d")
        await until(lambda: "This run is on the screen" in text_of(app))
        await until(lambda: "Enter open" in text_of(app))
        await pilot.press("down", "d")
        await until(lambda: "they cannot be brought back" in text_of(app))
        await pilot.press("enter")
        await until(lambda: "Enter open" in text_of(app))
        assert len(list_runs(bench.location, SpigotKind())) == 2
        await until(lambda: "▸ " in text_of(app))
        await pilot.press("down", "d")
        await until(lambda: "they cannot be brought back" in text_of(app))
        await pilot.press("y")
        await until(lambda: len(list_runs(bench.location, SpigotKind())) == 1)
        await until(lambda: app.worker.snapshot.goal == 2_000)
        await until(lambda: "is deleted" in text_of(app))


async def test_list_of_runs_exports_a_run(bench: Bench, tmp_path: Path) -> None:
    finish(bench, 1_000)
    app = bench.app(2_000)
    target = tmp_path / "a.txt"
    async with app.run_test(size=(100, 30)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("r")
        await until(lambda: "▸ 2,000" in text_of(app))
        await pilot.press("down", "e", "ctrl+u")
        await paste(pilot, str(target))
        await pilot.press("enter")
        await until(target.exists)
    assert target.read_bytes() == b"3." + pi(1_000) + b"\n"


async def test_key_n_in_the_list_of_runs_begins_a_new_run(bench: Bench) -> None:
    app = bench.app(1_000)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("r")
        await until(lambda: "Enter open" in text_of(app))
        await pilot.press("n")
        await until(lambda: "10,000 digits: less than a second" in text_of(app))
        await pilot.press("ctrl+u", *"1500", "enter")
        await until(lambda: app.worker.snapshot.goal == 1_500)
        await until_state(app, State.COMPLETE)


async def test_run_begun_from_the_list_is_refused_without_memory_for_it(
    bench: Bench,
) -> None:
    app = bench.app(500)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_state(app, State.COMPLETE)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = pages * resource.getpagesize() + 900_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
        try:
            await pilot.press("r", "n")
            await pilot.press("ctrl+u", *"200000000", "enter")
            await until(lambda: app.worker.snapshot.goal == 200_000_000)
            await until(lambda: "200,000,000 digits take about 1.6 GB" in text_of(app))
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


async def test_palette_offers_every_action_once() -> None:
    async with a_still(a_snapshot(), (100, 30)) as (app, _):
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert len(titles) == len(set(titles)) >= 20
        assert {"Find a birthday", "All runs", "Export to a file", "Theme"} <= set(titles)


async def test_ctrl_p_offers_the_birthday_search() -> None:
    async with a_still(a_snapshot(), (100, 30)) as (app, pilot):
        await pilot.press("ctrl+p", *"birth")
        await until(lambda: "Find a birthday" in text_of(app))
        await pilot.press("enter")
        await until(lambda: "Where is your date in pi?" in text_of(app))


async def test_theme_is_saved_for_the_next_start(bench: Bench) -> None:
    app = bench.app(1_000)
    async with app.run_test() as pilot:
        assert app.theme == NIGHT
        await pilot.press("t", "down", "enter")
        await until(bench.memory.exists)
    again = bench.app(1_000)
    async with again.run_test():
        assert again.theme == DAY


@pytest.mark.parametrize("said", ["", "[]", "{", '{"theme": 7, "view": "walk", "more": 1}', "\0"])
def test_settings_file_with_nonsense_counts_as_none(tmp_path: Path, said: str) -> None:
    path = tmp_path / "face.json"
    path.write_text(said)
    remembered = Memory(path, PiLooks()).now
    assert isinstance(remembered, PiLooks)
    assert remembered.theme == ""
    assert remembered.view == ("walk" if "walk" in said else "digits")


def test_settings_file_is_written_completely(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "face.json"
    assert Memory(path, PiLooks()).change(theme="nord", colored=True) == ""
    assert json.loads(path.read_text())["theme"] == "nord"
    assert [one.name for one in path.parent.iterdir()] == ["face.json"]


def test_settings_of_another_app_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "face.json"
    Memory(path, PiLooks()).change(by_heart=7)
    Memory(path, Remembered()).change(theme="nord")
    kept = Memory(path, PiLooks()).now
    assert kept == PiLooks(theme="nord", by_heart=7)


async def test_bell_that_was_turned_on_rings_at_completion_and_can_be_turned_off(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, rings = bench.app(1_000), list[str]()
    monkeypatch.setattr(app, "bell", lambda: rings.append("rung"))
    app.looks.turn_bell()
    async with app.run_test():
        await until_state(app, State.COMPLETE)
        await until(lambda: rings == ["rung"])
    again = bench.app(1_000)
    assert again.looks.now.bell
    again.looks.turn_bell()
    assert not again.looks.now.bell


async def test_settings_that_cannot_be_saved_are_reported(bench: Bench) -> None:
    bench.memory = Path("/proc/no/face.json")
    app = bench.app(1_000)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("d")
        await until(lambda: "The settings are not saved" in text_of(app))
        assert "Errno" not in text_of(app)


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


def test_terminal_title_shows_progress_once_and_clears_it_when_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM_PROGRAM", "ghostty")
    written: list[str] = []
    title = TerminalTitle(written.append, PiNaming())
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


def test_app_imports_only_what_the_first_frame_needs() -> None:
    ask = "import sys, pi_tui.pi.app.pi_app, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    heavy = ("sqlalchemy", "gmpy2", "rich.markdown", "markdown_it")
    assert not loaded & set(heavy)
    ours = ("screens.help", "screens.runs_list", "screens.dialogs", "screens.palette")
    assert not loaded & {f"pi_tui.app.{name}" for name in ours}
    assert not loaded & {
        f"pi_tui.pi.app.{name}" for name in ("views.heat_view", "widgets.digit_search_bar")
    }
