"""Saved pieces that are read back while a machine computes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from pi_tui.checkpoints.connection import engine
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from pi_tui.machine import LostPiece, Piece, Work
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, begin, execute, flip, this
from tests.tiny import Walk, make_table

LARGE = 2**20
"""Bytes of a table that a load does not keep in memory."""
CACHE = 4_000_000
"""Bytes to write that exceed the cache of SQLite: from then on it locks out its other readers."""


def table_of(walk: Walk) -> Piece:
    assert walk.table is not None
    return walk.table


def saved(store: CheckpointStore, bulk: int = 100) -> tuple[Walk, Piece]:
    """Save a walk three times, and free its table; return the walk and the table's piece."""
    run, walk = begin(store, bulk=bulk)
    for _ in range(3):
        store.save(run, advance(walk, 10), 0.0)
    piece = table_of(walk)
    assert piece.saved is not None
    piece.let_go(piece.saved)
    return walk, piece


def test_piece_can_be_read_back_once_it_is_saved(store: CheckpointStore) -> None:
    run, walk = begin(store, bulk=3 * LARGE + 7)
    advance(walk, 3)
    assert table_of(walk).saved is None
    store.save(run, walk, 0.0)
    fetch = table_of(walk).saved
    assert fetch is not None
    assert fetch() == make_table(run.task)


def lose(piece: Piece, where: str, damage: str, path: str) -> None:
    """Flip a bit of the piece that `where` selects in the database, or delete it; see it lost."""
    if damage == "flipped":
        flip(path, "pi_piece", "data", where)
    else:
        execute(path, f"DELETE FROM pi_piece WHERE {where}")
    with pytest.raises(LostPiece, match="100 bytes"):
        piece.read()


@pytest.mark.parametrize("damage", ["flipped", "missing"])
def test_damaged_piece_is_lost_and_the_next_save_writes_it_again(
    damage: str, store: CheckpointStore, path: str
) -> None:
    walk, piece = saved(store)
    where = this(path, "table")
    sound = execute(path, f"SELECT data FROM pi_piece WHERE {where}")
    lose(piece, where, damage, path)
    walk.table = Piece(make_table(walk.task), lasting=True)  # the machine makes it again
    run = store.find_run(walk.task)
    assert run is not None
    store.save(run, advance(walk, 5), 0.0)
    assert execute(path, f"SELECT data FROM pi_piece WHERE {where}") == sound
    assert piece.read() == make_table(walk.task)
    assert store.check() == []


@pytest.mark.parametrize("damage", ["flipped", "missing"])
@pytest.mark.parametrize("new_output", [0, CACHE])
def test_checkpoint_saved_while_a_piece_is_lost_is_loaded_with_a_note_that_names_the_piece(
    damage: str, new_output: int, store: CheckpointStore, open_store: OpenStore, path: str
) -> None:
    walk, piece = saved(store)
    walk.output += bytes(new_output)
    lose(piece, this(path, "table"), damage, path)
    run = store.find_run(walk.task)
    assert run is not None
    store.save(run, advance(walk, 5), 0.0)
    loaded = open_store(write=False).load(run)
    assert loaded.machine is not None
    assert (loaded.machine.steps, loaded.machine.output) == (walk.steps, walk.output)
    assert loaded.notes[0].endswith("lost or damaged: table")
    walk.table = Piece(make_table(walk.task), lasting=True)
    store.save(run, advance(walk, 5), 0.0)
    assert walk.table.read() == make_table(walk.task)
    assert open_store(write=False).load(run).notes == ()


def test_load_checks_large_pieces_and_reads_them_when_they_are_wanted(
    open_store: OpenStore, path: str
) -> None:
    store = open_store()
    walk, _ = saved(store, LARGE)
    store.close()
    store = open_store()

    class Seen(Exception):
        pass

    def from_state(task, state, output):  # type: ignore[no-untyped-def]
        flip(path, "pi_piece", "data", this(path, "table"))
        with pytest.raises(LostPiece):
            state["table"]
        flip(path, "pi_piece", "data", this(path, "table"))
        assert state["table"] == make_table(task)
        raise Seen

    kind = store._kind
    kind.from_state = from_state  # type: ignore[method-assign]
    with pytest.raises(Seen):
        store.load(store.open_run(walk.task))
    del kind.from_state
    flip(path, "pi_piece", "data", this(path, "table"))
    loaded = store.load(store.open_run(walk.task))
    assert loaded.notes[0] == "checkpoint 3: lost or damaged: table"
    assert loaded.machine is not None
    assert loaded.machine.finalize() == Walk(walk.task).finalize()


def test_piece_read_from_a_moved_file_fails_and_works_again_once_the_file_is_back(
    store: CheckpointStore, path: str
) -> None:
    walk, piece = saved(store)
    Path(path).rename(f"{path}.away")
    with pytest.raises(StorageError, match="was moved or deleted"):
        piece.read()
    Path(f"{path}.away").rename(path)
    assert piece.read() == make_table(walk.task)
    store.close()
    assert piece.read() == make_table(walk.task)


def test_piece_read_waits_only_as_long_as_another_program_keeps_committing(
    store: CheckpointStore, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    store._reader.close()
    walk, piece = saved(store)
    table, looks = make_table(walk.task), 0
    last_written = engine._last_written

    def writing(path: Path | None) -> object:
        """After a try that found the file busy, commit as another program and lock again.

        The reader calls this before each try, and after a busy one: every second call comes after
        a busy try. After the third, at call six, the file is not locked again.
        """
        nonlocal looks
        looks += 1
        if looks % 2 == 0:
            other.execute(f"CREATE TABLE t{looks} (a)")
            other.execute("COMMIT")
            if looks < 6:
                other.execute("BEGIN EXCLUSIVE")
        return last_written(path)

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="another program"):
            piece.read()
        monkeypatch.setattr(engine, "_last_written", writing)
        assert piece.read() == table
    assert looks == 7  # busy three times; the fourth try succeeds


def test_piece_fetched_by_another_thread_during_a_save_arrives_only_after_the_commit(
    store: CheckpointStore,
) -> None:
    run, walk = begin(store)
    store.save(run, advance(walk, 10), 0.0)
    assert walk.table is not None
    fetch, threads, during = walk.table.saved, [], list[bool]()
    assert fetch is not None

    class Fetching(Walk):
        def work(self) -> Work:
            threads.append(Thread(target=fetch))
            threads[0].start()
            threads[0].join(0.2)
            during.append(threads[0].is_alive())
            return super().work()

    store.save(run, advance(Fetching(run.task), 20), 0.0)
    threads[0].join(60)
    assert (during, threads[0].is_alive()) == ([True], False)
