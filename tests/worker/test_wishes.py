"""Waking the worker: no wish is slept through."""

from __future__ import annotations

import threading

import pytest

from pi_tui.worker.pace import MAX, Pace
from pi_tui.worker.wishes import Wishes


def sleeper(wishes: Wishes, *, paused: bool = False) -> threading.Thread:
    thread = threading.Thread(target=wishes.sleep, args=(None,), kwargs={"paused": paused})
    thread.start()
    return thread


@pytest.mark.parametrize("wish", [{"pause": True}, {"save": True}, {"stop": True}])
def test_a_wish_left_before_falling_asleep_keeps_it_awake(wish: dict[str, bool]) -> None:
    wishes = Wishes(MAX)
    wishes.tell(**wish)
    wishes.sleep(None)


@pytest.mark.parametrize(
    "wish", [{"pause": True}, {"save": True}, {"stop": True}, {"pace": Pace.of(5)}]
)
def test_a_wish_wakes_it(wish: dict[str, bool | Pace]) -> None:
    wishes = Wishes(MAX)
    thread = sleeper(wishes)
    while thread.is_alive():
        wishes.tell(**wish)
        thread.join(0.01)


def test_a_pause_ends_by_resuming_and_not_by_having_begun() -> None:
    wishes = Wishes(MAX)
    wishes.tell(pause=True)
    thread = sleeper(wishes, paused=True)
    thread.join(0.02)
    assert thread.is_alive()
    wishes.tell(pause=False)
    thread.join()
