"""The list of landmarks: those reached can be chosen, those to come cannot."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pi_tui.pi.digits import landmarks
from pi_tui.pi.digits.facts import Fact
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import DIGITS, a_complete_run, text_of


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_landmark_chosen_in_the_list_is_shown(size: tuple[int, int], bench: Bench) -> None:
    async with a_complete_run(bench, size) as (app, pilot):
        await pilot.press("l")
        await until(lambda: "The Feynman point" in text_of(app))
        await until(lambda: "Enter goes there" in text_of(app))
        assert text_of(app).partition("To come:")[0].count(" 762  ") == 1
        await pilot.press(*["down"] * 6, "enter")
        await until(lambda: app.screen is app.main_screen)
        await until(lambda: app.main_screen.digits.here == (761, 767))
        await pilot.press("l", "end")
        await until(lambda: "The longest run of 9s: 6 in a row." in text_of(app))
        await pilot.press("up", "enter")
        await until(lambda: app.screen is app.main_screen)
        here: tuple[int, int] | None = app.main_screen.digits.here
        assert here is not None
        assert set(pi(DIGITS)[slice(*here)]) == {ord("8")}


async def test_screen_responds_while_landmarks_are_searched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search takes a second among a hundred million digits."""
    look, began, may_end = landmarks.landmarks, threading.Event(), threading.Event()
    lived: list[bool] = []

    def slow(*digits: Any) -> list[Fact | str]:
        began.set()
        lived.append(may_end.wait(30))
        return look(*digits)

    monkeypatch.setattr(landmarks, "landmarks", slow)
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("l")
        await until(began.is_set)
        may_end.set()
        await until(lambda: "The Feynman point" in text_of(app))
    assert lived == [True]


async def test_landmark_not_reached_yet_cannot_be_chosen(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("l", *["down"] * 8)
        await until(lambda: "To come:" in text_of(app))
        await pilot.press("enter")
        await pilot.pause()
        assert "Landmarks" in text_of(app)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main_screen)
        assert app.main_screen.digits.here is None
