"""A request wakes the worker, and no request is missed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from pi_tui.machine import Task
from pi_tui.worker.board import Board
from pi_tui.worker.job import Job, Pace
from tests.tiny import Walks

Wish = Callable[[Board], None]
PAUSE, SAVE, STOP = Board.pause, Board.save_now, Board.stop


def board() -> Board:
    return Board(Job(Walks(), Task(27), ""), time.monotonic)


def sleeper(wishes: Board, *, paused: bool = False) -> threading.Thread:
    thread = threading.Thread(target=wishes.sleep, args=(None,), kwargs={"paused": paused})
    thread.start()
    return thread


@pytest.mark.parametrize("wish", [PAUSE, SAVE, STOP])
def test_request_made_before_sleep_prevents_sleeping(wish: Wish) -> None:
    wishes = board()
    wish(wishes)
    wishes.sleep(None)


@pytest.mark.parametrize("wish", [PAUSE, SAVE, STOP, lambda board: board.set_pace(Pace.of(5))])
def test_request_ends_a_sleep(wish: Wish) -> None:
    wishes = board()
    thread = sleeper(wishes)
    while thread.is_alive():
        wish(wishes)
        thread.join(0.01)


def test_sleep_of_a_paused_worker_is_ended_by_a_resume_and_not_by_the_pause() -> None:
    wishes = board()
    wishes.pause()
    thread = sleeper(wishes, paused=True)
    thread.join(0.02)
    assert thread.is_alive()
    wishes.resume()
    thread.join()
