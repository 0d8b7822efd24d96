"""The speed of a session: average and range agree; without output, work is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_tui.worker.history import SpeedHistory
from pi_tui.worker.job import MAX
from pi_tui.worker.snapshot import Snapshot, State


def at(elapsed: float, made: int = 0, done: float = 0.0) -> Snapshot:
    return Snapshot(State.RUNNING, 1_000, MAX, elapsed=elapsed, made=made, done=done)


@given(st.lists(st.tuples(st.floats(0.1, 50), st.integers(0, 10**6)), min_size=1, max_size=999))
def test_average_is_within_the_range_of_the_curve(steps: list[tuple[float, int]]) -> None:
    history, elapsed, made = SpeedHistory(capacity=8), 0.0, 0
    history.feed(at(0.0))
    for took, more in steps:
        elapsed, made = elapsed + took, made + more
        history.feed(at(elapsed, made))
    curve = history.columns(5)
    assert len(curve) <= 5
    if curve:
        assert min(curve) * 0.999 <= history.average() <= max(curve) * 1.001


def test_average_of_output_in_bursts_is_that_of_the_whole_session() -> None:
    history = SpeedHistory()
    for second in range(101):
        history.feed(at(float(second), made=second // 10 * 1_000))
    assert history.span == 100
    assert history.average() == 100
    assert min(history.columns(50)) == 0
    assert max(history.columns(50)) == 500


def test_history_without_output_shows_the_speed_of_the_work() -> None:
    history = SpeedHistory()
    for second in range(41):
        history.feed(at(float(second), done=second / 100))
    assert not history.makes_output
    assert history.average() == pytest.approx(0.01)
    assert history.columns(40) == pytest.approx([0.01] * 40)


def test_history_covers_the_whole_session_in_bounded_memory() -> None:
    history = SpeedHistory(capacity=10)
    for second in range(10_000):
        history.feed(at(float(second), made=second))
    assert len(history.columns(10_000)) <= 10
    assert history.span > 9_000


def test_history_is_empty_before_two_points_and_after_a_fresh_start() -> None:
    history = SpeedHistory()
    assert (history.span, history.average(), history.columns(9)) == (0.0, 0.0, [])
    history.feed(at(100.0, made=500))
    history.feed(at(110.0, made=600))
    history.feed(at(0.0))
    assert (history.span, history.columns(9)) == (0.0, [])
