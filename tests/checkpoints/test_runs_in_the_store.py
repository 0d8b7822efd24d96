"""Runs in the store: found, ordered, verified, begun again and deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pi_tui.checkpoints.records import ACTIVE
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import GOAL, advance, begin, execute, save_some, told
from tests.tiny import Walk, Walks


def test_mark_verified_has_no_effect_before_the_run_is_complete(
    store: CheckpointStore,
) -> None:
    run, walk = save_some(store)
    store.mark_verified(run)
    assert not store.load(run).run.verified
    walk.finalize()
    store.complete(run, walk, 9.0, verified=False)
    assert not store.load(run).run.verified
    store.mark_verified(run)
    assert store.load(run).run.verified


def test_completion_with_verification_marks_the_run_verified(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    walk.finalize()
    store.complete(run, walk, 9.0, verified=True)
    assert store.load(run).run.verified


def test_existing_run_keeps_its_tuning_when_opened_with_another(store: CheckpointStore) -> None:
    first = store.open_run(Walks().task(500, bulk=4))
    again = store.open_run(Walks().task(500, bulk=9))
    assert (again.id, again.task.parameters) == (first.id, {"bulk": 4})


def test_runs_are_ordered_by_use_not_by_clock(
    store: CheckpointStore, path: str, open_store: OpenStore
) -> None:
    for goal in (100, 300, 200):
        begin(store, goal)
    store.close()
    execute(path, "UPDATE pi_run SET updated_utc = '1999-01-01', created_utc = 'yesterday'")
    store = open_store()
    assert [run.goal for run in store.runs()] == [200, 300, 100]
    begin(store, 100)
    assert [run.goal for run in store.runs()] == [100, 200, 300]


def test_size_of_a_run_is_the_bytes_of_its_output_and_pieces(store: CheckpointStore) -> None:
    _, walk = save_some(store)
    begin(store, 300)
    pieces = {data for n in (20, 30) for data in told(advance(Walk(walk.task), n))[2].values()}  # type: ignore[index]
    assert [(run.goal, run.size) for run in store.runs()] == [
        (300, 0),
        (GOAL, len(walk.output) + sum(map(len, pieces))),
    ]


def test_latest_run_returns_an_unfinished_run_rather_than_a_newer_complete_one(
    store: CheckpointStore,
) -> None:
    assert store.latest_run() is None
    save_some(store, goal=97)
    run, walk = save_some(store)
    walk.finalize()
    store.complete(run, walk, 1.0, verified=False)
    latest = store.latest_run()
    assert latest is not None
    assert latest.goal == 97


def test_restart_deletes_output_and_checkpoints_and_takes_the_new_parameters(
    store: CheckpointStore,
) -> None:
    run, _ = save_some(store)
    fresh = store.restart(run, Walks().task(bulk=7))
    assert (fresh.committed, fresh.status, fresh.elapsed) == (0, ACTIVE, 0.0)
    assert fresh.task == Walks().task(bulk=7)
    loaded = store.load(fresh)
    assert (loaded.output, loaded.checkpoint, loaded.checkpoints) == (b"", None, ())
    walk = Walks().new(fresh.task)
    assert told(loaded.machine) == told(walk)
    store.save(fresh, advance(walk, 9), 0.5)
    assert told(store.load(fresh).machine) == told(walk)


def test_delete_removes_all_rows_of_the_run_and_no_other(store: CheckpointStore, path: str) -> None:
    save_some(store, goal=97)
    other, walk = save_some(store)
    store.delete(Walks().task(97))
    store.delete(Walks().task(97))
    assert store.find_run(Walks().task(97)) is None
    assert told(store.load(other).machine) == told(walk)
    assert store.check() == []
    with pytest.raises(StorageError, match="no run of 97"):
        store.load(replace(other, task=Walks().task(97)))
    store.close()
    for table in ("pi_checkpoint", "pi_piece", "pi_output"):
        assert execute(path, f"SELECT DISTINCT run_id FROM {table}") == [(other.id,)]
