"""A run watched without the code of its kind, on a real database with a real writer."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import StoredKind
from pi_tui.machine import Kind, Machine, Task
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.recipes.generator import GeneratorKind, Yielded
from pi_tui.worker import watcher
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.watcher import WatchingWorker
from tests.helpers import wait_until


def lines(goal: int, number: int = 0, *, seed: int = 1) -> Yielded:
    while number < goal:
        number += 1
        yield {"number": number}, f"{number * seed}\n", number / goal


LINES = GeneratorKind(lines, "lines", 1)
TASK = LINES.task(100, seed=3)


class Writer:
    """Computes and saves a run of lines when the test asks for it."""

    def __init__(self, database: Path) -> None:
        self.store = CheckpointStore.open(str(database), LINES)
        self.run: Run = self.store.open_run(TASK)
        self.machine: Machine = LINES.new(TASK)

    def save(self, steps: int) -> None:
        while self.machine.steps < steps:
            self.machine.step()
        self.store.save(self.run, self.machine, 1.0)

    def begin_again(self, seed: int) -> None:
        """Begin the same run again, as an edited program does whose lines depend on `seed`."""
        other = GeneratorKind(lines, "lines", 1)
        self.run = self.store.restart(self.run, TASK)
        self.machine = other.new(other.task(100, seed=seed))

    def complete(self, elapsed: float = 2.0) -> bytes:
        output = self.machine.finalize()
        self.store.complete(self.run, self.machine, elapsed, verified=False)
        return output


@pytest.fixture
def writer(database: Path) -> Iterator[Writer]:
    found = Writer(database)
    found.save(40)
    yield found
    found.store.close()


def watching(database: Path, kind: Kind, task: Task) -> WatchingWorker:
    goes_on = StoredKind(kind.name).goes_on
    worker = WatchingWorker(Job(kind, task, str(database), goes_on=goes_on))
    worker.start()
    wait_until(lambda: worker.snapshot.state is State.WATCHING)
    return worker


@pytest.fixture
def watcher_of_lines(writer: Writer, database: Path) -> Iterator[WatchingWorker]:
    """Return a watching worker that knows only the name of the kind."""
    worker = watching(database, StoredKind("lines"), TASK)
    yield worker
    worker.stop()
    assert worker.join(60)
    assert worker.crash is None


def test_watcher_without_the_code_of_a_kind_follows_a_run_to_its_end(
    writer: Writer, watcher_of_lines: WatchingWorker
) -> None:
    worker = watcher_of_lines
    wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
    assert bytes(worker.output) == bytes(writer.machine.output)
    assert worker.snapshot.done == pytest.approx(0.4)
    assert worker.snapshot.steps == 40
    assert worker.snapshot.writer.startswith("pid ")
    writer.save(70)
    wait_until(lambda: worker.snapshot.done == pytest.approx(0.7))
    output = writer.complete()
    wait_until(lambda: worker.snapshot.state is State.COMPLETE)
    assert bytes(worker.output) == output


def test_watcher_without_the_code_of_a_kind_stays_watching_after_a_request_to_resume(
    writer: Writer, watcher_of_lines: WatchingWorker
) -> None:
    worker = watcher_of_lines
    wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
    assert worker.snapshot.goes_on == "start the program that computes lines to go on with it"
    worker.resume()
    writer.save(50)
    wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
    assert worker.snapshot.state is State.WATCHING


def test_watcher_without_the_code_of_a_kind_takes_no_run_over_when_its_writer_ends(
    writer: Writer, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "MOMENT", 600.0)
    writer.store.leave(writer.run)
    writer.store.close()
    before = database.read_bytes()
    worker = watching(database, StoredKind("lines"), TASK)
    wait_until(lambda: worker.snapshot.saved)
    wait_until(lambda: worker.snapshot.notice == "the other process has ended")
    worker.stop()
    assert worker.join(60)
    assert worker.snapshot.notes == ()
    assert database.read_bytes() == before


def test_watcher_without_the_code_of_a_kind_names_a_run_that_was_deleted(
    writer: Writer, watcher_of_lines: WatchingWorker, database: Path
) -> None:
    wait_until(lambda: watcher_of_lines.snapshot.saved)
    writer.store.delete(TASK)
    wait_until(lambda: watcher_of_lines.snapshot.state is State.FAILED)
    gone = "the run of lines 100 seed=3 was deleted by another process"
    assert watcher_of_lines.snapshot.error == gone


def test_watcher_without_the_code_of_a_kind_enables_the_garbage_collector(
    writer: Writer, database: Path
) -> None:
    gc.disable()
    try:
        worker = watching(database, StoredKind("lines"), TASK)
        assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
    worker.stop()
    assert worker.join(60)


def test_watcher_of_a_run_begun_again_and_completed_between_two_looks_shows_only_new_output(
    writer: Writer, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "LOOK_SECONDS", 600.0)
    worker = watching(database, StoredKind("lines", "lines"), TASK)
    wait_until(lambda: worker.snapshot.saved_lines == 40)
    writer.begin_again(seed=7)
    output = writer.complete(elapsed=0.5)

    def is_complete() -> bool:
        worker.save_now()  # wakes it for the next look
        return worker.snapshot.state is State.COMPLETE

    wait_until(is_complete)
    assert bytes(worker.output) == output
    assert worker.snapshot.saved_lines == 100
    worker.stop()
    assert worker.join(60)


def test_watcher_reads_a_run_that_begins_again_while_it_is_read_from_its_new_start(
    writer: Writer, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new run is first shorter, at the next look longer than what had been read of the old."""
    monkeypatch.setattr(watcher, "BATCH", 10)
    reads = list[bytes]()
    read = CheckpointStore.output

    def read_while_it_begins_again(
        store: CheckpointStore, run: Run, start: int, stop: int
    ) -> bytes:
        if len(reads) == 5:
            writer.begin_again(seed=7)
            writer.save(2)
        reads.append(read(store, run, start, stop))
        if len(reads) == 6:
            writer.save(60)
        return reads[-1]

    monkeypatch.setattr(CheckpointStore, "output", read_while_it_begins_again)
    worker = watching(database, StoredKind("lines", "lines"), TASK)
    wait_until(lambda: worker.snapshot.saved_lines == 60, limit=20)
    assert reads[5] == b""
    assert bytes(worker.output) == bytes(writer.machine.output)
    worker.stop()
    assert worker.join(60)


def test_watcher_of_a_kind_whose_code_is_here_keeps_watching_if_its_job_says_so(
    database: Path,
) -> None:
    pi = SpigotKind()
    task = pi.task(12_000, 2)
    with CheckpointStore.open(str(database), pi) as store:
        run, machine = store.open_run(task), pi.new(task)
        while len(machine.output) < 100:
            machine.stride(100)
        store.save(run, machine, 1.0)
    worker = watching(database, pi, task)
    wait_until(lambda: worker.snapshot.saved == len(machine.output))
    assert worker.snapshot.length == 12_000
    assert worker.job.kind.title(task) == "12,000 digits"
    assert worker.job.kind.unit == "digits"
    worker.resume()
    wait_until(lambda: worker.pause_wanted)
    assert worker.snapshot.state is State.WATCHING
    worker.stop()
    assert worker.join(60)
