"""Blocks that are saved and read back: same digits, few reads, and lost blocks made again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from pi_tui.machine import LostPiece, Piece, State
from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot.boxes import sweep
from pi_tui.pi.spigot.boxes.shelf import ShelvedBlock
from pi_tui.pi.spigot.encoding import codec
from pi_tui.pi.spigot.series import Series
from pi_tui.pi.spigot.spigot import Spigot
from tests.pi.spigot.helpers import EVERY_SERIES, new, ready

N, K, B = 2_000, 50, 128


@pytest.fixture(autouse=True)
def every_saved_block_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_module, "READ_BACK_FROM", 1)
    monkeypatch.setattr(size_module, "BATCH", B)
    monkeypatch.setattr(sweep, "ALONE", 0)


class Database:
    """Saves and returns pieces as a store does; counts how often each piece is read back."""

    def __init__(self) -> None:
        self.saved: dict[str, bytes] = {}
        self.reads = Counter[str]()

    def save(self, spigot: Spigot) -> State:
        """Save the state; return it as a load returns it."""
        loaded: dict[str, Piece] = {}
        for name, piece in spigot.to_state().pieces.items():
            if not piece.lasting or name not in self.saved:
                self.saved[name] = piece.read()
            if piece.lasting:
                piece.saved = partial(self.read, name)
                loaded[name] = Piece(piece.saved, lasting=True)
                loaded[name].saved = piece.saved
            else:
                loaded[name] = Piece(self.saved[name])
        return State(loaded)

    def read(self, name: str) -> bytes:
        self.reads[name] += 1
        if name not in self.saved:
            raise LostPiece(name)
        return self.saved[name]


def shelved(spigot: Spigot) -> int:
    return sum(isinstance(block, ShelvedBlock) for block in spigot.snapshot().blocks)


@EVERY_SERIES
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_digits_are_right_if_blocks_are_read_back_from_the_database(
    threads: int, series: Series, pi: bytes
) -> None:
    spigot, database = new(N, K, B, series, threads), Database()
    while not spigot.done:
        database.save(spigot)
        spigot.stride(N)
        assert shelved(spigot) >= spigot.blocks - spigot.missing - threads
        spigot.check()
    assert spigot.output == pi[:N]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_method_stride_reads_each_shelved_block_at_most_once_for_each_sweep(threads: int) -> None:
    """A sweep close behind another finds its blocks in memory; one far behind reads them again."""
    spigot, database = ready(N, K, B, threads=threads), Database()
    database.save(spigot)
    spigot.stride(N)
    assert len(database.reads) == sum(spigot.size.counts(0))
    assert max(database.reads.values()) <= threads


def test_block_not_saved_yet_stays_in_memory(pi: bytes) -> None:
    spigot = ready(N, K, B)
    assert shelved(spigot) == 0
    assert spigot.finalize() == pi[:N]


def test_resumed_spigot_reads_no_block_before_its_first_step(pi: bytes) -> None:
    spigot, database = ready(N, K, B), Database()
    while spigot.count < N // 2:
        spigot.step()
    state = database.save(spigot)
    again = Spigot(codec.decode(spigot.size, state, bytes(spigot.output)))
    again.check()
    assert not database.reads
    assert shelved(again) == again.blocks
    again.step()
    assert set(database.reads.values()) == {1}
    assert again.finalize() == pi[:N]


@pytest.mark.parametrize("resumed", [False, True], ids=["in one go", "resumed"])
@pytest.mark.parametrize("damage", ["lost", "of another block", "cut off"])
def test_block_that_cannot_be_read_back_is_made_again_and_noted(
    damage: str, resumed: bool, pi: bytes
) -> None:
    spigot, database = ready(N, K, B, threads=2), Database()
    while spigot.count < N // 2:
        spigot.step()
    state = database.save(spigot)
    if resumed:
        spigot = Spigot(codec.decode(spigot.size, state, bytes(spigot.output)), 2)
    before, blocks, made = spigot.snapshot(), spigot.blocks, spigot.made
    if damage == "lost":
        del database.saved["b1"]
    else:
        database.saved["b1"] = database.saved["b2"] if "of" in damage[:3] else b"\0" * 9
    spigot.step()
    assert spigot.notes == ("a saved block was lost or damaged, and is made again",)
    assert (spigot.i, spigot.blocks, spigot.missing) == (before.i, blocks, 0)
    assert spigot.made == made + 1
    spigot.check()
    assert spigot.finalize() == pi[:N]
    assert len(spigot.notes) == 1


def test_block_lost_while_others_are_made_is_made_again(pi: bytes) -> None:
    spigot, database = new(N, K, B), Database()
    while spigot.missing > spigot.blocks // 2:
        spigot.step()
        database.save(spigot)
    del database.saved["b0"]
    assert spigot.finalize() == pi[:N]
    assert len(spigot.notes) == 1


def test_database_out_of_reach_leaves_the_spigot_unchanged(
    pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    spigot, database = ready(N, K, B, threads=2), Database()
    database.save(spigot)

    def unreachable(self: Database, name: str) -> bytes:
        raise OSError("the server is gone")

    spigot.stride(N)
    before = spigot.snapshot()
    database.save(spigot)
    spigot._rows.shelf._read.cache_clear()
    for name, piece in spigot.to_state().pieces.items():
        if piece.lasting:
            piece.saved = partial(unreachable, database, name)
            piece.let_go(piece.saved)
    with pytest.raises(OSError, match="gone"):
        spigot.stride(N)
    assert spigot.snapshot() == before
    database.save(spigot)
    for name, piece in spigot.to_state().pieces.items():
        if piece.lasting:
            piece.let_go(partial(database.read, name))
    assert spigot.finalize() == pi[:N]


def test_snapshots_with_shelved_blocks_differ_only_if_a_residue_differs() -> None:
    spigot, database = ready(N, K, B), Database()
    database.save(spigot)
    spigot.step()
    one, other = spigot.snapshot(), spigot.snapshot()
    assert one == other
    assert isinstance(one.blocks[0], ShelvedBlock)
    changed = replace(one.blocks[0], factor_residue=one.blocks[0].factor_residue ^ 1)
    assert replace(one, blocks=(changed, *one.blocks[1:])) != other
