"""Saved states of version 1: they continue, and damaged ones are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pi_tui.machine import BadState, State, WrongState
from pi_tui.pi.spigot.series import RABINOWITZ_WAGON
from pi_tui.pi.spigot.spigot import Spigot
from tests.pi.spigot.helpers import back, format_1, states

pytestmark = pytest.mark.usefixtures("small_batches")


def test_state_of_version_1_continues_in_its_own_series(pi: bytes) -> None:
    for n, k, b in ((300, 10, 32), (60, 1, 1), (700, 31, 256), (200, 100, 8)):
        every = states(n, k, b, RABINOWITZ_WAGON)
        for state in every[:-1]:
            again = Spigot(back(state, format_1(state)), threads=2)
            assert again.missing == again.blocks
            while again.missing:
                again.check()
                again.step()
            again.check()
            assert replace(again.snapshot(), made=0) == replace(state, made=0)
        assert again.finalize() == pi[:n]


def test_truncated_or_extended_state_of_version_1_is_refused() -> None:
    state = states(60, 10, 32, RABINOWITZ_WAGON)[3]
    whole = format_1(state).data
    for wrong in (*(whole[:end] for end in range(len(whole))), whole + b"\0"):
        with pytest.raises(BadState):
            back(state, State.of(wrong))


def test_finished_state_of_version_1_is_accepted_without_boxes(pi: bytes) -> None:
    last = replace(states(300, 10, 32, RABINOWITZ_WAGON)[-1], boxes=(), blocks=())
    assert Spigot(back(last, format_1(last))).finalize() == pi[:300]


def test_wrong_box_or_digit_in_a_state_of_version_1_is_found_once_blocks_are_made() -> None:
    state = states(300, 10, 32, RABINOWITZ_WAGON)[9]
    assert state.boxes[2] is not None
    boxes = (*state.boxes[:2], state.boxes[2] ^ 1, *state.boxes[3:])
    digit = bytes([state.result[5] ^ 1])
    result = state.result[:5] + digit + state.result[6:]
    for wrong in (replace(state, boxes=boxes), replace(state, result=result)):
        again = Spigot(back(wrong, format_1(wrong)))
        with pytest.raises(WrongState):
            again.finalize()
