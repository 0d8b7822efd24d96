"""What the store saves is what it loads: states, pieces, and where each write goes."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Machine, Piece, State
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, begin, execute, save_some, tale, this, told
from tests.helpers import pi
from tests.tiny import Walk, Walks


def test_saved_state_is_loaded_unchanged_by_another_store(open_store: OpenStore) -> None:
    store = open_store()
    run, walk = begin(store)
    checkpoint = store.save(run, advance(walk, 30), 2.5)
    store.close()
    loaded = open_store().load(run)
    assert told(loaded.machine) == told(walk)
    assert loaded.output == bytes(walk.output) != b""
    assert loaded.checkpoint == replace(checkpoint, duration=None)
    assert loaded.checkpoints == (loaded.checkpoint,)
    made = len(walk.output)
    assert (loaded.run.committed, loaded.run.elapsed, loaded.notes) == (made, 2.5, ())


def test_new_run_loads_a_new_machine_without_output_or_notes(
    store: CheckpointStore,
) -> None:
    run, walk = begin(store)
    loaded = store.load(run)
    assert told(loaded.machine) == told(walk)
    assert (loaded.output, loaded.notes, loaded.checkpoint, loaded.checkpoints) == (
        b"",
        (),
        None,
        (),
    )


def test_run_resumes_from_each_checkpoint_to_its_end(open_store: OpenStore) -> None:
    store = open_store()
    run, machine = begin(store)
    going_on: Machine = machine
    while not going_on.done:
        store.save(run, advance(going_on, 7), 0.0)
        store.close()
        store = open_store()
        run = store.open_run(Walks().task(bulk=999))
        loaded = store.load(run)
        assert loaded.machine is not None
        assert loaded.notes == ()
        going_on = loaded.machine
    assert going_on.output == tale()


def test_spigot_resumes_from_each_checkpoint_to_the_digits_of_pi(
    open_store: OpenStore,
) -> None:
    kind = SpigotKind()
    store = open_store(kind=kind)
    run = store.open_run(kind.task(600, 6))
    machine = store.load(run).machine
    assert machine is not None
    while not machine.done:
        for _ in range(7):
            if not machine.done:
                machine.step()
        store.save(run, machine, 0.0)
        store.close()
        store = open_store(kind=kind)
        run = store.open_run(kind.task(600, 9))
        loaded = store.load(run)
        assert loaded.checkpoint is not None
        assert loaded.machine is not None
        machine = loaded.machine
        machine.step()  # it may need one to make what was not saved
    assert machine.output == pi(600)


def test_save_keeps_the_newest_two_checkpoints(store: CheckpointStore, path: str) -> None:
    run, _ = save_some(store, times=5)
    assert [checkpoint.seq for checkpoint in store.load(run).checkpoints] == [5, 4]
    store.close()
    assert execute(path, "SELECT seq FROM pi_checkpoint ORDER BY seq") == [(4,), (5,)]


def test_checkpoint_record_matches_its_machine(store: CheckpointStore) -> None:
    run, walk = begin(store)
    saved = store.save(run, advance(walk, 20), 1.25)
    assert (saved.seq, saved.steps, saved.elapsed) == (1, 20, 1.25)
    assert saved.length == len(walk.output) > 0
    state = walk.to_state()
    assert saved.size == sum(len(state[name]) for name in state.pieces) > 100
    assert saved.saved_at.tzinfo is UTC
    assert saved.saved_at <= datetime.now(UTC)


def test_save_and_complete_report_their_duration(store: CheckpointStore) -> None:
    run, walk = begin(store)
    began = time.monotonic()
    saved = store.save(run, advance(walk, 20), 0.0)
    walk.finalize()
    last = store.complete(run, walk, 0.0, verified=False)
    assert saved.duration
    assert last.duration
    assert 0 < saved.duration + last.duration <= time.monotonic() - began


def test_new_database_is_private_to_its_owner_and_an_existing_one_keeps_its_mode(
    tmp_path: Path, open_store: OpenStore
) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    old.touch()
    old.chmod(0o644)  # `touch` would obey the umask
    for path in (new, old):
        save_some(open_store(str(path)))
    assert new.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new.db.lock").stat().st_mode & 0o777 == 0o600
    assert old.stat().st_mode & 0o777 == 0o644


def test_closed_store_leaves_only_the_database_and_its_lock_file(
    store: CheckpointStore, path: str
) -> None:
    save_some(store)
    store.close()
    store.close()
    assert sorted(os.listdir(Path(path).parent)) == ["pi.sqlite3", "pi.sqlite3.lock"]


@pytest.mark.parametrize("bulk", [2**20 - 1, 2**20, 2**20 + 1, 5 * 2**19 + 7])
def test_piece_is_stored_in_parts_of_one_mebibyte(
    store: CheckpointStore, path: str, bulk: int
) -> None:
    run, walk = begin(store, bulk=bulk)
    store.save(run, advance(walk, 5), 0.0)
    assert told(store.load(run).machine) == told(walk)
    store.close()
    table = this(path, "table", seq=1)
    rows = execute(path, f"SELECT part, length(data) FROM pi_piece WHERE {table} ORDER BY part")
    starts = range(0, bulk, 2**20)
    assert rows == [(part, min(2**20, bulk - start)) for part, start in enumerate(starts)]


def test_checkpoint_with_an_empty_piece_is_loaded_without_a_note(store: CheckpointStore) -> None:
    class Hollow(Walk):
        def to_state(self) -> State:
            return State({**super().to_state().pieces, "hollow": Piece(b"")})

    run, _ = begin(store)
    store.save(run, advance(Hollow(run.task), 5), 0.0)
    loaded = store.load(run)
    assert (loaded.checkpoint is not None, loaded.notes, store.check()) == (True, (), [])


def test_write_connection_has_pragmas_for_durable_and_safe_writes(store: CheckpointStore) -> None:
    with store.transaction() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    extra = 3
    assert pragmas == {
        "journal_mode": "delete",
        "synchronous": extra,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }
