"""The output view for any machine: text and bytes, of any amount."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pi_tui.app.app import RunApp
from pi_tui.app.live import rate_of
from pi_tui.app.widgets.line_index import CHUNK, LineIndex
from pi_tui.app.widgets.output_tail import OutputTail
from pi_tui.machine import Task
from pi_tui.worker.job import MAX, Pace
from pi_tui.worker.snapshot import State
from tests.app.conftest import Shown, Still
from tests.app.helpers import paste, text_of
from tests.app.lines import LinesKind
from tests.helpers import until

MB = 1_000_000


def tail_of(app: RunApp) -> OutputTail:
    return app.main_screen.query_one(OutputTail)


@pytest.mark.parametrize("width", [1, 3, 4, 80])
def test_line_index_fed_piece_by_piece_equals_one_fed_the_whole_text(width: int) -> None:
    chance = random.Random(width)
    for _ in range(200):
        text = "".join(chance.choice("aé漢\n😀b") for _ in range(chance.randrange(80))).encode()
        pieces, whole, stop = LineIndex(width), LineIndex(width), 0
        while stop < len(text):
            stop = min(len(text), stop + chance.randrange(1, 9))
            assert not pieces.feed(text, stop)
        whole.feed(text, len(text))
        starts = [pieces.start_of(number) for number in range(pieces.lines)]
        assert starts == [whole.start_of(number) for number in range(whole.lines)]
        ends = [*starts[1:], len(text)]
        rows = [text[a:b] for a, b in zip(starts, ends, strict=True)]
        assert b"".join(rows) == text
        if width >= 4:
            assert all(len(row.rstrip(b"\n").decode()) <= width for row in rows)
        for at in range(len(text)):
            assert starts[pieces.line_of(at)] <= at < ends[pieces.line_of(at)]


async def test_text_view_follows_the_end_until_the_user_scrolls(shown: Shown) -> None:
    output = bytearray(b"".join(b"line %d\n" % number for number in range(1_000)))
    async with shown(output) as (app, pilot):
        await until(lambda: "line 999" in text_of(app))
        assert "following" in text_of(app)
        worker = app.worker
        assert isinstance(worker, Still)
        output += b"line 1000\n"
        worker.snapshot = Still(output).snapshot
        await until(lambda: "line 1000" in text_of(app))
        await pilot.press("pageup")
        await until(lambda: "line 1000" not in text_of(app))
        assert "G follows the tail" in text_of(app)
        before = tail_of(app).in_view[0]
        output += b"line 1001\n"
        worker.snapshot = Still(output).snapshot
        await until(lambda: app.main_screen.count == len(output))
        assert tail_of(app).in_view[0] == before
        await pilot.press("G")
        await until(lambda: "line 1001" in text_of(app))


async def test_watched_run_begun_again_with_other_output_is_shown_anew(shown: Shown) -> None:
    old, new = b"old line\n" * 200, b"a new and longer line\n" * 300
    async with shown(old, state=State.WATCHING) as (app, pilot):
        worker = app.worker
        assert isinstance(worker, Still)
        worker.output = new
        worker.snapshot = Still(new, state=State.WATCHING).snapshot
        await until(lambda: app.main_screen.count == len(new))
        await pilot.press("home", "pagedown", "pagedown", "pagedown")
        await until(lambda: "a new and longer line" in text_of(app))
        assert "old line" not in text_of(app)
        assert tail_of(app).line_total() == 300


async def test_run_that_fails_right_after_its_output_was_cut_is_shown_as_failed(
    shown: Shown,
) -> None:
    output = b"a line\n" * 200
    async with shown(output) as (app, pilot):
        worker = app.worker
        assert isinstance(worker, Still)
        worker.output = output[:70]  # its snapshot still counts 200 lines
        worker.snapshot = replace(worker.snapshot, state=State.FAILED, error="it broke")
        await until(lambda: app.main_screen.count == 70)
        await until(lambda: "it broke" in text_of(app))
        await pilot.press("home")


async def test_bytes_that_are_not_text_are_shown_in_hex_with_their_size(shown: Shown) -> None:
    output = bytes(range(256)) * 8
    async with shown(output) as (app, _):
        await until(lambda: "2.0 kB, not text" in text_of(app))
        assert "fc fd fe ff" in text_of(app)


async def test_output_of_100_mb_is_scrolled_searched_and_can_grow(shown: Shown) -> None:
    row = b"0123456789abcdef" * 3 + b"\n"
    output = bytearray(row * (100 * MB // len(row)) + b"the end\n")
    async with shown(output) as (app, pilot):
        tail = tail_of(app)
        lines = 100 * MB // len(row) + 1
        await until(lambda: tail.line_total() == lines and tail.in_view[1] == len(output))
        await until(lambda: "the end" in text_of(app))
        await pilot.press("home")
        assert tail.in_view[0] == 0
        await pilot.press("g", *"50%", "enter")
        await until(lambda: tail.here is not None and tail.here[0] == len(output) // 2)
        assert tail.in_view[0] <= len(output) // 2 < tail.in_view[1]
        await pilot.press("slash", *"the end", "enter")
        await until(lambda: "1 of 1 hit at position" in text_of(app))
        await until(lambda: "the end" in text_of(app))
        output += b"more"  # no part of the screen holds the buffer: it can grow


async def test_text_view_rewraps_lines_at_a_new_width_and_keeps_its_place(shown: Shown) -> None:
    output = b"".join(b"%06d " % number for number in range(2 * CHUNK // 7))
    async with shown(output, (100, 30)) as (app, pilot):
        tail = tail_of(app)
        await pilot.press("g", *"90%", "enter")
        first = tail.in_view[0]
        for width in (60, 140, 100):
            await pilot.resize_terminal(width, 30)
            await pilot.pause()
            await until(lambda: tail.in_view[0] <= first < tail.in_view[1])
            assert tail.start_of(1) == tail.scrollable_content_region.width


async def test_search_counts_hits_wraps_around_and_is_ended_by_escape(shown: Shown) -> None:
    async with shown("größer: a\nb: größe\nend\n".encode()) as (app, pilot):
        await pilot.press("slash", *"größe")
        await until(lambda: "1 of 2 hits at position 1 " in text_of(app))
        await pilot.press("enter", "n")
        await until(lambda: "2 of 2 hits" in text_of(app))
        await pilot.press("n")
        await until(lambda: "1 of 2 hits" in text_of(app))
        await pilot.press("escape")
        assert tail_of(app).needle is None


async def test_escape_codes_and_markup_in_output_are_shown_and_have_no_effect(shown: Shown) -> None:
    async with shown(b"a\x1b[2Jb [red]c[/red]\n") as (app, _):
        await until(lambda: "a·[2Jb [red]c[/red]" in text_of(app))


async def test_export_writes_all_output_unchanged(shown: Shown, tmp_path: Path) -> None:
    output, target = b"one\ntwo\n\xff", tmp_path / "file"
    async with shown(output) as (app, pilot):
        await pilot.press("e", "ctrl+u")
        await paste(pilot, str(target))
        await pilot.press("enter")
        await until(lambda: "Wrote 9 B to" in text_of(app))
    assert target.read_bytes() == output


async def test_figures_are_shown_in_a_panel_and_the_task_in_the_header(shown: Shown) -> None:
    async with shown(b"") as (app, _):
        text = text_of(app)
        assert "ising 1,000  size 64  seed 7" in text
        for name, value in (("temperature", "2.27"), ("energy", "-1.41"), ("accepted", "12,345")):
            assert any(name in row and value in row for row in text.splitlines())


async def test_figures_panel_says_how_many_are_hidden(shown: Shown) -> None:
    figures = {f"figure {number}": number for number in range(100)}
    async with shown(b"", (120, 40), figures=figures) as (app, _):
        text = text_of(app)
        hidden = [name for name in figures if not re.search(rf"{name}\b", text)]
        assert f"… {len(hidden)} more" in text


SIZES = ((10, 3), (40, 12), (120, 40), (300, 80), (1, 1), (80, 24))


@pytest.mark.parametrize("output", [b"", b"text\n" * 100, bytes(1_000)])
async def test_screens_are_drawn_at_sizes_1x1_to_300x80(output: bytes, shown: Shown) -> None:
    async with shown(output) as (app, pilot):
        for keys in ((), ("slash",)) if output else ((), ("question_mark",), ("t",)):
            await pilot.press(*keys)
            for width, height in SIZES:
                await pilot.resize_terminal(width, height)
                size = (width, height)
                await until(lambda size=size: app.screen._compositor.size == size)  # type: ignore[misc]
                await pilot.pause()
                lines = text_of(app).splitlines()
                assert len(lines) <= height
                assert max(map(len, lines), default=0) <= width
            await pilot.press("escape")


async def test_speed_of_a_machine_without_output_is_shown_in_steps(shown: Shown) -> None:
    async with shown(b"", steps=100) as (app, _):
        assert rate_of(None, app.worker.snapshot, 50.0) == 0.0
        later = Still(b"", steps=130).snapshot
        assert rate_of(app.worker.snapshot, later, 2.0) == 15.0
        assert panel_text(app, app.screen.query_one("#speed-panel"))[0].split() == ["steps", "0/s"]


async def test_app_without_a_task_asks_for_a_goal_and_exits_if_none_is_given(
    tmp_path: Path,
) -> None:
    made: list[Task] = []

    def make(task: Task) -> Still:
        made.append(task)
        return Still(b"made\n", goal=task.goal)

    app = RunApp(make_worker=make, kind=LinesKind(), location=str(tmp_path / "db"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "Which goal?" in text_of(app))
        await pilot.press(*"1.5", "enter")
        await until(lambda: "a whole number from 1" in text_of(app))
        await pilot.press("ctrl+u", *"5000", "enter")
        await until(lambda: "ising 5,000" in text_of(app))
        assert made == [Task(5_000)]
    again = RunApp(make_worker=make, kind=LinesKind(), location=str(tmp_path / "db"))
    async with again.run_test(size=(80, 24)) as pilot:
        await until(lambda: "Which goal?" in text_of(again))
        await pilot.press("escape")
        await until(lambda: again.quitting.is_over)
    assert again.return_code == 0


async def test_output_in_rows_is_counted_in_rows_and_positions_in_bytes(shown: Shown) -> None:
    output = b"row\n" * 12
    facts = {"unit": "rows", "made_lines": 12, "saved_lines": 12, "length": 4_000}
    async with shown(output, (100, 40), **facts) as (app, pilot):
        progress = app.screen.query_one("#progress-panel")
        assert panel_text(app, progress)[0].split() == ["rows", "12"]
        assert "rows" not in "".join(panel_text(app, app.screen.query_one("#speed-panel")))
        await pilot.press("g")
        await until(lambda: "a position from 1 to 48" in text_of(app))
        assert "rows" not in text_of(app).partition("a position")[2].splitlines()[0]


def panel_text(app: RunApp, panel: Any) -> list[str]:
    """Return the lines of text within a panel."""
    region = panel.content_region
    lines = text_of(app).splitlines()[region.y : region.bottom]
    return [line[region.x : region.right] for line in lines]


@pytest.mark.parametrize("figures", [{"a": 10**5_000}, {"a": [10**5_000]}], ids=["number", "list"])
async def test_figure_too_long_to_be_written_is_named_by_its_type(
    shown: Shown, figures: dict[str, object]
) -> None:
    async with shown(b"", figures=figures) as (app, _):
        await until(lambda: f"({type(figures['a']).__name__})" in text_of(app))


@pytest.mark.parametrize("before", [b"a\tb\t", b"\x1b[1m", b"\xe9\xe9 "])
async def test_mouse_selects_the_text_behind_tabs_escapes_and_bytes_that_are_no_text(
    shown: Shown, before: bytes
) -> None:
    async with shown(b"x" * 70_000 + b"\n" + before + b"hello\n") as (app, pilot):
        await until(lambda: "hello" in text_of(app))
        rows = text_of(app).splitlines()
        y = next(at for at, row in enumerate(rows) if "hello" in row)
        x = rows[y].index("hello")
        await pilot.mouse_down(offset=(x, y))
        await pilot.hover(offset=(x + 4, y))
        await pilot.mouse_up(offset=(x + 4, y))
        assert app.screen.get_selected_text() == "hello"


async def test_hex_lines_stay_aligned_when_offsets_get_longer(shown: Shown) -> None:
    output = bytearray(bytes(range(256)) * 4)[:992]
    async with shown(output) as (app, _):
        output += bytes(64)
        app.worker.snapshot = Still(output).snapshot
        await until(lambda: "1,048" in text_of(app))
        starts = [re.match(r"│ +[\d,]+  ", row) for row in text_of(app).splitlines()]
        assert len({start.end() for start in starts if start}) == 1


async def test_screen_polls_at_5_hz_at_full_speed_and_at_10_hz_at_a_pace_or_after_a_request(
    shown: Shown,
) -> None:
    """Use a run that has made no output yet."""
    async with shown(b"", pace=MAX) as (app, _):
        assert app.live._pulse() == 0.2
        app.live.hurry()
        assert app.live._pulse() == 0.1
    async with shown(b"", pace=Pace.of(10)) as (app, _):
        assert app.live._pulse() == 0.1
