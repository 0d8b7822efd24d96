"""Damage is found, reported and skipped: in checkpoints, in the row of a run, in the file."""

from __future__ import annotations

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, NotOursError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, begin, execute, flip, save_some, tale, this, told
from tests.tiny import Walk

NEWEST = "seq = (SELECT max(seq) FROM pi_checkpoint)"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pi_piece SET data = zeroblob(length(data)) WHERE {now}",
        "UPDATE pi_piece SET data = substr(data, 2) WHERE {now}",
        "UPDATE pi_piece SET data = data || x'00' WHERE {now}",
        "UPDATE pi_piece SET data = 'text' WHERE {now}",
        "UPDATE pi_piece SET data = 1000000000000 WHERE {now}",
        "UPDATE pi_piece SET part = 1 WHERE {now}",
        "UPDATE pi_piece SET sha256 = zeroblob(32) WHERE {now}",
        "UPDATE pi_piece SET sha256 = 'text' WHERE {now}",
        "DELETE FROM pi_piece WHERE {now}",
        "UPDATE pi_checkpoint SET sha256 = zeroblob(32) WHERE {newest}",
        "UPDATE pi_checkpoint SET sha256 = 'text' WHERE {newest}",
        "UPDATE pi_checkpoint SET manifest = '' WHERE {newest}",
        "UPDATE pi_checkpoint SET manifest = replace(manifest, ' L ', ' N ') WHERE {newest}",
        "UPDATE pi_checkpoint SET manifest = CAST(manifest AS BLOB) WHERE {newest}",
        "UPDATE pi_checkpoint SET size = 1000000000000 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = -1 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = size + 1 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = 9e999 WHERE {newest}",
        "UPDATE pi_checkpoint SET size = 'large' WHERE {newest}",
        "UPDATE pi_checkpoint SET steps = steps + 1 WHERE {newest}",
        "UPDATE pi_checkpoint SET length = length - 1 WHERE {newest}",
        "UPDATE pi_checkpoint SET length = 2.5 WHERE {newest}",
        "UPDATE pi_checkpoint SET length = 'long' WHERE {newest}",
    ],
)
def test_load_skips_damaged_newest_checkpoint_with_a_note(
    damage: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, damage.format(newest=NEWEST, now=this(path, "now")))
    store = open_store()
    run = store.open_run(saved.task)
    loaded = store.load(run)
    assert loaded.machine is not None
    assert loaded.checkpoint is not None
    assert (loaded.checkpoint.seq, loaded.machine.steps, saved.steps) == (2, 20, 30)
    assert loaded.output == bytes(saved.output)
    assert len(loaded.notes) == 1
    assert "checkpoint 3 is damaged" in loaded.notes[0]
    assert store.check() != []
    again = loaded.machine
    again.finalize()
    store.complete(run, again, 1.0, verified=False)
    assert store.load(run).output == tale()
    assert store.check() == []


def test_damaged_checkpoint_is_kept_until_a_newer_good_commit(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    flip(path, "pi_piece", "data", this(path, "now"))
    store = open_store()
    run = store.open_run(saved.task)
    machine = store.load(run).machine
    assert machine is not None
    assert execute(path, "SELECT seq FROM pi_checkpoint ORDER BY seq") == [(2,), (3,)]
    store.save(run, advance(machine, 1), 0.0)
    assert execute(path, "SELECT seq FROM pi_checkpoint ORDER BY seq") == [(2,), (4,)]


def test_load_without_good_checkpoint_keeps_output_and_returns_a_new_machine(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    flip(path, "pi_piece", "data")
    store = open_store()
    run = store.open_run(saved.task)
    loaded = store.load(run)
    assert (loaded.checkpoint, loaded.output) == (None, bytes(saved.output))
    assert "again from the start" in loaded.notes[-1]
    assert f"{len(saved.output)} letters" in loaded.notes[-1]
    walk = loaded.machine
    assert walk is not None
    assert walk.steps == 0
    store.save(run, advance(walk, 40), 0.0)
    assert told(store.load(run).machine) == told(walk)
    assert store.check() == []


def test_load_without_usable_checkpoint_notes_a_new_start_even_without_output_or_damage(
    path: str, open_store: OpenStore
) -> None:
    store = open_store()
    run, walk = begin(store, 2**20 * 3)
    store.save(run, advance(walk, 5), 0.0)  # and no output yet
    store.close()
    flip(path, "pi_piece", "data")
    store = open_store()
    loaded = store.load(store.open_run(walk.task))
    assert (loaded.checkpoint, loaded.output) == (None, b"")
    assert "again from the start" in loaded.notes[-1]
    run, _ = save_some(store, times=2)
    store.cut(run, 3)
    loaded = store.load(run)
    assert (loaded.checkpoint, loaded.output) == (None, tale()[:3])
    assert len(loaded.notes) == 1
    assert "again from the start" in loaded.notes[0]


def test_load_before_a_given_checkpoint_uses_the_newest_good_one_and_notes_damaged_ones(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    flip(path, "pi_piece", "data", this(path, "now"))
    store = open_store(write=False)
    run = store.runs()[0]
    newest, older = store.load(run).checkpoints
    assert (newest.seq, older.seq) == (3, 2)
    loaded = store.load(run, newest.seq + 1)
    assert loaded.checkpoint == older
    assert "its piece now is missing or damaged" in loaded.notes[0]
    loaded = store.load(run, older.seq + 1)
    assert (loaded.checkpoint, loaded.notes) == (older, ())
    assert loaded.machine is not None
    assert loaded.machine.steps == 20


@pytest.mark.parametrize(
    "damage",
    [
        "goal = 10000000000000000000000",
        "goal = 'many'",
        "goal = 0",
        "parameters = '{}'",
        "parameters = '{\"bulk\": 0}'",
        "parameters = '{\"bulk\": 1099511627776}'",
        "parameters = '{\"bulk\": 1.5}'",
        "parameters = '{\"bulk\": [1]}'",
        "parameters = '[]'",
        "parameters = '{'",
        "parameters = replace(hex(zeroblob(100000)), '0', '[')",
        "parameters = x'7b7d'",
        "status = 'done'",
        "last_seq = 9223372036854775807",
        "elapsed_ms = 9223372036854775807",
        "elapsed_ms = 9e999",
        "committed = 10000001",
        "committed = 9e999",
    ],
)
def test_impossible_run_row_raises_damaged_error(
    damage: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, f"UPDATE pi_run SET {damage}")
    store = open_store(write=False)
    with pytest.raises(DamagedError, match="left untouched"):
        store.runs()
    assert store.check() != []


def test_parameters_over_ten_thousand_characters_are_damage(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    fill = "UPDATE pi_run SET parameters = parameters || ?"
    ((length,),) = execute(path, "SELECT length(parameters) FROM pi_run")
    execute(path, fill, " " * (10_000 - length))
    with open_store(write=False) as store:
        assert store.runs()[0].task == saved.task
    execute(path, fill, " ")
    with open_store(write=False) as store, pytest.raises(DamagedError, match="parameters"):
        store.runs()


def test_run_saved_by_a_newer_version_of_its_kind_raises_not_ours_error(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, "UPDATE pi_run SET version = 2")
    with open_store(write=False) as reader, pytest.raises(NotOursError, match="newer version"):
        reader.runs()
    store = open_store()
    with pytest.raises(NotOursError, match="newer version"):
        store.open_run(saved.task)
    assert execute(path, "SELECT epoch FROM pi_run") == [(1,)]


def test_check_of_a_damaged_database_returns_a_line_for_each_problem(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    flip(path, "pi_piece", "data", this(path, "now"))
    flip(path, "pi_output", "data", "start = 0")
    execute(path, "UPDATE pi_checkpoint SET manifest = manifest || '.' WHERE seq = 2")
    assert open_store(write=False).check() == [
        "run 27: output 1 to 24 is damaged; the 0 before are good",
        "run 27: checkpoint 3: its piece now is missing or damaged",
        "run 27: checkpoint 2: its SHA-256 differs",
    ]


def test_file_with_broken_btree_is_not_written(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
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


def test_load_returns_the_output_although_all_pieces_are_damaged(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    store: CheckpointStore = open_store(write=False)
    flip(path, "pi_piece", "data")
    assert store.load(store.runs()[0]).output == bytes(saved.output)
