"""States survive the round trip; nothing else becomes a state."""

from __future__ import annotations

import struct
import tracemalloc
from dataclasses import replace

import pytest

from pi_tui.checkpoints import codec
from pi_tui.checkpoints.codec import BadState, NewerFormat, decode, encode
from pi_tui.checkpoints.models import PART
from pi_tui.spigot.series import RABINOWITZ_WAGON
from pi_tui.spigot.spigot import Spigot, SpigotState
from tests.checkpoints.helpers import advance

SHAPES = [(1, 1, 1), (50, 1, 1), (50, 7, 3), (300, 20, 64), (1000, 1000, 8), (5, 100, 2048)]


def state_after(steps: int, shape: tuple[int, int, int]) -> SpigotState:
    digits, k, b = shape
    return advance(Spigot.new(digits, digits_per_step=k, boxes_per_block=b), steps).to_state()


def back(state: SpigotState, data: bytes | None = None) -> SpigotState:
    data = b"".join(encode(state)) if data is None else data
    numbers = (state.digits, state.digits_per_step, state.boxes_per_block)
    return decode([data], *numbers, state.result)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 10])
def test_a_state_is_the_same_after_the_round_trip(steps: int, shape: tuple[int, int, int]) -> None:
    digits, k, b = shape
    spigot = Spigot.new(digits, digits_per_step=k, boxes_per_block=b)
    for _ in range(steps):
        if not spigot.done:
            spigot.step()
    state = spigot.to_state()
    assert back(state) == state
    assert codec.size(state) == len(b"".join(encode(state))) <= codec.most_size(*shape)


def test_every_state_of_a_textbook_run_fits_the_bounds() -> None:
    spigot = Spigot.new(400, digits_per_step=1, boxes_per_block=1)
    while not spigot.done:
        spigot.step()
        assert back(spigot.to_state()) == spigot.to_state()


def test_parts_are_full_but_the_last() -> None:
    state = replace(state_after(3, (300, 20, 64)), boxes=())
    big = replace(state, boxes=(state.predigit + (type(state.predigit)(1) << (20 * PART)),))
    lengths = [len(part) for part in encode(big)]
    assert set(lengths[:-1]) == {PART}
    assert 0 < lengths[-1] <= PART
    assert sum(lengths) == codec.size(big)


@pytest.fixture
def good() -> SpigotState:
    return state_after(5, (300, 20, 64))


HEADER = codec._HEADER


def with_field(state: SpigotState, index: int, value: object) -> bytes:
    data = b"".join(encode(state))
    fields = [*HEADER.unpack(data[: HEADER.size])]
    fields[index] = value
    return HEADER.pack(*fields) + data[HEADER.size :]


@pytest.mark.parametrize(
    ("index", "value", "problem"),
    [
        (0, b"SQLite f", "begin like a state"),
        (1, 0, "unknown format"),
        (2, 301, "another run"),
        (3, 21, "another run"),
        (4, 65, "another run"),
        (5, 10**9, "impossible iteration"),
        (6, 10**6, "impossible iteration"),
        (7, 2, "impossible iteration"),
        (8, 299, "digits that are not there"),
        (9, 2**63, "impossible residue"),
        (10, 2**61 - 1, "impossible residue"),
        (11, 2**32 - 1, "too many boxes"),
        (11, 0, "follow"),
        (5, 4, "no spigot"),
    ],
)
def test_a_header_that_cannot_be_is_refused(
    good: SpigotState, index: int, value: object, problem: str
) -> None:
    with pytest.raises(BadState, match=problem):
        back(good, with_field(good, index, value))


def test_a_newer_format_is_told_from_damage(good: SpigotState) -> None:
    with pytest.raises(NewerFormat):
        back(good, with_field(good, 1, 3))


def test_a_state_of_format_1_is_in_the_textbooks_base() -> None:
    new = Spigot.new(300, digits_per_step=20, boxes_per_block=64, series=RABINOWITZ_WAGON)
    old = advance(new, 5).to_state()
    data = with_field(old, 1, 1)
    assert back(old, data[: HEADER.size] + data[HEADER.size + 32 :]) == old


def test_an_unknown_series_is_refused(good: SpigotState) -> None:
    data = b"".join(encode(good)).replace(b"gosper", b"gasper")
    with pytest.raises(BadState, match="series"):
        back(good, data)


def test_every_truncation_and_every_addition_is_refused(good: SpigotState) -> None:
    data = b"".join(encode(good))
    for end in range(len(data)):
        with pytest.raises(BadState):
            back(good, data[:end])
    with pytest.raises(BadState, match="follow"):
        back(good, data + b"\0")


def test_a_length_beyond_what_the_run_allows_takes_no_memory(good: SpigotState) -> None:
    data = bytearray(b"".join(encode(good)))
    struct.pack_into(">I", data, HEADER.size + 32, 2**32 - 1)
    tracemalloc.start()
    with pytest.raises(BadState, match="too long"):
        back(good, bytes(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_a_predigit_of_more_than_k_digits_is_refused(good: SpigotState) -> None:
    with pytest.raises(BadState, match="impossible predigit"):
        back(replace(good, predigit=type(good.predigit)(10) ** 20))


def test_a_number_has_only_one_encoding(good: SpigotState) -> None:
    data = b"".join(encode(good))
    (length,) = struct.unpack_from(">I", data, HEADER.size + 32)
    zeros = struct.pack(">I", length + 1) + b"\0"
    with pytest.raises(BadState):
        back(good, data[: HEADER.size + 32] + zeros + data[HEADER.size + 36 :])
