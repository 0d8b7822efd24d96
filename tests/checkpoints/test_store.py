"""The promises of the store, in files on a real disk."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pi_tui.checkpoints.records import ACTIVE, COMPLETE
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, StorageError, WrongResultError
from pi_tui.spigot.spigot import Spigot, SpigotState
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import DIGITS, B, K, advance, begin, execute, save_some


def test_a_saved_state_comes_back_equal_from_another_store(open_store: OpenStore) -> None:
    store = open_store()
    run, spigot = begin(store)
    checkpoint = store.save(run, advance(spigot, 30).to_state(), 2.5)
    store.close()
    loaded = open_store().load(run)
    assert loaded.state == spigot.to_state()
    assert loaded.digits == bytes(spigot.result)
    assert loaded.checkpoints == (replace(checkpoint, duration=None),)
    assert (loaded.run.committed, loaded.run.elapsed, loaded.notes) == (spigot.count, 2.5, ())


def test_a_new_run_has_no_state_and_no_digits_and_nothing_to_tell(store: CheckpointStore) -> None:
    run, _ = begin(store)
    loaded = store.load(run)
    assert (loaded.state, loaded.digits, loaded.notes, loaded.checkpoints) == (None, b"", (), ())


def test_a_run_goes_on_from_each_of_its_checkpoints_to_the_digits_of_pi(
    open_store: OpenStore, pi: bytes
) -> None:
    store = open_store()
    run, spigot = begin(store)
    while not spigot.done:
        store.save(run, advance(spigot, 7).to_state(), 0.0)
        store.close()
        store = open_store()
        run = store.open_run(DIGITS, 999, 999)
        state = store.load(run).state
        assert state is not None
        spigot = Spigot.from_state(state)
    assert spigot.result == pi[:DIGITS]


def test_the_newest_two_checkpoints_are_kept(store: CheckpointStore, path: str) -> None:
    run, _ = save_some(store, times=5)
    assert [checkpoint.seq for checkpoint in store.load(run).checkpoints] == [5, 4]
    store.close()
    assert execute(path, "SELECT DISTINCT seq FROM pi_checkpoint_part ORDER BY seq") == [(4,), (5,)]


def test_a_checkpoint_says_what_it_holds(store: CheckpointStore) -> None:
    run, spigot = begin(store)
    saved = store.save(run, advance(spigot, 20).to_state(), 1.25)
    assert (saved.seq, saved.iteration, saved.count, saved.elapsed) == (1, 20, spigot.count, 1.25)
    assert saved.size > 100
    assert saved.duration is not None
    assert saved.saved_at.tzinfo is UTC
    assert saved.saved_at <= datetime.now(UTC)


def test_a_save_that_fails_halfway_leaves_everything_as_it_was(store: CheckpointStore) -> None:
    run, spigot = save_some(store)
    before = store.load(run)

    class Explosion(Exception):
        pass

    class Unencodable(tuple[int, ...]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield from list(super().__iter__())[:3]
            raise Explosion

    state = advance(spigot, 10).to_state()
    broken = replace(state, boxes=Unencodable(state.boxes))  # type: ignore[arg-type]
    with pytest.raises(Explosion):
        store.save(run, broken, 1.0)
    assert store.load(run) == before
    assert store.check() == []


def test_digits_are_never_written_twice(store: CheckpointStore, path: str) -> None:
    _, spigot = save_some(store, times=4)
    store.close()
    rows = execute(path, "SELECT start, count, data FROM pi_digits ORDER BY start")
    assert b"".join(row[2] for row in rows) == bytes(spigot.result)
    assert [row[0] for row in rows] == [sum(r[1] for r in rows[:i]) for i in range(len(rows))]


def test_a_complete_run_keeps_its_digits_and_drops_its_states(
    store: CheckpointStore, path: str, pi: bytes
) -> None:
    run, spigot = save_some(store)
    spigot.finalize()
    last = store.complete(run, bytes(spigot.result), 9.0, spigot.i)
    loaded = store.load(run)
    assert (loaded.state, loaded.digits, loaded.run.status) == (None, pi[:DIGITS], COMPLETE)
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [last.seq]
    store.close()
    assert execute(path, "SELECT count(*) FROM pi_checkpoint_part") == [(0,)]


def test_a_run_counts_as_verified_only_after_it_is_complete_and_marked(
    store: CheckpointStore,
) -> None:
    run, spigot = save_some(store)
    store.mark_verified(run)
    assert not store.load(run).run.verified
    store.complete(run, spigot.finalize(), 9.0, spigot.i)
    assert not store.load(run).run.verified
    store.mark_verified(run)
    assert store.load(run).run.verified


def test_too_few_digits_do_not_complete_a_run(store: CheckpointStore, pi: bytes) -> None:
    run, _ = begin(store)
    with pytest.raises(ValueError, match="do not complete"):
        store.complete(run, pi[: DIGITS - 1], 0.0, 1)


@pytest.mark.parametrize("many", [1, 999_999, 1_000_000, 1_000_001, 2_500_000])
def test_rows_of_digits_hold_up_to_a_million(store: CheckpointStore, path: str, many: int) -> None:
    text = (b"1415926535" * (many // 10 + 1))[:many]
    run = store.open_run(many, 10**6, 2**16)
    store.complete(run, text, 0.0, 1)
    assert store.load(run).digits == text
    for start, stop in [(0, many), (many - 1, many), (999_990, 1_000_010), (many, many + 5)]:
        assert store.digits(run, start, stop) == text[start:stop]
    store.close()
    counts = [row[0] for row in execute(path, "SELECT count FROM pi_digits ORDER BY start")]
    assert sum(counts) == many
    assert set(counts[:-1]) <= {1_000_000}


def test_digits_can_be_read_from_any_position(store: CheckpointStore, pi: bytes) -> None:
    run, spigot = save_some(store, times=6)
    for start in range(0, spigot.count, 13):
        assert store.digits(run, start, start + 30) == pi[start : min(start + 30, spigot.count)]


def test_a_run_that_is_there_keeps_its_own_numbers(store: CheckpointStore) -> None:
    first = store.open_run(500, 4, 8)
    again = store.open_run(500, 9, 64)
    assert (again.id, again.digits_per_step, again.boxes_per_block) == (first.id, 4, 8)


def test_runs_come_in_the_order_of_work_whatever_the_clock_says(
    store: CheckpointStore, path: str
) -> None:
    for digits in (100, 300, 200):
        store.open_run(digits, K, B)
    store.close()
    execute(path, "UPDATE pi_run SET updated_utc = '1999-01-01', created_utc = 'yesterday'")
    store = CheckpointStore.open(path)
    assert [run.goal for run in store.runs()] == [200, 300, 100]
    store.open_run(100, K, B)
    assert [run.goal for run in store.runs()] == [100, 200, 300]
    store.close()


def test_the_latest_run_is_an_unfinished_one_if_there_is_any(store: CheckpointStore) -> None:
    assert store.latest_run() is None
    save_some(store, digits=300)
    run, spigot = save_some(store, digits=200)
    store.complete(run, spigot.finalize(), 1.0, spigot.i)
    latest = store.latest_run()
    assert latest is not None
    assert latest.digits == 300


def test_restart_forgets_digits_and_checkpoints_and_takes_new_numbers(
    store: CheckpointStore,
) -> None:
    run, _ = save_some(store)
    fresh = store.restart(replace(run, digits_per_step=7, boxes_per_block=32))
    assert (fresh.committed, fresh.status, fresh.elapsed) == (0, ACTIVE, 0.0)
    loaded = store.load(fresh)
    assert (loaded.digits, loaded.state, loaded.checkpoints) == (b"", None, ())
    spigot = Spigot.new(DIGITS, digits_per_step=7, boxes_per_block=32)
    store.save(fresh, advance(spigot, 9).to_state(), 0.5)
    assert store.load(fresh).state == spigot.to_state()


def test_delete_leaves_no_row_of_the_run_and_all_of_the_others(
    store: CheckpointStore, path: str
) -> None:
    save_some(store, digits=300)
    other, _ = save_some(store, digits=200)
    store.delete(300)
    store.delete(300)
    assert store.find_run(300) is None
    assert store.load(other).state is not None
    assert store.check() == []
    with pytest.raises(StorageError, match="no run of 300 digits"):
        store.load(replace(other, digits=300))
    store.close()
    for table in ("pi_checkpoint", "pi_checkpoint_part", "pi_digits"):
        assert execute(path, f"SELECT DISTINCT run_id FROM {table}") == [(other.id,)]


def test_an_overtaken_writer_is_refused_and_changes_nothing(store: CheckpointStore) -> None:
    run, spigot = save_some(store)
    overtaker = store.__class__(store._database)  # the same file, another grip on the run
    overtaker.open_run(DIGITS, K, B)
    before = overtaker.load(run)
    advance(spigot, 5)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.save(run, spigot.to_state(), 1.0)
    with pytest.raises(AlreadyOpenError, match="took over"):
        store.complete(run, spigot.finalize(), 1.0, spigot.i)
    assert overtaker.load(run) == before
    overtaker.save(run, spigot.to_state(), 1.0)


def test_digits_computed_again_must_be_those_saved_before(store: CheckpointStore) -> None:
    run, spigot = save_some(store)
    early = advance(Spigot.new(DIGITS, digits_per_step=K, boxes_per_block=B), 12).to_state()
    wrong: SpigotState = replace(early, result=b"2" + early.result[1:])
    again = store.__class__(store._database)
    run = again.open_run(DIGITS, K, B)
    with pytest.raises(WrongResultError, match="differ from the saved ones"):
        again.save(run, wrong, 0.0)
    assert again.save(run, early, 0.0).count < spigot.count
    assert again.load(run).digits == bytes(spigot.result)


def test_the_file_is_for_its_owner_only_and_one_that_was_there_keeps_its_mode(
    tmp_path: Path, open_store: OpenStore
) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    old.touch(0o644)
    for path in (new, old):
        save_some(open_store(str(path)))
    assert new.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new.db.lock").stat().st_mode & 0o777 == 0o600
    assert old.stat().st_mode & 0o777 == 0o644


def test_a_closed_store_leaves_one_file_and_its_lock(store: CheckpointStore, path: str) -> None:
    save_some(store)
    store.close()
    store.close()
    assert sorted(os.listdir(Path(path).parent)) == ["pi.sqlite3", "pi.sqlite3.lock"]


def test_a_file_that_is_moved_away_is_missed_and_welcome_back(
    store: CheckpointStore, path: str, tmp_path: Path
) -> None:
    run, spigot = save_some(store)
    away = tmp_path / "away"
    os.rename(path, away)
    with pytest.raises(StorageError, match="was moved or deleted; put it back"):
        store.save(run, advance(spigot, 5).to_state(), 1.0)
    assert not os.path.exists(path)
    os.rename(away, path)
    store.save(run, spigot.to_state(), 1.0)
    assert store.load(run).state == spigot.to_state()


def test_a_backup_put_in_the_place_of_the_file_is_gone_on_with(
    store: CheckpointStore, path: str, tmp_path: Path
) -> None:
    run, spigot = save_some(store)
    copy = str(tmp_path / "copy")
    store.backup(copy)
    store.save(run, advance(spigot, 20).to_state(), 1.0)
    os.replace(copy, path)
    store.save(run, advance(spigot, 5).to_state(), 1.0)
    assert store.load(run).state == spigot.to_state()
    assert store.check() == []


def test_a_large_state_is_kept_in_parts_of_a_mebibyte(store: CheckpointStore, path: str) -> None:
    digits, k, b = 500_000, 10_000, 512
    run = store.open_run(digits, k, b)
    spigot = Spigot.new(digits, digits_per_step=k, boxes_per_block=b)
    saved = store.save(run, advance(spigot, 1).to_state(), 0.0)
    assert store.load(run).state == spigot.to_state()
    store.close()
    sizes = [row[0] for row in execute(path, "SELECT length(data) FROM pi_checkpoint_part")]
    assert len(sizes) > 1
    assert sizes[:-1] == [2**20] * (len(sizes) - 1)
    assert sum(sizes) == saved.size


def test_what_counts_as_saved_is_synced_as_far_as_sqlite_can(store: CheckpointStore) -> None:
    with store._database.transaction() as session:
        connection = session.connection()
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
