"""Quitting while nothing can be saved: one question, no hang, no needless loss."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from math import inf
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot

from pi_tui.app.talk import key_queue
from pi_tui.app.terminal.quitting import outcome
from pi_tui.checkpoints.connection import engine
from pi_tui.errors import StorageError
from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.app.pi_naming import PiNaming
from pi_tui.worker import leave_request as leaving
from pi_tui.worker.snapshot import State
from tests.helpers import until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_snapshot, text_of


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a save fail if the database is locked for a tenth of a second."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)


@contextmanager
def locked(location: str) -> Iterator[sqlite3.Connection]:
    """Hold the database as another program would; closing the connection releases it."""
    connection = sqlite3.connect(location, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield connection
    finally:
        connection.close()


class Asked(NamedTuple):
    """An app that asks what to do about digits that cannot be saved."""

    app: PiApp
    pilot: Pilot[int]
    lock: sqlite3.Connection
    """Closing it lets the app save again."""


@asynccontextmanager
async def asked(
    bench: Bench, key: str = "q", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Asked]:
    """Press keys that end the app while its database is locked, and await the question."""
    app = bench.app(90_000, "2000")
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.worker.snapshot.made > 200)
        with locked(bench.location) as lock:
            await pilot.press(*key.split())
            await until(lambda: "cannot be" in text_of(app))  # "saved" may be in the next line
            yield Asked(app, pilot, lock)


async def test_failed_save_is_shown_while_computing_goes_on_until_a_save_succeeds(
    bench: Bench,
) -> None:
    app = bench.app(90_000, "2000", checkpoint_every="100")
    async with app.run_test(size=(80, 24)):
        await until(lambda: app.worker.snapshot.checkpoint)
        with locked(bench.location):
            await until(lambda: app.worker.snapshot.save_failure)
            await until(lambda: "NOT SAVED since " in text_of(app))
            count = app.worker.snapshot.made
            await until(lambda: app.worker.snapshot.made > count)
        await until(lambda: app.worker.snapshot.save_failure is None)
        await until(lambda: "NOT SAVED" not in text_of(app))


async def test_quit_without_a_save_says_what_is_lost_and_exits_with_6(bench: Bench) -> None:
    async with asked(bench) as (app, pilot, _):
        assert "cannot be saved" in text_of(app)
        assert "Leave, losing " in text_of(app)
        await pilot.click("#leave")
        await until(lambda: app.quitting.is_over)
    assert app.return_code == StorageError.exit_code


async def test_quit_question_shows_the_chosen_answer_in_a_small_terminal(bench: Bench) -> None:
    async with asked(bench, size=(40, 12)) as (app, pilot, _):
        for answer in ("Try again", "Leave, losing", "Go on computing"):
            await until(lambda answer=answer: answer in text_of(app))  # type: ignore[misc]
            await pilot.press("down")
        await pilot.click("#leave")
        await until(lambda: app.quitting.is_over)


async def test_answer_try_again_at_quit_saves_if_the_database_is_free_by_then(bench: Bench) -> None:
    async with asked(bench) as (app, pilot, lock):
        lock.close()
        await pilot.press("enter")
        await until(lambda: app.quitting.is_over)
    assert app.return_code == 0
    assert app.worker.snapshot.saved == app.worker.snapshot.made > 200


async def test_quit_cancelled_in_the_question_goes_on_computing(bench: Bench) -> None:
    async with asked(bench) as (app, pilot, _):
        await pilot.press("escape")
        await until(lambda: app.screen is app.main_screen)
        await until(lambda: app.worker.snapshot.state is State.RUNNING)


async def test_cancelled_quit_of_a_paused_run_resumes_it_and_key_p_pauses_it_again(
    bench: Bench,
) -> None:
    async with asked(bench, key="p q") as (app, pilot, _):
        await pilot.press("escape")
        await until(lambda: app.worker.snapshot.state is State.RUNNING)
        await pilot.press("p")
        await until(lambda: app.worker.pause_wanted)


async def test_key_pressed_after_a_cancelled_quit_is_handled_without_delay(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_queue, "_LOST", inf)
    async with asked(bench) as (app, pilot, _):
        await pilot.press("escape")
        await until(lambda: app.worker.snapshot.state is State.RUNNING)
        await pilot.press("slash")
        await until(lambda: app.screen.has_class("-searching"))


async def test_second_ctrl_c_long_enough_after_the_first_exits_without_saving(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "AT_ONCE_AFTER", 0.1)
    async with asked(bench, key="ctrl+c") as (app, pilot, _):
        await pilot.press("ctrl+c")
        await until(lambda: app.quitting.is_over)


PAUSED_EARLY = {"state": State.PAUSED, "made": 0, "saved": 0, "steps": 137, "done": 0.04}


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"state": State.COMPLETE, "verified": True}, 0, "complete, verified"),
        ({"state": State.PAUSED, "made": 500, "saved": 500, "steps": 137}, 0, "goes on from there"),
        ({"state": State.RUNNING, "made": 500, "saved": 500, "steps": 139}, 6, "2 steps not saved"),
        (
            PAUSED_EARLY | {"goal": 9_000, "length": 9_000},
            0,
            "saved 4.0 % of the work for 9,000 digits; `pi-tui` goes on from there",
        ),
        (
            PAUSED_EARLY | {"goal": 9_000, "length": 9_000, "checkpoints": ()},
            6,
            "137 steps not saved; saved 0 of 9,000 digits",
        ),
        ({"state": State.PAUSED, "made": 501, "saved": 500}, 6, "1 digit not saved"),
        ({"state": State.FAILED, "error": "disk full", "exit_code": 6}, 6, "disk full"),
        ({"state": State.PREPARING, "goal": 0, "made": 0, "saved": 0, "steps": 0}, 0, ""),
    ],
)
def test_last_line_and_exit_code_tell_how_the_run_ended(
    changes: dict[str, Any], code: int, words: str
) -> None:
    told, line = outcome(a_snapshot(**changes), PiNaming())
    assert told == code
    assert words in line
    assert bool(line) == bool(words)
