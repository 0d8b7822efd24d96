"""Saved states: the round trip, refusal of everything else, and repair of lost pieces."""

from __future__ import annotations

import struct
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from gmpy2 import mpz

from pi_tui.machine import BadState, Piece, State, WrongState
from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.boxes.residue import PRIME
from pi_tui.pi.spigot.encoding import codec, limits
from pi_tui.pi.spigot.encoding.codec import decode, encode
from pi_tui.pi.spigot.series import RABINOWITZ_WAGON, Series
from pi_tui.pi.spigot.size import by_chain
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.pi.spigot.state import SpigotState
from tests.pi.spigot.helpers import EVERY_SERIES, new, ready, states, stored

SHAPES = [
    (1, 1, 1),
    (50, 1, 1),
    (50, 7, 3),
    (300, 20, 64),
    (1000, 1000, 8),
    (5, 100, 2048),
    (5, 20_000, 8),
]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pieces so small that hundreds of digits fill several, as millions do."""
    monkeypatch.setattr(size_module, "BATCH", 128)


def back(state: SpigotState, pieces: State | None = None) -> SpigotState:
    return decode(state.size, pieces or stored(encode(state)), bytes(state.result))


@EVERY_SERIES
@pytest.mark.parametrize("shape", SHAPES)
def test_state_is_equal_after_round_trip_at_every_step_and_continues(
    shape: tuple[int, int, int], series: Series, pi: bytes
) -> None:
    spigot = new(*shape, series, threads=2)
    while True:
        state = spigot.snapshot()
        pieces = stored(spigot.to_state())
        size = sum(len(piece.read()) for piece in pieces.pieces.values())
        assert size <= limits.most_bytes(state.size)
        again = Spigot(back(state, pieces), threads=2)
        kept = state.blocks_needed  # a finished state needs no blocks
        assert again.snapshot() == replace(
            state, boxes=state.boxes[:kept], blocks=state.blocks[:kept]
        )
        assert again.work() == spigot.work()
        assert again.steps == spigot.steps
        if spigot.done:
            break
        again.check()
        spigot = again
        spigot.step()
    assert spigot.output == pi[: shape[0]]


def test_every_step_makes_blocks_or_iterates_and_counts_in_steps_and_work() -> None:
    spigot = new(2_000, k=50, b=32, threads=2)
    made = []
    while not spigot.done:
        steps, work, i, missing = spigot.steps, spigot.work(), spigot.i, spigot.missing
        assert spigot.figures().making == (missing > 0)
        spigot.step()
        assert spigot.steps > steps
        assert spigot.work().done > work.done
        assert spigot.work().total == work.total
        assert (spigot.i == i) == (missing > 0)
        made.append(missing - spigot.missing)
        assert spigot.count == 0 or not missing
    assert made[:3] == [8, 8, 8]  # two batches of four blocks
    work = spigot.work()
    assert work.done == pytest.approx(work.total - spigot.verifying_work)


def test_pieces_hold_one_batch_and_lasting_pieces_stay_the_same_objects() -> None:
    spigot = ready(1_000, 50, 32)
    first = spigot.to_state()
    batches = -(-spigot.blocks // 4)
    expected = {"head", *(f"{piece}{batch}" for piece in "bs" for batch in range(batches))}
    assert set(first.pieces) == expected
    spigot.step()
    second = spigot.to_state()
    batches = -(-spigot.blocks // 4)
    assert set(second.pieces) == {
        "head",
        *(f"{piece}{batch}" for piece in "bn" for batch in range(batches)),
    }
    for name, piece in second.pieces.items():
        assert piece.lasting == name.startswith("b")
        if piece.lasting:
            assert piece is first.pieces[name]


def test_lasting_piece_keeps_its_bytes_while_tail_shrinks_and_after_resume() -> None:
    spigot = ready(1_000, 50, 32)
    bytes_of = {name: piece.read() for name, piece in spigot.to_state().pieces.items()}
    while not spigot.done:
        spigot.step()
        spigot = Spigot(back(spigot.snapshot(), stored(spigot.to_state())))
        for name, piece in spigot.to_state().pieces.items():
            if piece.lasting:
                assert piece.read() == bytes_of[name]


@EVERY_SERIES
def test_lost_lasting_pieces_are_made_again_and_counted(series: Series, pi: bytes) -> None:
    spigot = new(500, 20, 32, series, threads=2)
    while not spigot.done:
        whole = stored(spigot.to_state())
        for name in [name for name, piece in whole.pieces.items() if piece.lasting]:
            pieces = stored(whole)
            del pieces.pieces[name]
            decoded = back(spigot.snapshot(), pieces)
            assert 0 < decoded.lost <= 4
            again = Spigot(decoded)
            again.check()
            assert again.missing == spigot.missing + decoded.lost
            assert again.work().done == spigot.work().done
            assert again.work().total > spigot.work().total
            while again.missing > spigot.missing:
                again.step()
            again.check()
            assert again.work().done > spigot.work().done
            if again.missing == 0:
                assert replace(again.snapshot(), made=0) == replace(
                    spigot.snapshot() if not spigot.missing else again.snapshot(), made=0
                )
        spigot.step()
    assert again.finalize() == pi[:500]


def test_run_continues_when_all_lasting_pieces_are_lost(pi: bytes) -> None:
    for state in states(500, 20, 32)[:-1:4]:
        pieces = stored(encode(state))
        pieces.pieces = {name: p for name, p in pieces.pieces.items() if not p.lasting}
        again = Spigot(back(state, pieces))
        assert again.missing == again.blocks
        assert again.finalize() == pi[:500]


def test_state_without_a_number_or_header_is_refused() -> None:
    state = states(500, 20, 32)[5]
    for name in ("head", "n0", "n1"):
        pieces = stored(encode(state))
        del pieces.pieces[name]
        with pytest.raises(BadState, match=name):
            back(state, pieces)


def format_1(state: SpigotState) -> State:
    """Encode a state as version 1 did."""
    data = codec._FORMAT_1.pack(
        b"pi-tui\r\n",
        1,
        state.size.digits,
        state.size.digits_per_step,
        state.size.boxes_per_block,
        state.i,
        state.nines,
        state.i > 0,
        len(state.result),
        state.start,
        state.dropped,
        len(state.boxes),
    )
    for number in (state.predigit, *state.boxes):
        assert number is not None
        length = (number.bit_length() + 7) // 8
        data += struct.pack(">I", length) + number.to_bytes(length, "big")
    return State.of(data)


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


def test_last_state_of_version_1_decodes_without_boxes(pi: bytes) -> None:
    last = replace(states(300, 10, 32, RABINOWITZ_WAGON)[-1], boxes=(), blocks=())
    assert Spigot(back(last, format_1(last))).finalize() == pi[:300]


def test_wrong_number_or_digit_of_version_1_is_found_once_blocks_are_made() -> None:
    state = states(300, 10, 32, RABINOWITZ_WAGON)[9]
    assert state.boxes[2] is not None
    boxes = (*state.boxes[:2], state.boxes[2] ^ 1, *state.boxes[3:])
    digit = bytes([state.result[5] ^ 1])
    result = state.result[:5] + digit + state.result[6:]
    for wrong in (replace(state, boxes=boxes), replace(state, result=result)):
        again = Spigot(back(wrong, format_1(wrong)))
        with pytest.raises(WrongState):
            again.finalize()


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
def test_impossible_header_is_refused(
    good: SpigotState, index: int, value: object, problem: str
) -> None:
    with pytest.raises(BadState, match=problem):
        Spigot(back(good, with_head(good, index, value)))


@pytest.mark.parametrize("name", ["head", "n0", "b0"])
def test_truncated_or_extended_state_is_refused(good: SpigotState, name: str) -> None:
    whole = encode(good)[name]
    for wrong in (*(whole[:end] for end in range(len(whole))), whole + b"\0"):
        pieces = stored(encode(good))
        pieces.pieces[name] = Piece(wrong, lasting=True)
        with pytest.raises(BadState):
            back(good, pieces)


@pytest.mark.parametrize("name", ["head", "n0", "b0", "s0", "state"])
def test_flipped_bit_never_passes_all_checks(name: str, pi: bytes) -> None:
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
def test_length_beyond_the_run_is_refused_before_allocating_memory(
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


def test_length_limits_are_at_most_twice_what_runs_need() -> None:
    """No run needs more than the limit; a hostile state gets less than twice as much."""
    spigot = ready(3_000, 100, 256)
    size = spigot.size
    blocks = [block for block in spigot.snapshot().blocks if isinstance(block, Block)]
    for chain, some in zip(size.chains, by_chain(blocks, size.counts(0)), strict=True):
        longest = max(block.divisor.bit_length() for block in some[1:])
        assert longest / 8 <= limits.most_box_bytes(chain) < 2 * longest / 8
    assert limits.most_predigit_bytes(size) == 42  # 10^100 has 333 bits


@pytest.mark.parametrize("name", ["digits", "digits_per_step", "boxes_per_block"])
@pytest.mark.parametrize("number", [0, -1])
def test_size_of_zero_or_less_is_refused(good: SpigotState, name: str, number: int) -> None:
    size: dict[str, Any] = {name: number}
    with pytest.raises(BadState, match="no spigot"):
        Spigot(replace(good, size=good.size._replace(**size)))


def test_predigit_of_more_than_k_digits_is_refused(good: SpigotState) -> None:
    with pytest.raises(BadState, match="no spigot"):
        back(replace(good, predigit=mpz(10) ** 20))


def test_number_with_leading_zeros_is_refused(good: SpigotState) -> None:
    pieces = stored(encode(good))
    data = pieces["n0"]
    (length,) = struct.unpack_from(">I", data)
    pieces.pieces["n0"] = Piece(struct.pack(">I", length + 1) + b"\0" + data[4:])
    with pytest.raises(BadState, match="zeros"):
        back(good, pieces)


def test_blocks_of_another_place_are_refused(good: SpigotState) -> None:
    pieces = stored(encode(good))
    pieces.pieces["b1"] = pieces.pieces["b0"]
    with pytest.raises(BadState, match="differs from its residue"):
        back(good, pieces)


def test_block_that_is_zero_modulo_the_prime_is_refused(good: SpigotState) -> None:
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
