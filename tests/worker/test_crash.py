"""Finished output that cannot be written is reported, and not lost."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pi_tui.carry_on import is_whole
from pi_tui.checkpoints.connection import engine
from pi_tui.errors import StorageError
from pi_tui.files.output_file import FileContent, OutputFile
from pi_tui.machine import Machine, Poll, Task, unwatched
from pi_tui.worker.crash_report import without_passwords
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.helpers import pi_tui, wait_until
from tests.tiny import Walks
from tests.worker.conftest import Clock


def test_completion_waits_until_the_database_accepts_its_commit(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(database, **OPTIONS)) as other:
        worker = Worker(Job(HoldingWalks(lambda: other.execute("BEGIN EXCLUSIVE")), Walks().task(),
                            str(database)))  # fmt: skip
        worker.start()
        wait_until(lambda: worker.snapshot.save_failure)
        assert not worker.snapshot.state.is_final
        other.execute("ROLLBACK")
        assert worker.join(60)
    assert (worker.snapshot.state, worker.snapshot.save_failure) == (State.COMPLETE, None)
    again = Worker(Job(Walks(), Walks().task(), str(database)))
    again.start()
    assert again.join(60)
    assert again.output == Walks().new(Walks().task()).finalize()


def test_run_ends_with_6_and_its_output_if_its_last_commit_fails_longer_than_its_patience(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    clock = Clock()
    with closing(sqlite3.connect(database, **OPTIONS)) as other:
        kind = HoldingWalks(lambda: other.execute("BEGIN EXCLUSIVE"))
        worker = Worker(Job(kind, Walks().task(), str(database), patience=30.0), clock=clock)
        worker.start()
        wait_until(lambda: worker.snapshot.save_failure)
        clock.now += 20.0
        first = worker.snapshot.save_failure
        wait_until(lambda: worker.snapshot.save_failure not in (first, None))
        assert not worker.snapshot.state.is_final
        clock.now += 20.0
        has_ended = worker.join(10)
        worker.stop(save=False)
        assert worker.join(60)
    assert has_ended
    assert (worker.snapshot.state, worker.snapshot.exit_code) == (State.FAILED, 6)
    assert is_whole(worker, 6)
    assert worker.output == Walks().new(Walks().task()).finalize()


OPTIONS: dict[str, Any] = {"isolation_level": None, "timeout": 30, "check_same_thread": False}


class HoldingWalks(Walks):
    """Walks whose `verify` lets another program lock the database, after the last save."""

    def __init__(self, take: Callable[[], object]) -> None:
        self._take = take

    def verify(
        self,
        task: Task,
        output: bytes | bytearray,
        poll: Poll = unwatched,
        machine: Machine | None = None,
    ) -> bool:
        self._take()
        return True


def test_export_to_a_disk_that_refuses_it_fails_and_keeps_the_old_file(
    database: Path, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match="No space left on device; choose another file"):
        OutputFile.claim("/dev/full", "").write(FileContent(b"1" * 100_000))
    assert pi_tui("run", "--digits", 9_000, "--db", database).returncode == 0
    target = tmp_path / "pi.txt"
    target.write_text("old")
    command = [sys.executable, "-c", SHORT, *("export", "-o", str(target), "--db", str(database))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert re.fullmatch(r"pi-tui: cannot write the output to .*: File too large; .*\n", done.stderr)
    assert target.read_text() == "old"
    assert list(tmp_path.glob(".pi.txt*")) == []


SHORT = """
import resource, sys
sys.dont_write_bytecode = True  # cut off at the limit, it would break every start after this one
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from pi_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_passwords_of_6_and_5000_letters_in_a_long_text_are_masked_within_a_second() -> None:
    text = "http://a:80/x," * 20_000
    began = time.thread_time()
    assert without_passwords(f"{text} me://you:{'x' * 5_000}@host") == f"{text} me://you:…@host"
    assert without_passwords(f"{text}me://you:secret@host{text}").endswith(f":…@host{text}")
    assert time.thread_time() - began < 1.0, "some 10 ms; it took 8 s if each address was scanned"
