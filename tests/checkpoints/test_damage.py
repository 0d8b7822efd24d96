"""Damage is found, reported and skipped; output that fails a check is never returned."""

from __future__ import annotations

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import ACTIVE, COMPLETE
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, NotOursError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import (
    advance,
    begin,
    execute,
    flip,
    save_some,
    tale,
    this,
    told,
)
from tests.tiny import Walk, Walks

NEWEST = "seq = (SELECT max(seq) FROM pi_checkpoint)"


@pytest.fixture
def saved(open_store: OpenStore) -> Walk:
    """Write and close a file with three checkpoints; return the machine's view at each."""
    store = open_store()
    _, walk = save_some(store)
    store.close()
    return walk


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


def test_load_without_good_checkpoint_keeps_output_and_compares_it(
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


def test_beginning_again_is_reported_even_without_output_or_damage(
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


def test_run_resumes_from_every_checkpoint_and_reports_it(
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


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("column", ["data", "chain"])
def test_load_returns_output_only_up_to_first_damaged_row(
    row: int, column: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    ((start,),) = execute(path, "SELECT start FROM pi_output ORDER BY start LIMIT 1 OFFSET ?", row)
    flip(path, "pi_output", column, f"start = {start}")
    assert glance(path, Walks(), Walks().task()) is None
    store = open_store()
    run = store.open_run(saved.task)
    loaded = store.load(run)
    assert loaded.output == tale()[:start]
    assert loaded.run.committed == start
    assert "damaged" in loaded.notes[0]
    with pytest.raises(DamagedError):
        store.output(run, start, start + 1)
    # Going on from what is left repairs the rows.
    walk = loaded.machine
    assert walk is not None
    store.save(run, advance(walk, 5), 0.0)
    assert told(store.load(run).machine) == told(walk)
    assert store.check() == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pi_output SET data = 'text' WHERE start = 0",
        "UPDATE pi_output SET data = 1000000000000 WHERE start = 0",
        "DELETE FROM pi_output WHERE start = 0",
        "UPDATE pi_output SET start = 1 WHERE start = 0",
        "UPDATE pi_output SET start = 0.5 WHERE start = 0",
        "UPDATE pi_output SET start = 'zero' WHERE start = 0",
        "UPDATE pi_output SET count = count + 1 WHERE start = 0",
        "UPDATE pi_output SET chain = 'text' WHERE start = 0",
    ],
)
def test_load_rejects_output_rows_of_impossible_content(
    damage: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, damage)
    seen = glance(path, Walks(), None)
    assert seen is None or seen.output == bytes(saved.output)
    with open_store(write=False) as reader:
        assert reader.load(reader.runs()[0]).output == b""
    store = open_store()
    run = store.open_run(saved.task)
    machine = store.load(run).machine
    assert machine is not None
    store.save(run, advance(machine, 50), 0.0)  # repairs it
    assert told(store.load(run).machine) == told(machine)
    assert store.load(run).notes == ()
    assert store.check() == []


@pytest.mark.parametrize("start", [12.5, -3, "late"])
def test_extra_output_row_is_rejected_and_deleted_by_repair(
    start: object, saved: Walk, path: str, open_store: OpenStore
) -> None:
    copy = "INSERT INTO pi_output SELECT run_id, ?, count, data, chain FROM pi_output LIMIT 1"
    execute(path, copy, start)
    store = open_store()
    run = store.open_run(saved.task)
    loaded = store.load(run)
    assert bytes(saved.output).startswith(loaded.output)
    machine = loaded.machine
    assert machine is not None
    store.save(run, advance(machine, 50), 0.0)
    assert store.load(run).notes == ()
    assert store.load(run).output == machine.output


def test_load_rejects_output_that_its_kind_does_not_accept(
    saved: Walk, path: str, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Walks, "accepts", lambda _self, data: b"27" not in data)
    assert glance(path, Walks(), None) is None
    store = open_store(write=False)
    assert store.load(store.runs()[0]).output == b""
    assert any("cannot be output" in problem for problem in store.check())


def test_complete_run_with_damaged_output_is_computed_again(
    path: str, open_store: OpenStore
) -> None:
    store = open_store()
    run, walk = save_some(store)
    walk.finalize()
    store.complete(run, walk, 1.0, verified=True)
    store.close()
    flip(path, "pi_output", "data", "start > 0")
    store = open_store()
    run = store.open_run(run.task)
    assert (run.status, run.verified) == (COMPLETE, True)  # until its output is loaded
    loaded = store.load(run)
    assert (loaded.run.status, loaded.run.verified, loaded.checkpoint) == (ACTIVE, False, None)
    assert 0 < len(loaded.output) < len(tale())
    assert store.check() != []
    machine = loaded.machine
    assert machine is not None
    machine.finalize()
    store.complete(run, machine, 2.0, verified=False)
    loaded = store.load(run)
    assert (loaded.run.status, loaded.output, loaded.notes) == (COMPLETE, tale(), ())


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


def test_missing_output_raises_damaged_error_in_every_read(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    rows = execute(path, "SELECT start FROM pi_output ORDER BY start")
    assert len(rows) == 3
    for (start,) in reversed(rows):
        execute(path, "DELETE FROM pi_output WHERE start = ?", start)
        store = open_store(write=False)
        (run,) = store.runs()
        for position in (start, len(saved.output) - 1):
            with pytest.raises(DamagedError, match="missing"):
                store.output(run, position, position + 1)
        if start:
            assert store.output(run, 0, start) == saved.output[:start]


@pytest.mark.parametrize("committed", [0, 7, 599])
def test_output_length_is_taken_from_rows_not_from_committed(
    committed: int, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, "UPDATE pi_run SET committed = ?", committed)
    store = open_store()
    run = store.open_run(saved.task)
    loaded = store.load(run)
    assert loaded.output == bytes(saved.output)
    assert told(loaded.machine) == told(saved)
    assert len(loaded.notes) == 1
    store.save(run, advance(saved, 2), 0.0)
    assert store.load(run).notes == ()
    assert store.check() == []


def test_run_of_newer_kind_version_is_refused_as_not_ours(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, "UPDATE pi_run SET version = 2")
    with open_store(write=False) as reader, pytest.raises(NotOursError, match="newer version"):
        reader.runs()
    store = open_store()
    with pytest.raises(NotOursError, match="newer version"):
        store.open_run(saved.task)
    assert execute(path, "SELECT epoch FROM pi_run") == [(1,)]


def test_check_names_each_problem(saved: Walk, path: str, open_store: OpenStore) -> None:
    flip(path, "pi_piece", "data", this(path, "now"))
    flip(path, "pi_output", "data", "start = 0")
    execute(path, "UPDATE pi_checkpoint SET manifest = manifest || '.' WHERE seq = 2")
    assert open_store(write=False).check() == [
        "run 27: output 1 to 24 is damaged; the 0 before are good",
        "run 27: checkpoint 3: its piece now is missing or damaged",
        "run 27: checkpoint 2: its SHA-256 differs",
    ]


@pytest.mark.parametrize("beyond", [0, 3], ids=["at a checkpoint", "in the middle of a row"])
def test_cut_keeps_good_output_and_deletes_later_checkpoints(
    beyond: int, saved: Walk, path: str, open_store: OpenStore
) -> None:
    store = open_store()
    run = store.open_run(saved.task)
    store.load(run)
    ((second,),) = execute(path, "SELECT length FROM pi_checkpoint WHERE seq = 2")
    good = second + beyond
    store.cut(run, good)
    loaded = store.load(run)
    assert loaded.output == tale()[:good]
    assert loaded.notes == ()
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [2]
    machine = loaded.machine
    assert machine is not None
    assert machine.steps == 20
    machine.finalize()
    store.complete(run, machine, 1.0, verified=False)
    assert store.load(run).output == tale()
    assert store.check() == []


@pytest.mark.parametrize("good", [0, 1, 26, 10**6])
def test_cut_at_any_length_leaves_a_resumable_run(
    good: int, saved: Walk, open_store: OpenStore
) -> None:
    store = open_store()
    run = store.open_run(saved.task)
    store.cut(run, good)
    loaded = store.load(run)
    assert loaded.output == bytes(saved.output)[:good]
    assert loaded.machine is not None
    loaded.machine.finalize()
    store.complete(run, loaded.machine, 1.0, verified=False)
    assert store.load(run).output == tale()
    assert store.check() == []


def test_cut_of_a_complete_run_makes_it_unfinished_and_resumable(
    open_store: OpenStore, path: str
) -> None:
    store = open_store()
    run, walk = save_some(store)
    walk.finalize()
    store.complete(run, walk, 1.0, verified=True)
    store.close()
    store = open_store()
    store.cut(store.open_run(run.task), 40)
    loaded = store.load(run)
    assert (loaded.run.status, loaded.run.verified) == (ACTIVE, False)
    assert loaded.output == tale()[:40]


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


def test_damaged_database_can_be_read(saved: Walk, path: str, open_store: OpenStore) -> None:
    store: CheckpointStore = open_store(write=False)
    flip(path, "pi_piece", "data")
    assert store.load(store.runs()[0]).output == bytes(saved.output)
