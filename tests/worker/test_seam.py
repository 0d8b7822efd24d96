"""`carry_on` as programs call it: full disks, other threads, damage, hints."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import pi_tui.carry_on as module
from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.connection import engine
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import Hint
from pi_tui.machine import Poll, Task, unwatched
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.reports.hints import command_line
from pi_tui.worker.job import Cadence, Job
from pi_tui.worker.snapshot import State as Word
from pi_tui.worker.worker import Worker
from tests.checkpoints.helpers import flip, this
from tests.helpers import wait_until
from tests.tiny import Walk, Walks
from tests.worker.conftest import Clock

TASK = Walks().task()
WHOLE = Walks().new(TASK).finalize()


class Blocking(Walks):
    """Walks during which another program locks the database and keeps it locked."""

    def __init__(self, other: sqlite3.Connection) -> None:
        self.other = other

    def new(self, task: Task) -> Walk:
        self.other.execute("BEGIN EXCLUSIVE")
        return super().new(task)


@contextmanager
def another_program(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    with closing(connection) as other:
        yield other


def test_carry_on_returns_output_with_code_6_if_only_the_database_fails(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    with another_program(database) as other:
        assert carry_on(Blocking(other), TASK, str(database)) == (6, WHOLE)
    assert "could not be saved" in capsys.readouterr().err


def test_worker_retries_a_failing_database_for_the_patience_of_its_job_then_fails(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    clock = Clock()
    with another_program(database) as other:
        job = Job(Blocking(other), TASK, str(database), patience=30.0)
        worker = Worker(job, clock=clock)
        worker.start()
        wait_until(lambda: worker.snapshot.save_failure)
        clock.now += 29.0
        since, failures = worker.snapshot.save_failure, clock.looks
        worker.save_now()
        wait_until(lambda: clock.looks > failures + 20)
        assert not worker.snapshot.state.is_final
        assert worker.snapshot.save_failure
        assert worker.snapshot.save_failure.since == (since and since.since)
        clock.now += 32.0
        worker.save_now()
        assert worker.join(60)
    assert (worker.snapshot.state, worker.snapshot.exit_code) == (Word.FAILED, 6)


def test_carry_on_works_in_a_thread_other_than_the_main_one(database: Path) -> None:
    results: list[tuple[int, bytes]] = []
    thread = threading.Thread(target=lambda: results.append(carry_on(Walks(), TASK, str(database))))
    thread.start()
    thread.join(60)
    assert results == [(0, WHOLE)]


class Once(Walk):
    """An unrepeatable walk: its output differs each time."""

    made = 0

    def step(self, poll: Poll = unwatched) -> None:
        super().step(poll)
        if self.table:
            Once.made += 1
            self._table = b"%c" % (Once.made % 256)


class Onces(Walks):
    repeatable = False

    def new(self, task: Task) -> Walk:
        return Once(task)


def save_twice(database: Path) -> None:
    with CheckpointStore.open(str(database), Onces()) as store:
        run, walk = store.open_run(TASK), Onces().new(TASK)
        for _ in range(2):
            for _ in range(20):
                walk.step()
            store.save(run, walk, 1.0)
        store.leave(run)


@pytest.mark.parametrize("lost", ["the newest checkpoint", "both checkpoints", "output"])
def test_machine_with_unrepeatable_output_resumes_after_damage_from_its_good_output(
    lost: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_twice(database)
    if lost == "output":
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE pi_output SET data = zeroblob(length(data)) WHERE start > 0")
    else:
        flip(str(database), "pi_piece", "data", this(str(database), "now", 2))
    if lost == "both checkpoints":
        flip(str(database), "pi_piece", "data", this(str(database), "now", 1))
    code, output = carry_on(Onces(), TASK, str(database))
    told = capsys.readouterr().err
    assert code == 0, told
    numbers = [line.split()[0] for line in output.splitlines()]
    assert numbers == [line.split()[0] for line in WHOLE.splitlines()], "none is lost or doubled"
    assert "cannot be computed again" in told or lost == "output", told


def test_hint_in_a_message_has_its_default_words_until_a_program_sets_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (
        f"make it writable, or {Hint.OTHER_FILE}" == "make it writable, or choose another location"
    )
    monkeypatch.setattr(Hint, "OTHER_FILE", "use --db")
    assert f"{Hint.OTHER_FILE}; {Hint.FRESH}" == "use --db; begin again at another location"


def test_command_line_in_a_hint_gives_only_the_name_of_a_program_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "collatz"
    program.touch(0o755)
    typed = ["/usr/bin/python3", str(program), "1 000"]
    assert command_line(typed) == f"/usr/bin/python3 {program} '1 000'"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_line(typed) == "collatz '1 000'"


class Limit(Exception):
    """A time limit that the program calling `carry_on` sets, raised by its signal handler."""


def test_exception_of_a_signal_handler_ends_a_run_after_it_is_saved(database: Path) -> None:
    def limit(*_: object) -> None:
        raise Limit

    def count(goal: int, at: int = 0) -> Iterator[Any]:
        while at < goal:
            at += 1
            if at == 100:
                os.kill(os.getpid(), signal.SIGUSR1)
            yield {"at": at}

    kind = GeneratorKind(count, "count", 1)
    before = signal.signal(signal.SIGUSR1, limit)
    try:
        with pytest.raises(Limit):
            carry_on(kind, kind.task(10**9), str(database), cadence=Cadence())
    finally:
        signal.signal(signal.SIGUSR1, before)
    with CheckpointStore.open(str(database), kind, write=False) as store:
        (run,) = store.runs()
        assert store.checkpoints(run)[0].steps >= 100
