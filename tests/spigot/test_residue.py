"""The residue equation: true after every step, and broken by every error tried."""

import random
from dataclasses import replace

import pytest
from gmpy2 import mpz

from pi_tui.spigot.residue import PRIME, WrongArithmetic
from pi_tui.spigot.series import GOSPER, RABINOWITZ_WAGON, SERIES, Series
from pi_tui.spigot.spigot import Spigot, SpigotState
from tests.spigot.textbook import BASES

BOTH = pytest.mark.parametrize("series", SERIES.values(), ids=lambda series: series.name)


def _states(n: int, k: int, b: int, series: Series = GOSPER) -> list[SpigotState]:
    spigot = Spigot.new(n, digits_per_step=k, boxes_per_block=b, series=series)
    states = [spigot.to_state()]
    while not spigot.done:
        spigot.step()
        states.append(spigot.to_state())
    return states[:-1]


@BOTH
@pytest.mark.parametrize(
    ("n", "k", "b"), [(40, 1, 1), (800, 1, 64), (700, 10, 32), (3_000, 50, 99)]
)
def test_no_false_alarm_after_any_step_of_a_run_or_of_a_resumed_one(
    n: int, k: int, b: int, series: Series
) -> None:
    spigot = Spigot.new(n, digits_per_step=k, boxes_per_block=b, series=series)
    spigot.check()
    while not spigot.done:
        spigot.step()
        spigot.check()
    for state in _states(n, k, b, series)[:: 1 + n // 100]:
        Spigot.from_state(state).check()


@BOTH
def test_the_start_is_the_series_added_up_box_by_box(series: Series) -> None:
    spigot = Spigot.new(1_000, digits_per_step=20, boxes_per_block=128, series=series)
    base, value = BASES[series.name], 0
    for box in reversed(range(spigot.boxes_left)):
        weight = base.p(box + 1) * pow(base.q(box + 1), -1, PRIME)
        value = (base.b(box) + weight * value) % PRIME
    assert spigot.to_state().start == value


def test_every_flipped_bit_of_a_box_is_found() -> None:
    chance = random.Random(1)
    state = chance.choice(_states(700, 10, 32))
    for block, number in enumerate(state.boxes):
        for _ in range(8):
            wrong = number.bit_flip(chance.randrange(number.bit_length() - 1))
            boxes = (*state.boxes[:block], wrong, *state.boxes[block + 1 :])
            with pytest.raises((WrongArithmetic, ValueError)):  # or more than the box can hold
                Spigot.from_state(replace(state, boxes=boxes)).check()


def test_every_changed_digit_is_found() -> None:
    state = _states(700, 10, 32)[-1]
    for position in range(state.count):
        digit = (state.result[position] - ord("0") + 1) % 10
        wrong = state.result[:position] + b"%d" % digit + state.result[position + 1 :]
        with pytest.raises(WrongArithmetic):
            Spigot.from_state(replace(state, result=wrong)).check()


def test_a_changed_predigit_start_or_dropped_is_found() -> None:
    for state in _states(700, 10, 32)[2:]:
        for wrong in (
            replace(state, predigit=state.predigit ^ 1),
            replace(state, start=state.start ^ 1),
            replace(state, dropped=state.dropped ^ 1),
        ):
            with pytest.raises(WrongArithmetic):
                Spigot.from_state(wrong).check()


def test_a_number_that_goes_wrong_in_memory_is_found_at_the_next_check() -> None:
    spigot = Spigot.new(700, digits_per_step=10, boxes_per_block=32, series=RABINOWITZ_WAGON)
    spigot.step()
    spigot._numbers[3] += 1
    spigot.step()
    with pytest.raises(WrongArithmetic, match="iteration 2"):
        spigot.check()


def test_a_block_that_goes_wrong_in_memory_is_found_at_the_next_check() -> None:
    spigot = Spigot.new(700, digits_per_step=10, boxes_per_block=32)
    block = spigot._blocks[3]
    spigot._blocks[3] = replace(block, divisor=block.divisor - mpz(2))
    spigot.step()
    with pytest.raises(WrongArithmetic):
        spigot.check()


def test_the_equation_holds_at_the_very_end_with_digits_beyond_those_asked_for() -> None:
    spigot = Spigot.new(701, digits_per_step=10, boxes_per_block=32)
    spigot.finalize()
    spigot.check()
    spigot._numbers[0] += 1
    with pytest.raises(WrongArithmetic):
        spigot.check()
