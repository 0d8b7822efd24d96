"""Saved states that are damaged, impossible or too large are refused."""

from __future__ import annotations

import struct
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from gmpy2 import mpz

from pi_tui.machine import BadState, Piece, State, WrongState
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.boxes.residue import PRIME
from pi_tui.pi.spigot.encoding import codec, limits
from pi_tui.pi.spigot.encoding.codec import encode
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.series import RABINOWITZ_WAGON
from pi_tui.pi.spigot.size import by_chain
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.pi.spigot.state import SpigotState
from tests.pi.spigot.helpers import back, format_1, ready, states, stored

pytestmark = pytest.mark.usefixtures("small_batches")


def test_state_without_its_header_or_a_piece_of_numbers_is_refused() -> None:
    state = states(500, 20, 32)[5]
    for name in ("head", "n0", "n1"):
        pieces = stored(encode(state))
        del pieces.pieces[name]
        with pytest.raises(BadState, match=name):
            back(state, pieces)


@pytest.fixture
def good() -> SpigotState:
    return states(600, 20, 64)[5]


def with_head(state: SpigotState, index: int, value: object) -> State:
    pieces = stored(encode(state))
    data = pieces["head"]
    fields = [*codec._HEAD.unpack(data[: codec._HEAD.size])]
    fields[index] = value
    pieces.pieces["head"] = Piece(codec._HEAD.pack(*fields) + data[codec._HEAD.size :])
    return pieces


@pytest.mark.parametrize(
    ("index", "value", "problem"),
    [
        (0, b"SQLite f", "header is not that of a state"),
        (1, 1, "header is not that of a state"),
        (2, b"rabinowitz-wagon", "another run"),
        (2, b"\xff", "another run"),
        (3, 601, "another run"),
        (4, 21, "another run"),
        (5, 65, "another run"),
        (6, 10**9, "impossible iteration"),
        (6, 600 // 20 + 65, "impossible iteration"),
        (8, 10**6, "impossible iteration"),
        (7, 2**53, "impossible residue"),
        (9, 2**63, "impossible residue"),
        (10, 2**61 - 1, "impossible residue"),
        (11, 2**32 - 1, "too many blocks"),
        (11, 0, "follow"),
        (6, 10, "its digits are missing"),
        (6, 1, "not as many blocks"),
    ],
)
def test_state_with_a_wrong_field_in_its_header_is_refused(
    good: SpigotState, index: int, value: object, problem: str
) -> None:
    with pytest.raises(BadState, match=problem):
        Spigot(back(good, with_head(good, index, value)))


@pytest.mark.parametrize("residue", [0, PRIME])
def test_state_with_an_impossible_residue_of_a_block_is_refused(
    good: SpigotState, residue: int
) -> None:
    pieces = stored(encode(good))
    data = bytearray(pieces["head"])
    struct.pack_into(">Q", data, codec._HEAD.size + 24 + 16, residue)  # D of block 1
    pieces.pieces["head"] = Piece(bytes(data))
    with pytest.raises(BadState, match="an impossible residue"):
        back(good, pieces)


def test_state_with_a_zero_among_the_results_of_the_comparison_is_refused(pi: bytes) -> None:
    kind = SpigotKind()
    task = kind.task(100)
    machine = kind.new(task)
    assert kind.verify(task, machine.finalize(), machine=machine)
    pieces = stored(machine.to_state())
    pieces.pieces["vt"] = Piece(codec.numbers_bytes([mpz(0), mpz(0)]))
    with pytest.raises(BadState, match="an impossible result"):
        kind.from_state(task, pieces, pi[:100])


@pytest.mark.parametrize("name", ["head", "n0", "b0"])
def test_truncated_or_extended_state_is_refused(good: SpigotState, name: str) -> None:
    whole = encode(good)[name]
    for wrong in (*(whole[:end] for end in range(len(whole))), whole + b"\0"):
        pieces = stored(encode(good))
        pieces.pieces[name] = Piece(wrong, lasting=True)
        with pytest.raises(BadState):
            back(good, pieces)


@pytest.mark.parametrize("name", ["head", "n0", "b0", "s0", "state"])
def test_state_with_a_flipped_bit_is_refused_or_gives_the_right_digits(
    name: str, pi: bytes
) -> None:
    state = states(300, 20, 64, RABINOWITZ_WAGON)[0 if name == "s0" else 5]
    whole = (format_1(state) if name == "state" else encode(state))[name]
    for position in range(0, len(whole), 1 + len(whole) // 150):
        data = bytearray(whole)
        data[position] ^= 1 << position % 8
        pieces = format_1(state) if name == "state" else stored(encode(state))
        pieces.pieces[name] = Piece(bytes(data), lasting=True)
        try:
            again = Spigot(back(state, pieces))
            again.check()
            assert again.finalize() == pi[:300]  # such as the count of blocks made
        except (BadState, WrongState):
            pass


@pytest.mark.parametrize("name", ["head", "n0", "b0"])
def test_length_field_larger_than_the_run_allows_is_refused_before_memory_is_allocated(
    good: SpigotState, name: str
) -> None:
    pieces = stored(encode(good))
    data = bytearray(pieces[name])
    at = {"head": codec._HEAD.size + 24 * len(good.boxes), "n0": 0, "b0": 4}[name]
    struct.pack_into(">I", data, at, 2**32 - 1)
    pieces.pieces[name] = Piece(bytes(data), lasting=name == "b0")
    tracemalloc.start()
    with pytest.raises(BadState, match="too long"):
        back(good, pieces)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_length_limits_of_a_state_are_at_most_twice_what_runs_need() -> None:
    """No run needs more than the limit; a forged state can claim less than twice as much."""
    spigot = ready(3_000, 100, 256)
    size = spigot.size
    blocks = [block for block in spigot.snapshot().blocks if isinstance(block, Block)]
    for chain, some in zip(size.chains, by_chain(blocks, size.counts(0)), strict=True):
        longest = max(block.divisor.bit_length() for block in some[1:])
        assert longest / 8 <= limits.most_box_bytes(chain) < 2 * longest / 8
    assert limits.most_predigit_bytes(size) == 42  # 10^100 has 333 bits


@pytest.mark.parametrize("name", ["digits", "digits_per_step", "boxes_per_block"])
@pytest.mark.parametrize("number", [0, -1])
def test_spigot_refuses_a_state_whose_digits_step_or_block_are_zero_or_negative(
    good: SpigotState, name: str, number: int
) -> None:

    size: dict[str, Any] = {name: number}
    with pytest.raises(BadState, match="no spigot"):
        Spigot(replace(good, size=good.size._replace(**size)))


def test_predigit_longer_than_a_step_is_refused(good: SpigotState) -> None:
    with pytest.raises(BadState, match="no spigot"):
        back(replace(good, predigit=mpz(10) ** 20))


def test_saved_number_with_a_leading_zero_byte_is_refused(good: SpigotState) -> None:
    pieces = stored(encode(good))
    data = pieces["n0"]
    (length,) = struct.unpack_from(">I", data)
    pieces.pieces["n0"] = Piece(struct.pack(">I", length + 1) + b"\0" + data[4:])
    with pytest.raises(BadState, match="zeros"):
        back(good, pieces)


def test_piece_that_holds_the_blocks_of_another_piece_is_refused(good: SpigotState) -> None:
    pieces = stored(encode(good))
    pieces.pieces["b1"] = pieces.pieces["b0"]
    with pytest.raises(BadState, match="differs from its residue"):
        back(good, pieces)


def test_block_whose_denominator_is_zero_modulo_the_prime_is_refused(good: SpigotState) -> None:
    """Nothing could be divided by its residue."""
    block = good.blocks[1]
    assert isinstance(block, Block)
    wrong = replace(block, divisor=mpz(PRIME) << 600, denominator_residue=0)
    blocks = (good.blocks[0], wrong, *good.blocks[2:])
    pieces = stored(encode(replace(good, blocks=blocks)))
    pieces.pieces["b0"] = Piece(
        codec.blocks_bytes([b for b in blocks[:2] if isinstance(b, Block)]), lasting=True
    )
    with pytest.raises(BadState, match="residue"):
        back(good, pieces)
