"""Output that fails a check is never returned, and is made again."""

from __future__ import annotations

import pytest

from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import ACTIVE, COMPLETE
from pi_tui.errors import DamagedError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, execute, flip, save_complete, tale, told
from tests.tiny import Walk, Walks


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
def test_load_returns_no_output_if_its_first_row_is_impossible_or_missing(
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
def test_extra_output_row_at_an_impossible_start_is_not_returned_as_output(
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
    run = save_complete(store)
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


def test_read_of_missing_output_raises_damaged_error_and_a_read_before_it_succeeds(
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
def test_output_length_is_taken_from_output_rows_and_not_from_the_row_of_the_run(
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


@pytest.mark.parametrize("damage", ["committed = committed - 4", "status = 'active'"])
def test_complete_run_whose_row_is_damaged_gets_its_output_and_a_sound_row_again(
    damage: str, path: str
) -> None:
    task = Walks().task()
    whole = carry_on(Walks(), task, path)
    assert whole[0] == 0
    execute(path, f"UPDATE pi_run SET {damage}")
    assert carry_on(Walks(), task, path) == whole
    assert execute(path, "SELECT status, committed FROM pi_run") == [("complete", len(whole[1]))]


def test_output_whose_row_starts_at_a_fraction_raises_damaged_error(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    ((start,),) = execute(path, "SELECT start FROM pi_output ORDER BY start LIMIT 1 OFFSET 1")
    execute(path, "UPDATE pi_output SET count = count + 0.5 WHERE start = 0")
    execute(path, "UPDATE pi_output SET start = start + 0.5 WHERE start = ?", start)
    reader = open_store(write=False)
    with pytest.raises(DamagedError):
        reader.output(reader.runs()[0], start + 2, start + 4)
