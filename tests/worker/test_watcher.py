"""Watching a run that another process computes, with a real database and writer."""

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
from tests.checkpoints.helpers import execute
from tests.checkpoints.server import Server
from tests.helpers import pi, saved, started, wait_until
from tests.worker.conftest import SLOWLY, MakeWorker, is_paused, is_running

DIGITS = 12_000
KIND = SpigotKind(1)


@contextmanager
def a_writer(database: Path, *more: object) -> Iterator[None]:
    """Start another process that computes slowly and saves often."""
    slow = ("--digits-per-step", 2, "--threads", 1, "--checkpoint-every", 200, *more)
    with started("run", "--digits", 40_000, "--db", database, *slow):
        wait_until(lambda: saved(database) > 0)
        yield


def watch(make_worker: MakeWorker, digits: int = 40_000) -> Worker:
    worker = make_worker(digits, digits_per_step=None, watch=True)
    wait_until(lambda: worker.snapshot.state is State.WATCHING)
    return worker


def a_run_with_a_save(store: CheckpointStore) -> tuple[Run, Spigot]:
    """Open a run and save a hundred digits; return it with its machine."""
    task = KIND.task(DIGITS, 2)
    run, machine = store.open_run(task), KIND.new(task)
    while len(machine.output) < 100:
        machine.stride(100)
    store.save(run, machine, 1.0)
    return run, machine


def test_watcher_shows_the_writers_saved_output_of_pi(
    database: Path, make_worker: MakeWorker
) -> None:
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


def test_watcher_shows_the_share_of_saved_work(database: Path, make_worker: MakeWorker) -> None:
    with CheckpointStore.open(str(database), KIND) as store:
        _, machine = a_run_with_a_save(store)
        worker = watch(make_worker, DIGITS)
        wait_until(lambda: worker.snapshot.saved == len(machine.output))
        work = machine.work()
        assert work is not None
        assert worker.snapshot.done == pytest.approx(work.done / work.total, rel=0.02)
        assert worker.snapshot.figures.iteration == machine.i  # type: ignore[attr-defined]
        assert worker.snapshot.done > 2 * worker.snapshot.saved / DIGITS


def test_watcher_shows_the_rate_between_the_newest_two_saves(
    database: Path, make_worker: MakeWorker
) -> None:
    with CheckpointStore.open(str(database), KIND) as store:
        run, machine = a_run_with_a_save(store)
        first = len(machine.output)
        while len(machine.output) < 300:
            machine.stride(100)
        store.save(run, machine, 3.0)
        worker = watch(make_worker, DIGITS)
        wait_until(lambda: worker.snapshot.saved == len(machine.output))
        assert worker.snapshot.rate == (len(machine.output) - first) / 2


def test_worker_without_watching_fails_with_exit_code_3_if_the_run_is_open_elsewhere(
    database: Path, make_worker: MakeWorker
) -> None:
    with a_writer(database):
        worker = make_worker(40_000, digits_per_step=None)
        assert worker.join(60)
        assert (worker.snapshot.state, worker.snapshot.exit_code) == (State.FAILED, 3)


def test_worker_whose_run_another_process_takes_over_watches_it_and_has_a_note(
    database: Path, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "MOMENT", 0.0)
    worker = make_worker(watch=True, pace=SLOWLY)
    wait_until(lambda: is_running(worker))
    execute(str(database), "UPDATE pi_run SET epoch = epoch + 1")  # as another process claims it
    worker.save_now()
    wait_until(lambda: worker.snapshot.state is State.WATCHING)
    (note,) = worker.snapshot.notes
    assert note.startswith("another process took over this run and goes on from the last save")


def test_worker_whose_run_is_open_elsewhere_at_its_start_watches_it_without_a_note(
    database: Path, make_worker: MakeWorker
) -> None:
    with CheckpointStore.open(str(database), KIND) as store:
        a_run_with_a_save(store)
        worker = watch(make_worker, DIGITS)
        assert worker.snapshot.notes == ()


def test_watcher_shows_the_new_output_once_another_process_began_the_run_again(
    database: Path, make_worker: MakeWorker
) -> None:
    """Another process discards the digits (--fresh), so those on the screen are outdated."""
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


def test_watcher_follows_the_new_file_if_the_database_was_deleted_and_made_again(
    database: Path, make_worker: MakeWorker
) -> None:
    with CheckpointStore.open(str(database), KIND) as store:
        _, machine = a_run_with_a_save(store)
        worker = watch(make_worker, DIGITS)
        wait_until(lambda: worker.snapshot.saved == len(machine.output))
    database.unlink()
    with CheckpointStore.open(str(database), KIND) as store:
        run, machine = a_run_with_a_save(store)
        while len(machine.output) < 300:
            machine.stride(100)
        store.save(run, machine, 3.0)
        wait_until(lambda: worker.snapshot.saved == len(machine.output))
        assert bytes(worker.output) == bytes(machine.output)
        wait_until(lambda: worker.snapshot.writer != "")


def test_watcher_reads_long_output_in_parts_of_at_most_a_batch(
    database: Path, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit never waits until all the output is read."""
    monkeypatch.setattr(watcher, "BATCH", 1_000)
    read: list[int] = []
    output = CheckpointStore.output

    def counted(store: CheckpointStore, run: object, start: int, stop: int) -> bytes:
        read.append(stop - start)
        return output(store, run, start, stop)  # type: ignore[arg-type]

    monkeypatch.setattr(CheckpointStore, "output", counted)
    writer = make_worker(DIGITS, digits_per_step=None, verify=False, pace=Pace.of(9_000))
    wait_until(lambda: writer.snapshot.made > 5_000)
    writer.pause()
    wait_until(lambda: is_paused(writer))
    worker = watch(make_worker, DIGITS)
    wait_until(lambda: worker.snapshot.saved > 5_000)
    assert len(read) >= 5
    assert max(read) <= 1_000


def test_complete_run_is_watched_without_a_lock(database: Path, make_worker: MakeWorker) -> None:
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


def test_postgres_run_in_use_is_watched_and_taken_over_on_request(postgres: Server) -> None:
    url, kind = postgres.new_database(), SpigotKind(1)
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
