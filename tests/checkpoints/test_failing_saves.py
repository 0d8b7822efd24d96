"""A save that fails, or is refused, changes nothing, and the next one works."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, MachineError, StorageError
from pi_tui.machine import Piece, State, WrongState
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import (
    advance,
    begin,
    execute,
    same_database_opened_again,
    save_some,
    seen,
    told,
)
from tests.tiny import Finished, Walk


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
    """The message counts all new data, even if written before the failure, but no saved data."""
    store = open_store(kind=SpigotKind())
    run = store.open_run(SpigotKind().task(10**7))
    store.save(run, Finished(b"7" * 3_000_000), 0.0)
    store.close()
    execute(path, "UPDATE pi_checkpoint SET size = size + 1")  # it holds no state of a spigot
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


def test_piece_marked_lasting_counts_as_bytes_to_write_until_it_is_saved(
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


def test_commit_that_landed_although_its_answer_was_lost_counts_as_saved(
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


def test_save_after_a_commit_of_unknown_outcome_leaves_two_loadable_checkpoints(
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


def test_first_save_whose_transaction_cannot_begin_raises_storage_error(
    store: CheckpointStore,
) -> None:
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
    with pytest.raises(MachineError, match="raised Explosion"):
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


def test_writer_whose_run_another_took_over_is_refused_and_changes_nothing(
    store: CheckpointStore,
) -> None:
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


def test_save_fails_while_the_database_is_moved_away_and_works_once_it_is_back(
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


def test_save_works_on_a_backup_put_in_place_of_the_database(
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
