"""The residue equation: holds after every step, and fails for every error tried."""

import contextlib
import math
import random
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from gmpy2 import mpz

from pi_tui.machine import BadState, WrongState
from pi_tui.pi.spigot import predigit
from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot import spigot as spigot_module
from pi_tui.pi.spigot.boxes import making
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.boxes.residue import PRIME
from pi_tui.pi.spigot.comparison.reference import pi_digits
from pi_tui.pi.spigot.series import Series
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.pi.spigot.state import SpigotState
from tests.pi.spigot.helpers import EVERY_SERIES, new, ready, states
from tests.pi.spigot.textbook import BASES


@EVERY_SERIES
@pytest.mark.parametrize(
    ("n", "k", "b"), [(40, 1, 1), (800, 1, 64), (700, 10, 32), (3_000, 50, 99)]
)
def test_residue_equation_holds_after_every_step_and_in_restored_spigots(
    n: int, k: int, b: int, series: Series
) -> None:
    spigot = new(n, k, b, series)
    spigot.check()
    while not spigot.done:
        spigot.step()
        spigot.check()
    for state in states(n, k, b, series)[:-1][:: 1 + n // 100]:
        Spigot(state).check()


@EVERY_SERIES
def test_residue_of_all_boxes_at_the_start_equals_the_series_summed_box_by_box(
    series: Series,
) -> None:
    spigot = ready(1_000, 20, 128, series)
    whole = 0
    for base, count in zip(BASES[series.name], spigot.size.counts(0), strict=True):
        value = 0
        for box in reversed(range(count * 128)):
            weight = base.p(box + 1) * pow(base.q(box + 1), -1, PRIME)
            value = (base.b(box) + weight * value) % PRIME
        whole += value * pow(base.q_0, -1, PRIME)
    assert spigot.snapshot().start == whole % PRIME


def test_flipped_bit_in_any_block_is_found_by_restoring_or_by_check() -> None:
    chance = random.Random(1)
    state = chance.choice(states(700, 10, 32)[:-1])
    for block, number in enumerate(state.boxes):
        assert number
        for _ in range(8):
            wrong = number.bit_flip(chance.randrange(number.bit_length() - 1))
            boxes = (*state.boxes[:block], wrong, *state.boxes[block + 1 :])
            with pytest.raises((WrongState, BadState)):  # or more than the box can hold
                Spigot(replace(state, boxes=boxes)).check()


def test_check_finds_every_changed_digit_of_the_output() -> None:
    state = states(700, 10, 32)[:-1][-1]
    for position in range(len(state.result)):
        digit = (state.result[position] - ord("0") + 1) % 10
        wrong = state.result[:position] + b"%d" % digit + state.result[position + 1 :]
        with pytest.raises(WrongState):
            Spigot(replace(state, result=wrong)).check()


def test_check_finds_a_flipped_bit_in_the_state_fields_predigit_start_and_dropped() -> None:
    for state in states(700, 10, 32)[:-1][2:]:
        for wrong in (
            replace(state, predigit=state.predigit ^ 1),
            replace(state, start=state.start ^ 1),
            replace(state, dropped=state.dropped ^ 1),
        ):
            with pytest.raises(WrongState):
                Spigot(wrong).check()


def test_bit_flipped_in_a_block_in_memory_is_found_before_the_next_digit_is_released() -> None:
    spigot = ready(700, 10, 32)
    for _ in range(5):
        spigot.step()
    before, number = bytes(spigot.output), spigot._rows.numbers[3]
    assert number is not None
    spigot._rows.numbers[3] = number.bit_flip(3)
    with pytest.raises(WrongState, match="iteration 6"):
        spigot.step()
    assert spigot.output == before


def test_digits_of_a_wave_that_fails_at_a_later_iteration_are_not_released(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spigot = ready(400, 10, 32, threads=4)
    spigot.step()
    before, settled = bytes(spigot.output), list[Any]()

    def fail_at_the_third(*of_settle: Any) -> Any:
        if len(settled) == 2:
            raise WrongState("a carry is too large")
        settled.append(found := predigit.settle(*of_settle))
        return found

    monkeypatch.setattr(spigot_module, "settle", fail_at_the_third)
    with pytest.raises(WrongState, match="too large"):
        spigot.stride(math.inf)
    assert len(settled) == 2
    assert spigot.output == before


def test_block_changed_in_memory_is_found_by_next_check_or_step() -> None:
    for name in ("divisor", "factor"):
        spigot = ready(700, 10, 32)
        block = spigot._rows.blocks[3]
        assert isinstance(block, Block)
        spigot._rows.blocks[3] = replace(block, **{name: getattr(block, name) - 2})
        with pytest.raises(WrongState, match="block 3"):
            spigot.check()
        with pytest.raises(WrongState):
            spigot.step()


@EVERY_SERIES
def test_check_finds_a_flipped_bit_in_a_block_while_other_blocks_are_not_made_yet(
    series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size_module, "BATCH", 64)
    spigot = new(700, k=10, b=32, series=series)
    spigot.step()
    spigot.check()
    assert spigot.missing
    number = spigot._rows.numbers[1]
    assert number is not None
    spigot._rows.numbers[1] = number.bit_flip(3)
    with pytest.raises(WrongState, match="number of block 1"):
        spigot.check()


def test_flipped_bit_in_unsaved_digits_is_found_by_check() -> None:
    """Also if later steps do not touch the digits, and at any place in the buffer."""
    for position in range(0, 80, 7):
        for bit in (1, 2, 8, 16, 64):
            spigot = ready(700, 10, 32)
            while spigot.count < 50:
                spigot.step()
            spigot.check()  # these 50 are saved
            while spigot.count < 130:
                spigot.step()
            spigot.check()  # and these
            while spigot.count < 210:
                spigot.step()
            spigot.output[130 + position] ^= bit
            with pytest.raises(WrongState):
                spigot.check()


def _power_of(radix: mpz, exponent: int) -> mpz:
    return radix ** (exponent // 10)


@EVERY_SERIES
def test_spigot_with_a_flipped_bit_in_r_releases_no_wrong_digit(series: Series) -> None:
    """For the R of the products, the R of settling, and both; box 0 is in the next test."""
    for bit in (0, 5, 30):
        for flip in ("settle", "sweep", "both"):
            spigot = ready(700, 10, 32, series)
            while spigot.count < 100:
                spigot.step()
            wrong = mpz(10**10).bit_flip(bit)
            with pytest.MonkeyPatch.context() as patch:
                if flip != "sweep":
                    patch.setattr(predigit, "power_of_ten", partial(_power_of, wrong))
                if flip != "settle":
                    patch.setattr(spigot_module, "power_of_ten", partial(_power_of, wrong))
                with contextlib.suppress(WrongState):
                    spigot.finalize()
            assert spigot.output == pi_digits(spigot.count)
            assert not spigot.done or flip == "settle"  # which may never need the wrong bit


def test_run_begun_with_a_wrong_r_releases_no_digit() -> None:
    """Box 0 holds a number modulo R. A wrong R is found although everything else agrees with it."""
    size = new(700, k=10, b=32).size
    with pytest.MonkeyPatch.context() as patch:
        wrong = mpz(10**10) + 64
        for module in (making, predigit, spigot_module):
            patch.setattr(module, "power_of_ten", partial(_power_of, wrong))
        spigot = Spigot(SpigotState.at_start(size))
        with pytest.raises(WrongState):
            spigot.finalize()
    assert spigot.output == b""


def test_check_still_finds_a_changed_number_after_the_last_step() -> None:
    spigot = ready(701, 10, 32)
    spigot.finalize()
    spigot.check()
    assert spigot._rows.numbers[0] is not None
    spigot._rows.numbers[0] += 1
    with pytest.raises(WrongState):
        spigot.check()
