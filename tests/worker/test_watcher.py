"""Watching what another process computes, on a real database, with a real writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Task
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.worker import watcher
from pi_tui.worker.job import Cadence, Job, Pace
from pi_tui.worker.snapshot import State
from pi_tui.worker.watcher import WatchingWorker
from pi_tui.worker.worker import Worker
from tests.helpers import pi, saved, started, wait_until
from tests.worker.conftest import MakeWorker

DIGITS = 12_000
KIND = SpigotKind(1)


@contextmanager
def a_writer(database: Path, *more: object) -> Iterator[None]:
    """Another process that computes and saves often, slowly enough to be watched."""
    slow = ("--digits-per-step", 2, "--threads", 1, "--checkpoint-every", 200, *more)
    with started("run", "--digits", 40_000, "--db", database, *slow):
        wait_until(lambda: saved(database) > 0)
        yield


def watch(make_worker: MakeWorker, digits: int = 40_000) -> Worker:
    worker = make_worker(digits, digits_per_step=None, watch=True)
    wait_until(lambda: worker.snapshot.state is State.WATCHING)
    return worker


def a_run_with_a_save(store: CheckpointStore) -> tuple[Run, Spigot]:
    """A run of ours that has saved a hundred digits, and its machine."""
    task = KIND.task(DIGITS, 2)
    run, machine = store.open_run(task), KIND.new(task)
    while len(machine.output) < 100:
        machine.stride(100)
    store.save(run, machine, 1.0)
    return run, machine


def test_what_the_other_saves_is_there_and_is_pi(database: Path, make_worker: MakeWorker) -> None:
    with a_writer(database):
        worker = watch(make_worker)
        wait_until(lambda: worker.snapshot.saved > 2_000)
        snapshot = worker.snapshot
        assert bytes(worker.output[: snapshot.made]) == pi(40_000)[: snapshot.made]
        assert snapshot.writer.startswith("pid ")
        assert snapshot.checkpoints
        assert snapshot.notice == ""
        wait_until(lambda: worker.snapshot.saved > snapshot.saved)
        wait_until(lambda: worker.snapshot.rate > 0)
        worker.stop()
        assert worker.join(60)
        assert worker.snapshot.state is State.WATCHING


def test_how_far_the_other_is_goes_by_the_work_it_saved(
    database: Path, make_worker: MakeWorker
) -> None:
    with CheckpointStore.open(str(database), KIND) as store:
        _, machine = a_run_with_a_save(store)
        worker = watch(make_worker, DIGITS)
        wait_until(lambda: worker.snapshot.saved == len(machine.output))
        work = machine.work()
        assert work is not None
        assert worker.snapshot.done == pytest.approx(work.done / work.total, rel=0.02)
        assert worker.snapshot.figures.iteration == machine.i  # type: ignore[attr-defined]
        assert worker.snapshot.done > 2 * worker.snapshot.saved / DIGITS


def test_without_leave_to_watch_a_database_in_use_is_refused(
    database: Path, make_worker: MakeWorker
) -> None:
    with a_writer(database):
        worker = make_worker(40_000, digits_per_step=None)
        assert worker.join(60)
        assert (worker.snapshot.state, worker.snapshot.exit_code) == (State.FAILED, 3)


def test_a_run_that_begins_again_is_read_again(database: Path, make_worker: MakeWorker) -> None:
    """Another process throws the digits away (--fresh): those on the screen are not its own."""
    with CheckpointStore.open(str(database), KIND) as store:
        run, machine = a_run_with_a_save(store)
        worker = watch(make_worker, DIGITS)
        wait_until(lambda: worker.snapshot.saved == len(machine.output))
        run, machine = store.restart(run, run.task), KIND.new(run.task)
        wait_until(lambda: worker.snapshot.saved == 0)
        while not machine.output:
            machine.stride(10)
        store.save(run, machine, 1.0)
        wait_until(lambda: worker.snapshot.saved == len(machine.output))
        assert bytes(worker.output) == bytes(machine.output)
        store.delete(KIND.task(DIGITS))
        wait_until(lambda: worker.snapshot.state is State.FAILED)
        assert "deleted by another" in worker.snapshot.error


def test_many_rows_are_read_in_short_transactions(
    database: Path, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much there is to catch up with, a commit never waits for all of it."""
    monkeypatch.setattr(watcher, "BATCH", 1_000)
    read: list[int] = []
    output = CheckpointStore.output

    def counted(store: CheckpointStore, run: object, start: int, stop: int) -> bytes:
        read.append(stop - start)
        return output(store, run, start, stop)  # type: ignore[arg-type]

    monkeypatch.setattr(CheckpointStore, "output", counted)
    writer = make_worker(DIGITS, digits_per_step=None, verify=False, pace=Pace.of(9_000))
    wait_until(lambda: writer.snapshot.made > 5_000)
    writer.save_now()
    worker = watch(make_worker, DIGITS)
    wait_until(lambda: worker.snapshot.saved > 5_000)
    assert len(read) >= 5
    assert max(read) <= 1_000


def test_a_complete_run_is_looked_at_without_the_lock(
    database: Path, make_worker: MakeWorker
) -> None:
    worker = make_worker(1_000, digits_per_step=None, watch=True, cadence=Cadence())
    wait_until(lambda: worker.snapshot.state is State.COMPLETE)

    def is_free() -> bool:
        with CheckpointStore.open(str(database), SpigotKind(), write=False) as store:
            return store.writer(store.find_run(Task(1_000))) == ""

    wait_until(is_free)
    other = make_worker(1_500, digits_per_step=None)
    assert other.join(60)
    assert (worker.snapshot.state, other.snapshot.state) == (State.COMPLETE, State.COMPLETE)
    with CheckpointStore.open(str(database), SpigotKind()) as store:
        store.delete(KIND.task(1_000))
    wait_until(lambda: worker.snapshot.state is State.FAILED)
    assert worker.join(60)


def test_a_postgresql_database_in_use_is_watched_too_and_taken_over_on_request() -> None:
    from tests.checkpoints.server import Server

    server = Server()
    try:
        url, kind = server.new_database(), SpigotKind(1)
        task = kind.task(2_000)
        worker = WatchingWorker(Job(kind, task, url))
        with CheckpointStore.open(url, kind) as store:
            run, machine = store.open_run(task), kind.new(task)
            while not machine.output:
                machine.stride(100)
            store.save(run, machine, 1.0)
            worker.start()
            wait_until(lambda: worker.snapshot.saved == len(machine.output))
            assert worker.snapshot.state is State.WATCHING
            assert worker.snapshot.writer.startswith("pid ")
            store.leave(run)
        wait_until(lambda: worker.snapshot.writer == "" or worker.snapshot.state.is_final)
        worker.resume()
        wait_until(lambda: worker.snapshot.state is State.COMPLETE)
        assert bytes(worker.output) == pi(2_000)
        worker.stop()
        assert worker.join(60)
    finally:
        server.close()
