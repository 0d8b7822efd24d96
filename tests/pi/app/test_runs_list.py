"""The list of runs: open, delete, export and begin a run."""

from __future__ import annotations

import resource
import threading
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.widgets import DataTable

from pi_tui.app.screens.runs_list import RunsList
from pi_tui.app.talk import key_queue
from pi_tui.checkpoints import saved_runs
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.saved_runs import list_runs
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.worker.snapshot import State
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import paste, text_of, until_state


def finish(bench: Bench, digits: int) -> None:
    """Compute a run to its end, so that the database has it."""
    worker = bench.worker(digits)
    worker.start()
    assert worker.join(60)
    assert worker.snapshot.state is State.COMPLETE


async def test_run_opened_after_another_shows_only_its_own_digits(bench: Bench) -> None:
    finish(bench, 1_000)
    app = bench.app(1_000)
    app.live.forget(glance(bench.location, SpigotKind(), None))
    async with app.run_test():
        await until_state(app, State.COMPLETE)
        assert app.live.output[:] == pi(1_000)
        app.take(bench.worker(300))
        await until_state(app, State.COMPLETE)
        assert app.live.output[:] == pi(300)


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


async def test_deletion_of_another_run_keeps_the_pause_and_the_pace_of_this_one(
    bench: Bench,
) -> None:
    finish(bench, 1_000)
    app = bench.app(200_000, "1000")
    async with app.run_test(size=(100, 30)) as pilot:
        await until_state(app, State.RUNNING)
        await pilot.press("plus", "p")
        await until_state(app, State.PAUSED)
        await pilot.press("r")
        await until(lambda: "▸ 200,000" in text_of(app))
        await pilot.press("down", "d")
        await until(lambda: "Delete the run of 1,000" in text_of(app))
        before = app.worker
        await pilot.press("y")
        await until(lambda: app.worker is not before)
        assert (app.worker.pause_wanted, app.worker.pace.limit) == (True, 2_000)
        await until_state(app, State.PAUSED)


async def test_keys_typed_while_the_runs_are_read_wait_for_their_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for digits in (1_000, 1_500, 2_000):
        finish(bench, digits)
    may_read = threading.Event()

    def list_runs_late(*of_a_list: Any) -> list[Run]:
        assert may_read.wait(60)
        return list_runs(*of_a_list)

    app = bench.app(1_000)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_state(app, State.COMPLETE)
        monkeypatch.setattr(saved_runs, "list_runs", list_runs_late)
        monkeypatch.setattr(key_queue, "_LOST", 60.0)
        assert app._driver is not None
        app._driver.send_message(Key("r", "r"))
        await until(lambda: isinstance(app.screen, RunsList))
        app._driver.send_message(Key("down", None))
        for _ in range(20):
            await pilot.pause()
        may_read.set()
        await until(lambda: "2,000" in text_of(app))
        app._driver.send_message(Key("d", "d"))
        await until(lambda: "Delete the run of 1,500" in text_of(app))


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


async def test_run_begun_from_the_list_of_runs_is_refused_if_memory_is_too_small(
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
            await pilot.press("ctrl+u", *"1000000000", "enter")
            await until(lambda: app.worker.snapshot.goal == 1_000_000_000)
            await until(lambda: "1,000,000,000 digits take about 6.7 GB" in text_of(app))
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
