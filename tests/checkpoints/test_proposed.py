from __future__ import annotations

import os
from threading import Thread

import pytest

from pi_tui.checkpoints.loading import Loading
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from pi_tui.machine import Piece
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, begin, execute, save_some, told
from tests.tiny import Walk


def test_load_ends_if_the_only_checkpoint_has_a_number_that_is_no_valid_text(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, "DELETE FROM pi_checkpoint WHERE seq = 2")
    execute(path, "UPDATE pi_checkpoint SET seq = CAST(x'ff' AS TEXT)")
    store = open_store()
    loaded = store.load(store.open_run(saved.task))
    assert (loaded.checkpoint, loaded.output) == (None, saved.output)


def test_load_reads_the_run_anew_if_a_writer_prunes_the_checkpoints_it_has_listed(
    store: CheckpointStore, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, walk = save_some(store)
    prove = Loading._prove

    def proven(loading, run):  # type: ignore[no-untyped-def]
        found = prove(loading, run)
        monkeypatch.undo()
        for _ in range(2):
            store.save(run, advance(walk, 5), 0.0)
        return found

    monkeypatch.setattr(Loading, "_prove", proven)
    loaded = open_store(write=False).load(run)
    assert (told(loaded.machine), loaded.notes) == (told(walk), ())


def test_piece_is_fetched_by_another_thread_only_once_a_save_has_committed(
    store: CheckpointStore,
) -> None:
    run, walk = begin(store)
    store.save(run, advance(walk, 10), 0.0)
    assert walk.table is not None
    fetch, threads, during = walk.table.saved, [], list[bool]()
    assert fetch is not None

    class Fetching(Walk):
        def work(self):  # type: ignore[no-untyped-def]
            threads.append(Thread(target=fetch))
            threads[0].start()
            threads[0].join(0.2)
            during.append(threads[0].is_alive())
            return super().work()

    store.save(run, advance(Fetching(run.task), 20), 0.0)
    threads[0].join(60)
    assert (during, threads[0].is_alive()) == ([True], False)


def test_save_fails_if_the_file_is_replaced_by_a_copy_of_itself_during_the_commit(
    store: CheckpointStore, path: str
) -> None:
    run, walk = save_some(store)
    store.backup(f"{path}.copy")

    class Replacing(Walk):
        def work(self):  # type: ignore[no-untyped-def]
            if os.path.exists(f"{path}.copy"):
                os.replace(f"{path}.copy", path)
            return super().work()

    mover = advance(Replacing(run.task), walk.steps + 5)
    with pytest.raises(StorageError, match="replaced"):
        store.save(run, mover, 1.0)
    store.save(run, mover, 1.0)
    assert told(store.load(run).machine) == told(mover)


def test_piece_saved_after_the_file_was_replaced_by_a_copy_is_read_back(
    store: CheckpointStore, path: str
) -> None:
    run, walk = begin(store)
    store.save(run, advance(walk, 3), 0.0)
    assert walk.table is not None
    assert walk.table.saved is not None
    walk.table.saved()
    store.backup(f"{path}.copy")
    os.replace(f"{path}.copy", path)
    other = Walk(run.task)
    advance(other, 4)
    other.keep_table(Piece(b"another table" * 10, lasting=True))
    store.save(run, other, 0.0)
    assert other.table is not None
    assert other.table.saved is not None
    assert other.table.saved() == b"another table" * 10
