"""Pieces of states: written once, deleted when unused, made again when damaged."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from pi_tui.checkpoints.loading import Loading
from pi_tui.checkpoints.rows import state_rows
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, MachineError
from pi_tui.machine import Piece, State
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import (
    HIGHEST,
    STEPS,
    advance,
    begin,
    execute,
    flip,
    manifest,
    pieces,
    save_some,
    tale,
    this,
    told,
)
from tests.tiny import StubbornWalks, Walk, Walks, make_table


def test_piece_shared_by_two_checkpoints_is_stored_once(store: CheckpointStore, path: str) -> None:
    save_some(store, after=HIGHEST)
    store.close()
    two, three = manifest(path, 2), manifest(path, 3)
    assert (two["table"], two["peak"]) == (three["table"], three["peak"])
    assert two["now"] != three["now"]
    assert pieces(path) == {*two.values(), *three.values()}
    assert execute(path, "SELECT count(*) FROM pi_piece") == [(4,)]


def test_save_of_too_many_pieces_raises_machine_error(
    store: CheckpointStore,
) -> None:
    class Crumbs(Walk):
        def to_state(self) -> State:
            return State(dict.fromkeys([f"{n:080}" for n in range(60_000)], Piece(b"")))

    run, walk = save_some(store)
    crumbs = advance(Crumbs(run.task), walk.steps + 1)
    with pytest.raises(MachineError, match="60,000 pieces"):
        store.save(run, crumbs, 0.0)
    assert store.check() == []


def test_piece_is_found_by_the_hash_of_its_bytes(store: CheckpointStore, path: str) -> None:
    run, _ = save_some(store)
    store.close()
    table = make_table(run.task)
    assert manifest(path, 3)["table"] == hashlib.sha256(table).hexdigest()
    where = this(path, "table")
    assert execute(path, f"SELECT data FROM pi_piece WHERE {where}") == [(table,)]


def test_two_equal_pieces_of_one_state_are_stored_once(store: CheckpointStore, path: str) -> None:
    class Twins(Walk):
        def to_state(self) -> State:
            twins = {name: Piece(b"twin", lasting=name == "two") for name in ("one", "two")}
            return State({**super().to_state().pieces, **twins})

    run, _ = begin(store)
    store.save(run, advance(Twins(run.task), 5), 0.0)
    loaded = store.load(run)
    assert (loaded.checkpoint is not None, loaded.notes) == (True, ())
    store.close()
    assert execute(path, "SELECT count(*) FROM pi_piece WHERE data = CAST('twin' AS BLOB)") == [
        (1,)
    ]


def test_later_saves_neither_read_nor_hash_a_lasting_piece_again_even_after_a_load(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    run, walk = begin(store, bulk=5000)
    store.save(run, advance(walk, 5), 0.0)
    assert walk.reads == 1
    hashed: list[int] = []

    def counted(data: bytes) -> object:
        hashed.append(len(data))
        return hashlib.sha256(data)

    monkeypatch.setattr(state_rows, "hashlib", SimpleNamespace(sha256=counted))
    for _ in range(5):
        store.save(run, advance(walk, 5), 0.0)
    assert walk.reads == 1
    assert max(hashed) < 5000
    store.close()
    store = open_store()
    again = store.load(run := store.open_run(run.task)).machine
    assert isinstance(again, Walk)
    hashed.clear()
    store.save(run, advance(again, 5), 0.0)
    assert again.reads == 0
    assert max(hashed) < 5000


def test_save_of_a_run_begun_again_writes_lasting_pieces_again(
    store: CheckpointStore, path: str
) -> None:
    run, walk = save_some(store)
    store.restart(run, run.task)
    assert execute(path, "SELECT count(*) FROM pi_piece") == [(0,)]
    store.save(run, walk, 0.0)  # its table has a hash already, but is not there any more
    assert told(store.load(run).machine) == told(walk)
    assert store.check() == []


@pytest.mark.parametrize("times", [1, 2, 3, 8])
def test_save_leaves_exactly_the_pieces_that_a_checkpoint_lists(
    store: CheckpointStore, path: str, times: int
) -> None:
    run, walk = begin(store, 97)
    for _ in range(times):
        store.save(run, advance(walk, 12), 0.0)
        rows = execute(path, "SELECT seq FROM pi_checkpoint")
        assert pieces(path) == {
            sha256 for (seq,) in rows for sha256 in manifest(path, seq).values()
        }
    assert len(rows) == min(times, 2)


def test_damaged_lasting_piece_is_reported_and_saved_again(
    open_store: OpenStore, path: str
) -> None:
    store = open_store()
    _, walk = save_some(store)
    store.close()
    sound = execute(path, f"SELECT data FROM pi_piece WHERE {this(path, 'table')}")
    flip(path, "pi_piece", "data", this(path, "table"))
    store = open_store()
    loaded = store.load(run := store.open_run(walk.task))
    assert loaded.notes == ("checkpoint 3: lost or damaged: table", "the table is made again")
    assert loaded.checkpoint is not None
    assert (loaded.checkpoint.seq, loaded.output) == (3, bytes(walk.output))
    assert any("1 of its lasting pieces" in problem for problem in store.check())
    assert isinstance(loaded.machine, Walk)
    store.save(run, advance(loaded.machine, 5), 0.0)
    assert store.check() == []
    assert execute(path, f"SELECT data FROM pi_piece WHERE {this(path, 'table', 4)}") == sound
    assert loaded.machine.finalize() == tale()
    assert store.load(run).notes == ()


def test_lost_lasting_piece_not_made_again_yet_is_noted_again_by_the_machine(
    open_store: OpenStore, path: str
) -> None:
    """Checkpoints saved before the piece is made again do not list it."""
    store = open_store()
    _, walk = save_some(store)
    store.close()
    execute(path, f"DELETE FROM pi_piece WHERE {this(path, 'table')}")
    store = open_store()
    machine = store.load(run := store.open_run(walk.task)).machine
    assert machine is not None
    store.save(run, machine, 0.0)
    assert set(manifest(path, 4)) == {"peak", "now"}
    loaded = store.load(run)
    assert loaded.notes == ("the table is made again",)
    assert loaded.machine is not None
    assert loaded.machine.finalize() == tale()


def test_checkpoint_counts_as_damaged_if_the_machine_cannot_make_a_lost_piece_again(
    open_store: OpenStore, path: str
) -> None:
    kind = StubbornWalks()
    store = open_store(kind=kind)
    run = store.open_run(kind.task())
    walk = kind.new(run.task)
    for _ in range(3):
        store.save(run, advance(walk, 10), 0.0)
    store.close()
    flip(path, "pi_piece", "data", this(path, "table"))
    store = open_store(kind=kind)
    run = store.open_run(run.task)
    loaded = store.load(run)
    assert [note.split(";")[0] for note in loaded.notes[:2]] == [
        "checkpoint 3 is damaged (the table is lost)",
        "checkpoint 2 is damaged (the table is lost)",
    ]
    assert "again from the start, and comparing with the" in loaded.notes[2]
    assert loaded.checkpoint is None
    assert loaded.output == bytes(walk.output)
    assert loaded.machine is not None
    store.save(run, advance(loaded.machine, 40), 0.0)
    assert store.load(run).notes == ()
    assert store.check() == []


def test_damaged_piece_shared_by_both_checkpoints_is_written_again(
    open_store: OpenStore, path: str
) -> None:
    store = open_store()
    run, walk = save_some(store, times=3, after=HIGHEST)
    store.close()
    flip(path, "pi_piece", "data", this(path, "peak"))
    store = open_store()
    loaded = store.load(run := store.open_run(run.task))
    assert loaded.checkpoint is None
    assert isinstance(loaded.machine, Walk)
    store.save(run, advance(loaded.machine, HIGHEST + 30), 0.0)  # the same highest number as before
    assert manifest(path, 4)["peak"] in pieces(path)
    assert told(store.load(run).machine) == told(walk)
    assert store.check() == []


def test_piece_of_a_checkpoint_that_was_not_read_is_not_trusted(
    open_store: OpenStore, path: str
) -> None:
    """The piece may have been damaged on disk since an older state wrote it."""

    class Pendulum(Walk):
        def to_state(self) -> State:
            swing = Piece(b"left" if self.steps // 10 % 2 else b"right")
            return State({**super().to_state().pieces, "swing": swing})

    store = open_store()
    run, _ = begin(store)
    walk = Pendulum(run.task)
    for _ in range(2):
        store.save(run, advance(walk, 10), 0.0)
    store.close()
    flip(path, "pi_piece", "data", this(path, "swing", 1))
    store = open_store()
    loaded = store.load(run := store.open_run(run.task))
    assert (loaded.checkpoint is not None, loaded.notes) == (True, ())
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.seq == 2
    store.save(run, advance(walk, 10), 0.0)  # names the swing of checkpoint 1 again
    assert store.load(run).notes == ()
    assert store.check() == []


def test_damage_seen_only_by_the_first_of_two_tries_to_load_loses_no_piece(
    open_store: OpenStore, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load is tried twice; damage seen only by the first try does not count."""
    store = open_store()
    run, walk = save_some(store, times=1, after=HIGHEST)
    prove, tries = Loading._prove, []

    def proven(loading, run):  # type: ignore[no-untyped-def]
        tries.append(run)
        if len(tries) == 2:
            monkeypatch.undo()
        return prove(loading, run)

    monkeypatch.setattr(Loading, "_prove", proven)

    def failing(session, run_id, known):  # type: ignore[no-untyped-def]
        if known.size > 20:
            raise DamagedError("a bad moment")

    monkeypatch.setattr(state_rows, "read_piece", failing)
    order = walk.to_state
    monkeypatch.setattr(walk, "to_state", lambda: State(dict(reversed(order().pieces.items()))))
    store.save(run, advance(walk, 5), 0.0)
    loaded = store.load(run)
    assert len(tries) == 2
    assert loaded.notes == ()
    store.save(run, advance(walk, 5), 0.0)
    newest, before = store.load(run).checkpoints
    assert [store.load(run, one.seq + 1).notes for one in (newest, before)] == [(), ()]
    assert before.seq == 2


def test_save_refuses_invalid_piece_names_and_keeps_the_last_checkpoint(
    store: CheckpointStore,
) -> None:
    class Misnamed(Walk):
        label = ""

        def to_state(self) -> State:
            return State({**super().to_state().pieces, self.label: Piece(b"x")})

    run, walk = save_some(store)
    machine = advance(Misnamed(run.task), 35)
    for name in ("", "two words", "line\nbreak", "x" * 81, "\x1b[2J", "π"):
        machine.label = name
        with pytest.raises(ValueError, match="piece"):
            store.save(run, machine, 0.0)
    assert told(store.load(run).machine) == told(walk)
    machine.label = "x" * 80
    store.save(run, machine, 0.0)
    assert store.load(run).notes == ()


def test_tiny_machine_of_the_tests_ends_with_the_known_steps_lines_and_peak() -> None:
    walk = Walks().new(Walks().task())
    walk.finalize()
    assert (walk.steps, walk.peak, walk.output.count(b"\n")) == (STEPS, 9232, 41)


def test_piece_made_of_a_bytearray_has_its_bytes_of_that_moment() -> None:
    data = bytearray(b"state")
    made, piece = State.of(data), Piece(data)
    data[:1] = b"S"
    assert (made.data, piece.read()) == (b"state", b"state")
