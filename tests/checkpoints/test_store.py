"""The promises of the store, in files on a real disk."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from pi_tui.checkpoints.records import ACTIVE, COMPLETE
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, PiTuiError, StorageError, WrongResultError
from pi_tui.machine import Machine, Piece, State, WrongState
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import (
    GOAL,
    advance,
    begin,
    execute,
    pieces,
    same_database_opened_again,
    save_some,
    seen,
    tale,
    told,
)
from tests.helpers import pi
from tests.tiny import Finished, Walk, Walks


def test_saved_state_loads_equal_in_another_store(open_store: OpenStore) -> None:
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


class Weighty(Finished):
    """A machine with a state of two megabytes."""

    def to_state(self) -> State:
        return State.of(bytes(2_000_000))


@pytest.mark.parametrize(
    "room", [1_000_000, 0], ids=["room for the output only", "none for the first row"]
)
def test_full_disk_message_gives_bytes_to_be_written(
    room: int, open_store: OpenStore, path: str
) -> None:
    """The message counts neither saved data nor only what was written before the failure."""
    store = open_store(kind=SpigotKind())
    run = store.open_run(SpigotKind().task(10**7))
    store.save(run, Finished(b"7" * 3_000_000), 0.0)
    store.close()
    ((pages, size),) = execute(path, "SELECT * FROM pragma_page_count, pragma_page_size")

    def fill_up(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + room // size}")

    event.listen(Engine, "connect", fill_up)
    try:
        store = open_store(kind=SpigotKind())
        run = store.open_run(run.task)
        assert len(store.load(run).output) == 3_000_000
        with pytest.raises(StorageError, match=r"free, 2\.5 MB to be written"):
            store.save(run, Weighty(b"7" * 3_500_000), 0.0)
    finally:
        event.remove(Engine, "connect", fill_up)


def test_lasting_piece_counts_as_bytes_to_write_until_it_is_saved(
    open_store: OpenStore, path: str
) -> None:
    """A retry after a full disk needs as many bytes as the first try."""
    store = open_store()
    run, walk = begin(store, bulk=2_000_000)
    advance(walk, 1)  # the table is made
    store.close()
    ((pages,),) = execute(path, "PRAGMA page_count")

    def fill_up(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 300}")  # 1.2 MB

    event.listen(Engine, "connect", fill_up)
    try:
        store = open_store()
        run = store.open_run(run.task)
        for _ in range(2):
            with pytest.raises(StorageError, match=r"free, 2\.0 MB to be written"):
                store.save(run, walk, 0.0)
    finally:
        event.remove(Engine, "connect", fill_up)
    store.close()
    store = open_store()
    run = store.open_run(run.task)
    store.save(run, walk, 0.0)
    assert told(store.load(run).machine) == told(walk)


def test_commit_that_landed_although_its_answer_was_lost_is_a_save(
    store: CheckpointStore,
) -> None:
    run, walk = save_some(store)

    def lose_the_answer(connection: Connection) -> None:
        connection.exec_driver_sql("COMMIT")
        raise OSError(errno.EIO, "Input/output error")

    event.listen(Engine, "commit", lose_the_answer, once=True)
    saved = store.save(run, advance(walk, 5), 0.0)
    assert store.load(run).checkpoint == replace(saved, duration=None)
    assert told(store.load(run).machine) == told(walk)


def test_commit_whose_landing_was_never_learned_leaves_both_checkpoints_whole(
    store: CheckpointStore,
) -> None:
    run, walk = save_some(store)
    known = store._trusted[run.id]
    store.save(run, advance(walk, 5), 0.0)
    store._trusted[run.id] = known  # the answer was lost, and so was the look for it
    store.save(run, advance(walk, 5), 0.0)
    assert store.check() == []
    newest, before = store.load(run).checkpoints
    assert [store.load(run, one.seq + 1).notes for one in (newest, before)] == [(), ()]


def test_first_save_that_could_not_begin_raises(store: CheckpointStore) -> None:
    run, walk = begin(store)

    def fail(_: Connection) -> None:
        raise OSError(errno.EIO, "Input/output error")

    event.listen(Engine, "begin", fail, once=True)
    with pytest.raises(StorageError):
        store.save(run, advance(walk, 5), 0.0)
    store.save(run, walk, 0.0)
    assert told(store.load(run).machine) == told(walk)


class Explosion(Exception):
    pass


class Exploding(Walk):
    """A machine whose state raises in the middle, after some pieces are written."""

    def to_state(self) -> State:
        def explode() -> bytes:
            raise Explosion

        pieces = {"early": Piece(b"early"), **super().to_state().pieces}
        return State({**pieces, "late": Piece(explode)})


def test_save_that_fails_halfway_changes_nothing(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    before = seen(store.load(run))
    broken = advance(Exploding(walk.task), 40)
    with pytest.raises(Explosion):
        store.save(run, broken, 1.0)
    assert seen(store.load(run)) == before
    assert store.check() == []


def test_save_refuses_machine_that_fails_its_check(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    before = seen(store.load(run))
    advance(walk, 1).at = walk.peak + 1
    with pytest.raises(WrongState, match="higher than it ever was"):
        store.save(run, walk, 1.0)
    assert seen(store.load(run)) == before


def test_save_never_writes_output_twice(store: CheckpointStore, path: str) -> None:
    _, walk = save_some(store, times=4)
    store.close()
    rows = execute(path, "SELECT start, count, data FROM pi_output ORDER BY start")
    assert len(rows) == 4
    assert b"".join(row[2] for row in rows) == bytes(walk.output)
    assert [row[0] for row in rows] == [sum(r[1] for r in rows[:i]) for i in range(len(rows))]


def test_save_after_steps_without_output_writes_no_output_row(
    store: CheckpointStore, path: str
) -> None:
    run, walk = begin(store, 2**20 * 3)
    for _ in range(4):
        store.save(run, advance(walk, 5), 1.0)
    assert told(store.load(run).machine) == told(walk)
    assert store.check() == []
    store.close()
    assert walk.output == b""
    assert execute(path, "SELECT count(*) FROM pi_output") == [(0,)]


def test_complete_keeps_output_and_deletes_states(store: CheckpointStore, path: str) -> None:
    run, walk = save_some(store)
    walk.finalize()
    last = store.complete(run, walk, 9.0, verified=False)
    loaded = store.load(run)
    assert (loaded.machine, loaded.output, loaded.run.status) == (None, tale(), COMPLETE)
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [last.seq]
    store.close()
    assert pieces(path) == set()


def test_run_is_verified_only_after_completion_and_mark(
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


def test_run_is_verified_by_the_commit_that_completes_it(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    walk.finalize()
    store.complete(run, walk, 9.0, verified=True)
    assert store.load(run).run.verified


def test_complete_refuses_a_run_with_too_little_output(open_store: OpenStore) -> None:
    kind = SpigotKind()
    store = open_store(kind=kind)
    run = store.open_run(kind.task(600))
    for wrong in (pi(599), pi(601)):
        with pytest.raises(PiTuiError, match=r"do not complete|allows 600"):
            store.complete(run, Finished(wrong), 0.0, verified=False)
    store.complete(run, Finished(pi(600)), 0.0, verified=False)


@pytest.mark.parametrize("many", [1, 999_999, 1_000_000, 1_000_001, 2_500_000])
def test_output_rows_hold_up_to_a_million_bytes(
    store: CheckpointStore, path: str, many: int
) -> None:
    text = (b"one, two, " * (many // 10 + 1))[:many]
    run, _ = begin(store)
    store.complete(run, Finished(text), 0.0, verified=False)
    assert store.load(run).output == text
    for start, stop in [(0, many), (many - 1, many), (999_990, 1_000_010), (many, many + 5)]:
        assert store.output(run, start, stop) == text[start:stop]
    store.close()
    counts = [row[0] for row in execute(path, "SELECT count FROM pi_output ORDER BY start")]
    assert sum(counts) == many
    assert set(counts[:-1]) <= {1_000_000}


def test_output_can_be_read_from_any_offset(store: CheckpointStore) -> None:
    run, walk = save_some(store, times=6)
    for start in range(0, len(walk.output), 13):
        assert store.output(run, start, start + 30) == walk.output[start : start + 30]


def test_existing_run_keeps_its_own_parameters(store: CheckpointStore) -> None:
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


def test_runs_report_their_size(store: CheckpointStore) -> None:
    _, walk = save_some(store)
    begin(store, 300)
    pieces = {data for n in (20, 30) for data in told(advance(Walk(walk.task), n))[2].values()}  # type: ignore[index]
    assert [(run.goal, run.size) for run in store.runs()] == [
        (300, 0),
        (GOAL, len(walk.output) + sum(map(len, pieces))),
    ]


def test_latest_run_prefers_an_unfinished_one(store: CheckpointStore) -> None:
    assert store.latest_run() is None
    save_some(store, goal=97)
    run, walk = save_some(store)
    walk.finalize()
    store.complete(run, walk, 1.0, verified=False)
    latest = store.latest_run()
    assert latest is not None
    assert latest.goal == 97


def test_restart_deletes_output_and_checkpoints_and_takes_parameters(
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


def test_overtaken_writer_is_refused_and_changes_nothing(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    overtaker = same_database_opened_again(store)  # the same file, opened by another store
    overtaker.open_run(run.task)
    before = seen(overtaker.load(run))
    advance(walk, 5)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.save(run, walk, 1.0)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.cut(run, 3)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.complete(run, Finished(walk.finalize()), 1.0, verified=False)
    store.leave(run)
    assert seen(overtaker.load(run)) == before
    overtaker.save(run, walk, 1.0)


def test_output_computed_again_must_equal_the_saved_one(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    early = advance(Walk(run.task), 12)
    wrong = advance(Walk(run.task), 12)
    wrong.output = b"?" + wrong.output[1:]
    again = same_database_opened_again(store)
    run = again.open_run(run.task)
    with pytest.raises(WrongResultError, match="differ from what is saved"):
        again.save(run, wrong, 0.0)
    assert again.save(run, early, 0.0).length < len(walk.output)
    assert again.load(run).output == bytes(walk.output)


def test_new_file_is_for_its_owner_only_and_an_old_one_keeps_its_mode(
    tmp_path: Path, open_store: OpenStore
) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    old.touch(0o644)
    for path in (new, old):
        save_some(open_store(str(path)))
    assert new.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new.db.lock").stat().st_mode & 0o777 == 0o600
    assert old.stat().st_mode & 0o777 == 0o644


def test_closed_store_leaves_one_file_and_its_lock(store: CheckpointStore, path: str) -> None:
    save_some(store)
    store.close()
    store.close()
    assert sorted(os.listdir(Path(path).parent)) == ["pi.sqlite3", "pi.sqlite3.lock"]


def test_save_fails_while_the_file_is_moved_away_and_works_after(
    store: CheckpointStore, path: str, tmp_path: Path
) -> None:
    run, walk = save_some(store)
    away = tmp_path / "away"
    os.rename(path, away)
    with pytest.raises(StorageError, match="was moved or deleted; put it back"):
        store.load(run)
    with pytest.raises(StorageError, match="was moved or deleted; put it back"):
        store.save(run, advance(walk, 5), 1.0)
    assert not os.path.exists(path)
    os.rename(away, path)
    store.save(run, walk, 1.0)
    assert told(store.load(run).machine) == told(walk)


def test_save_works_on_a_backup_put_in_place_of_the_file(
    store: CheckpointStore, path: str, tmp_path: Path
) -> None:
    run, walk = save_some(store)
    copy = str(tmp_path / "copy")
    store.backup(copy)
    store.save(run, advance(walk, 20), 1.0)
    os.replace(copy, path)
    store.save(run, advance(walk, 5), 1.0)
    assert told(store.load(run).machine) == told(walk)
    assert store.check() == []


def test_large_piece_is_stored_in_parts_of_one_mebibyte(store: CheckpointStore, path: str) -> None:
    bulk = 5 * 2**19 + 7
    run, walk = begin(store, bulk=bulk)
    store.save(run, advance(walk, 5), 0.0)
    assert told(store.load(run).machine) == told(walk)
    store.close()
    rows = "SELECT part, length(data) FROM pi_piece WHERE length(data) > 1000 ORDER BY part"
    assert execute(path, rows) == [(0, 2**20), (1, 2**20), (2, bulk - 2**21)]


@pytest.mark.parametrize("bulk", [2**20 - 1, 2**20, 2**20 + 1])
def test_piece_of_exactly_one_part_is_read_back(
    store: CheckpointStore, path: str, bulk: int
) -> None:
    run, walk = begin(store, bulk=bulk)
    store.save(run, advance(walk, 5), 0.0)
    assert told(store.load(run).machine) == told(walk)
    store.close()
    assert execute(path, "SELECT max(part) FROM pi_piece") == [((bulk - 1) // 2**20,)]


def test_empty_piece_is_read_back(store: CheckpointStore) -> None:
    class Hollow(Walk):
        def to_state(self) -> State:
            return State({**super().to_state().pieces, "hollow": Piece(b"")})

    run, _ = begin(store)
    store.save(run, advance(Hollow(run.task), 5), 0.0)
    loaded = store.load(run)
    assert (loaded.checkpoint is not None, loaded.notes, store.check()) == (True, (), [])


def test_write_connection_syncs_as_far_as_sqlite_can(store: CheckpointStore) -> None:
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
