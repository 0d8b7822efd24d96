"""A backup is complete, safe on the disk, and replaces no file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pi_tui.errors import StorageError, UsageError
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, files, save_some, told


def test_backup_by_a_reader_is_complete_while_a_writer_has_the_run_open(
    open_store: OpenStore, path: str, tmp_path: Path
) -> None:
    store = open_store()
    run, walk = save_some(store)
    copy = tmp_path / "copy.db"
    open_store(write=False).backup(str(copy))
    state = told(walk)
    store.save(run, advance(walk, 5), 0.0)
    assert copy.stat().st_mode & 0o777 == 0o600
    copied = open_store(str(copy))
    assert copied.check() == []
    assert told(copied.load(run).machine) == state
    assert copied.open_run(run.task).id == run.id


def test_backup_syncs_the_file_before_it_has_its_name_and_the_folder_after(
    open_store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    save_some(store)
    copy, synced, fsync = tmp_path / "copy.db", list[tuple[int, bool]](), os.fsync

    def noted(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, copy.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    store.backup(str(copy))
    assert (copy.stat().st_ino, False) in synced
    assert (tmp_path.stat().st_ino, True) in synced


def test_backup_refuses_unusable_targets(open_store: OpenStore, path: str, tmp_path: Path) -> None:
    store = open_store()
    save_some(store)
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        store.backup(str(mine))
    with pytest.raises(UsageError, match="exists already"):
        store.backup(path)
    with pytest.raises(StorageError, match="cannot be written"):
        store.backup(str(tmp_path / "missing" / "copy.db"))
    assert mine.read_text() == "mine"
    assert files(tmp_path) == [
        *("mine.txt", "pi.sqlite3", "pi.sqlite3.lock", "pi.sqlite3.run-1.lock")
    ]
