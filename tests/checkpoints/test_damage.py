"""Damage is found, told and passed over; no digit that fails a check is ever handed out."""

from __future__ import annotations

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import ACTIVE, COMPLETE
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, NotOursError
from pi_tui.spigot.spigot import Spigot
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import DIGITS, B, K, advance, execute, flip, save_some

NEWEST = "seq = (SELECT max(seq) FROM pi_checkpoint)"


@pytest.fixture
def saved(open_store: OpenStore) -> Spigot:
    """A file with three checkpoints was written and closed; where the spigot stood."""
    store = open_store()
    _, spigot = save_some(store)
    store.close()
    return spigot


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pi_checkpoint_part SET data = zeroblob(length(data)) WHERE {newest}",
        "UPDATE pi_checkpoint_part SET data = substr(data, 2) WHERE {newest}",
        "UPDATE pi_checkpoint_part SET data = 'text' WHERE {newest}",
        "UPDATE pi_checkpoint_part SET data = 1000000000000 WHERE {newest}",
        "DELETE FROM pi_checkpoint_part WHERE {newest}",
        "UPDATE pi_checkpoint SET sha256 = zeroblob(32) WHERE {newest}",
        "UPDATE pi_checkpoint SET size = 1000000000000 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = -1 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = 'large' WHERE {newest}",
        "UPDATE pi_checkpoint SET iteration = iteration + 1 WHERE {newest}",
        "UPDATE pi_checkpoint SET count = count - 1 WHERE {newest}",
        "UPDATE pi_checkpoint SET count = 2.5 WHERE {newest}",
    ],
)
def test_a_damaged_newest_checkpoint_is_passed_over_with_a_note(
    damage: str, saved: Spigot, path: str, open_store: OpenStore
) -> None:
    execute(path, damage.format(newest=NEWEST))
    store = open_store()
    run = store.open_run(DIGITS, K, B)
    loaded = store.load(run)
    assert loaded.state is not None
    assert (loaded.state.i, saved.i) == (20, 30)
    assert loaded.digits == bytes(saved.result)
    assert len(loaded.notes) == 1
    assert "damaged" in loaded.notes[0]
    assert store.check() != []
    again = Spigot.from_state(loaded.state)
    again.finalize()
    store.complete(run, bytes(again.result), 1.0, again.i)
    assert store.check() == []


def test_a_damaged_checkpoint_is_deleted_only_together_with_a_good_newer_commit(
    saved: Spigot, path: str, open_store: OpenStore
) -> None:
    flip(path, "pi_checkpoint_part", "data", NEWEST)
    store = open_store()
    run = store.open_run(DIGITS, K, B)
    state = store.load(run).state
    assert state is not None
    assert execute(path, "SELECT seq FROM pi_checkpoint ORDER BY seq") == [(2,), (3,)]
    store.save(run, advance(Spigot.from_state(state), 1).to_state(), 0.0)
    assert execute(path, "SELECT seq FROM pi_checkpoint ORDER BY seq") == [(2,), (4,)]


def test_if_no_checkpoint_is_good_the_digits_stay_and_are_compared(
    saved: Spigot, path: str, open_store: OpenStore
) -> None:
    flip(path, "pi_checkpoint_part", "data")
    store = open_store()
    run = store.open_run(DIGITS, K, B)
    loaded = store.load(run)
    assert (loaded.state, loaded.digits) == (None, bytes(saved.result))
    assert "again from the start" in loaded.notes[-1]
    spigot = advance(Spigot.new(DIGITS, digits_per_step=K, boxes_per_block=B), 40)
    store.save(run, spigot.to_state(), 0.0)
    assert store.load(run).state == spigot.to_state()
    assert store.check() == []


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("column", ["data", "chain"])
def test_digits_are_handed_out_only_up_to_the_first_damaged_row(
    row: int, column: str, saved: Spigot, path: str, open_store: OpenStore, pi: bytes
) -> None:
    ((start,),) = execute(path, "SELECT start FROM pi_digits ORDER BY start LIMIT 1 OFFSET ?", row)
    flip(path, "pi_digits", column, f"start = {start}")
    assert glance(path, DIGITS) is None
    store = open_store()
    run = store.open_run(DIGITS, K, B)
    loaded = store.load(run)
    assert loaded.digits == pi[:start]
    assert loaded.run.committed == start
    assert "damaged" in loaded.notes[0]
    with pytest.raises(DamagedError):
        store.digits(run, start, start + 1)
    # Going on from what is left repairs the rows.
    new = Spigot.new(DIGITS, digits_per_step=K, boxes_per_block=B)
    spigot = Spigot.from_state(loaded.state) if loaded.state else new
    store.save(run, advance(spigot, 3).to_state(), 0.0)
    assert store.load(run).state == spigot.to_state()
    assert store.check() == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pi_digits SET data = 'text' WHERE start = 0",
        "UPDATE pi_digits SET data = 1000000000000 WHERE start = 0",
        "DELETE FROM pi_digits WHERE start = 0",
        "UPDATE pi_digits SET start = 1 WHERE start = 0",
        "UPDATE pi_digits SET count = count + 1 WHERE start = 0",
    ],
)
def test_rows_that_we_never_wrote_are_no_digits(
    damage: str, saved: Spigot, path: str, open_store: OpenStore
) -> None:
    execute(path, damage)
    seen = glance(path, None)
    assert seen is None or seen.text == bytes(saved.result)
    assert open_store(write=False).load(open_store(write=False).runs()[0]).digits == b""


def test_a_complete_run_with_damaged_digits_is_computed_again(
    path: str, open_store: OpenStore, pi: bytes
) -> None:
    store = open_store()
    run, spigot = save_some(store)
    store.complete(run, spigot.finalize(), 1.0, spigot.i)
    store.mark_verified(run)
    store.close()
    flip(path, "pi_digits", "data", "start > 0")
    store = open_store()
    loaded = store.load(store.open_run(DIGITS, K, B))
    assert (loaded.run.status, loaded.run.verified, loaded.state) == (ACTIVE, False, None)
    assert 0 < len(loaded.digits) < DIGITS
    assert store.check() != []
    new = Spigot.new(DIGITS, digits_per_step=K, boxes_per_block=B)
    store.complete(run, new.finalize(), 2.0, new.i)
    loaded = store.load(run)
    assert (loaded.run.status, loaded.digits, loaded.notes) == (COMPLETE, pi[:DIGITS], ())


@pytest.mark.parametrize(
    "damage",
    [
        "digits = 10000000000000",
        "digits = 'many'",
        "digits_per_step = 0",
        "boxes_per_block = 1099511627776",
        "boxes_per_block = -1",
        "status = 'done'",
        "last_seq = 9223372036854775807",
        "elapsed_ms = 9223372036854775807",
        "committed = 601",
    ],
)
def test_a_run_that_cannot_be_is_damage_and_not_a_crash(
    damage: str, saved: Spigot, path: str, open_store: OpenStore
) -> None:
    execute(path, f"UPDATE pi_run SET {damage}")
    store = open_store(write=False)
    with pytest.raises(DamagedError, match="left untouched"):
        store.runs()
    assert store.check() != []


@pytest.mark.parametrize("committed", [0, 7, 599])
def test_the_rows_of_digits_are_believed_not_their_number(
    committed: int, saved: Spigot, path: str, open_store: OpenStore
) -> None:
    execute(path, "UPDATE pi_run SET committed = ?", committed)
    store = open_store()
    run = store.open_run(DIGITS, K, B)
    loaded = store.load(run)
    assert loaded.digits == bytes(saved.result)
    assert loaded.state == saved.to_state()
    assert len(loaded.notes) == 1
    store.save(run, advance(saved, 2).to_state(), 0.0)
    assert store.load(run).notes == ()
    assert store.check() == []


def test_a_checkpoint_of_a_newer_pi_tui_is_refused_and_not_taken_for_damage(
    saved: Spigot, path: str, open_store: OpenStore
) -> None:
    import hashlib

    ((data,),) = execute(path, f"SELECT data FROM pi_checkpoint_part WHERE {NEWEST}")
    data = data[:8] + b"\0\0\0\7" + data[12:]
    execute(path, f"UPDATE pi_checkpoint_part SET data = ? WHERE {NEWEST}", data)
    sha = hashlib.sha256(data).digest()
    execute(path, f"UPDATE pi_checkpoint SET sha256 = ? WHERE {NEWEST}", sha)
    store = open_store()
    with pytest.raises(NotOursError, match="newer pi-tui"):
        store.load(store.open_run(DIGITS, K, B))


def test_hostile_text_is_shown_harmlessly(saved: Spigot, path: str, open_store: OpenStore) -> None:
    evil = "\x1b]0;owned\x07\u202e\x9b31m"
    execute(path, "UPDATE pi_run SET algorithm = ?", evil)
    with pytest.raises(NotOursError) as caught:
        open_store(write=False).runs()
    assert not set(evil[:1] + "\x07\u202e\x9b") & set(str(caught.value))


def test_the_check_names_what_is_wrong(saved: Spigot, path: str, open_store: OpenStore) -> None:
    flip(path, "pi_checkpoint_part", "data", NEWEST)
    flip(path, "pi_digits", "data", "start = 0")
    problems = open_store(write=False).check()
    assert any("digits 1 to" in problem for problem in problems)
    assert any("checkpoint 3: its SHA-256 differs" in problem for problem in problems)


def test_a_broken_tree_is_not_written_to(saved: Spigot, path: str, open_store: OpenStore) -> None:
    ((size,),) = execute(path, "PRAGMA page_size")
    with open(path, "r+b") as file:  # page 3 or so: zeroes where a tree should be
        file.seek(2 * size)
        file.write(bytes(size))
    with open(path, "rb") as file:
        before = file.read()
    with pytest.raises(DamagedError, match="left untouched"):
        open_store()
    with open(path, "rb") as file:
        assert file.read() == before


def test_a_damaged_store_can_still_be_looked_at(
    saved: Spigot, path: str, open_store: OpenStore
) -> None:
    store: CheckpointStore = open_store(write=False)
    flip(path, "pi_checkpoint_part", "data")
    assert store.load(store.runs()[0]).digits == bytes(saved.result)
