"""A run whose output is truncated (`cut`) keeps the part before, and resumes from a checkpoint."""

from __future__ import annotations

import pytest

from pi_tui.checkpoints.records import ACTIVE
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import execute, save_complete, tale
from tests.tiny import Walk


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
def test_run_cut_at_0_1_26_or_all_letters_resumes_to_its_whole_output(
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


def test_cut_of_a_complete_run_makes_it_unfinished_and_unverified(
    open_store: OpenStore, path: str
) -> None:
    store = open_store()
    run = save_complete(store)
    store.close()
    store = open_store()
    store.cut(store.open_run(run.task), 40)
    loaded = store.load(run)
    assert (loaded.run.status, loaded.run.verified) == (ACTIVE, False)
    assert loaded.output == tale()[:40]
