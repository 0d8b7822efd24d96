"""Saved states: the round trip, and repair of lost pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pi_tui.pi.spigot.encoding import limits
from pi_tui.pi.spigot.encoding.codec import encode
from pi_tui.pi.spigot.series import Series
from pi_tui.pi.spigot.spigot import Spigot
from tests.pi.spigot.helpers import EVERY_SERIES, back, new, ready, states, stored

pytestmark = pytest.mark.usefixtures("small_batches")


SHAPES = [
    (1, 1, 1),
    (50, 1, 1),
    (50, 7, 3),
    (300, 20, 64),
    (1000, 1000, 8),
    (5, 100, 2048),
    (5, 20_000, 8),
]


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


def test_every_step_makes_blocks_or_iterates_and_adds_to_steps_and_work_done() -> None:
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


def test_each_piece_holds_one_batch_and_successive_states_share_their_lasting_pieces() -> None:
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


def test_bytes_of_a_lasting_piece_stay_equal_while_blocks_are_dropped_and_after_resume() -> None:
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
            if not spigot.missing:
                assert replace(again.snapshot(), made=0) == replace(spigot.snapshot(), made=0)
        spigot.step()
    assert again.finalize() == pi[:500]


def test_run_continues_when_all_lasting_pieces_are_lost(pi: bytes) -> None:
    for state in states(500, 20, 32)[:-1:4]:
        pieces = stored(encode(state))
        pieces.pieces = {name: p for name, p in pieces.pieces.items() if not p.lasting}
        again = Spigot(back(state, pieces))
        assert again.missing == again.blocks
        assert again.finalize() == pi[:500]
