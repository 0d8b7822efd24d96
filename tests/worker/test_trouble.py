"""The worker when saves fail or memory is bad."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pi_tui.checkpoints.connection import engine
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Poll, unwatched
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.worker.board import Board
from pi_tui.worker.job import MAX, Cadence, Job, Pace
from pi_tui.worker.loop import Loop
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.helpers import pi, wait_until
from tests.worker.conftest import Clock, MakeWorker, in_the_file


@contextmanager
def another_program_holding(database: Path) -> Iterator[None]:
    """Lock the file as another program, so that no commit can succeed."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)


def paused(make_worker: MakeWorker, digits: int = 12_000) -> Worker:
    """Start a worker and pause it after a save, long before its end."""
    worker = make_worker(digits, pace=Pace.of(1_000))
    wait_until(lambda: worker.snapshot.made > 0)
    worker.pause()
    wait_until(lambda: worker.snapshot.state is State.PAUSED)
    return worker


LOOPS: dict[Board, Loop] = {}
"""The loop of each worker, by its worker."""


@pytest.fixture(autouse=True)
def kept_loops(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    begin = Loop.__init__

    def begun(loop: Loop, board: Board, store: CheckpointStore) -> None:
        begin(loop, board, store)
        LOOPS[board] = loop

    monkeypatch.setattr(Loop, "__init__", begun)
    yield
    LOOPS.clear()


def flip_a_bit(worker: Worker) -> None:
    """Flip a bit in a box between two steps, as bad memory does."""
    spigot = LOOPS[worker]._machine
    assert isinstance(spigot, Spigot)
    number = spigot._rows.numbers[0]
    assert number is not None
    spigot._rows.numbers[0] = number ^ 1


def flip_a_bit_after_the_pause(worker: Worker) -> None:
    """Flip a bit when the next step begins; a step paused halfway would overwrite it at its end."""
    spigot = LOOPS[worker]._machine

    def stride(wanted: float, poll: Poll = unwatched) -> None:
        del vars(spigot)["stride"]
        flip_a_bit(worker)
        spigot.stride(wanted, poll)

    vars(spigot)["stride"] = stride


def test_failed_save_is_shown_and_retried_while_computing_goes_on(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker(cadence=Cadence(output=100))
    wait_until(lambda: worker.snapshot.saved > 0)
    with another_program_holding(database):
        wait_until(lambda: worker.snapshot.save_failure is not None)
        failure, count = worker.snapshot.save_failure, worker.snapshot.made
        assert failure is not None
        assert str(database) in failure.reason
        wait_until(lambda: worker.snapshot.made > count)
        assert worker.snapshot.save_failure is not None
    wait_until(lambda: worker.snapshot.save_failure is None)
    worker.stop()
    assert worker.join(60)
    assert len(in_the_file(database).output) == worker.snapshot.saved == len(worker.output)


def test_state_of_the_worker_is_saving_while_a_save_waits_for_the_file(
    make_worker: MakeWorker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 2.0)  # long enough to be seen by a slow look
    worker = make_worker()
    wait_until(lambda: worker.snapshot.made > 0)
    with another_program_holding(database):
        worker.save_now()
        wait_until(lambda: worker.snapshot.state is State.SAVING)
        wait_until(lambda: worker.snapshot.state is State.RUNNING)


def test_save_that_fails_at_a_pause_is_retried(make_worker: MakeWorker, database: Path) -> None:
    worker = paused(make_worker)
    before = worker.snapshot.saved
    worker.resume()
    wait_until(lambda: worker.snapshot.made > before)
    with another_program_holding(database):
        worker.pause()
        wait_until(lambda: worker.snapshot.state is State.PAUSED)
        failing = worker.snapshot
        assert failing.save_failure
        assert failing.saved == before
    wait_until(lambda: worker.snapshot.saved > before)
    saved = worker.snapshot
    assert (saved.saved, saved.save_failure) == (saved.made, None)


def test_stop_while_saves_fail_ends_with_6_and_reports_how_much_is_saved(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = paused(make_worker)
    before = worker.snapshot.saved
    worker.resume()
    wait_until(lambda: worker.snapshot.made > before)
    with another_program_holding(database):
        worker.stop()
        assert worker.join(60)
    assert (worker.snapshot.state, worker.snapshot.exit_code) == (State.FAILED, 6)
    assert f"{before:,} of 12,000 digits are saved" in worker.snapshot.error
    assert len(in_the_file(database).output) == before


def test_run_with_all_output_made_is_completed_once_the_database_is_free_again(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = paused(make_worker, 2_000)
    with another_program_holding(database):
        worker.resume()
        wait_until(lambda: worker.snapshot.made == 2_000 and worker.snapshot.save_failure)
        assert not worker.snapshot.state.is_final
    assert worker.join(60)
    assert worker.snapshot.state is State.COMPLETE
    assert in_the_file(database, 2_000).output == pi(2_000)


def test_run_with_unsaved_output_fails_if_its_database_is_busy_longer_than_its_patience(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker(2_000, patience=0.0)
    worker.pause()
    wait_until(lambda: worker.snapshot.state is State.PAUSED)
    with another_program_holding(database):
        worker.resume()
        assert worker.join(60)
    assert (worker.snapshot.state, worker.snapshot.exit_code) == (State.FAILED, 6)


def test_flipped_bit_sends_the_run_back_to_a_good_checkpoint_and_all_digits_are_right(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = paused(make_worker)
    flip_a_bit_after_the_pause(worker)
    worker.set_pace(MAX)
    worker.resume()
    wait_until(lambda: worker.snapshot.notes)
    assert "went back to the last good checkpoint" in worker.snapshot.notes[-1]
    assert worker.join(120)
    assert worker.snapshot.state is State.COMPLETE
    assert bytes(worker.output) == in_the_file(database).output == pi(12_000)


def test_second_flipped_bit_ends_the_run_and_keeps_saved_data(
    make_worker: MakeWorker, database: Path
) -> None:
    # So long that it does not end before the bit is flipped, even on a slow machine.
    worker = paused(make_worker, 60_000)
    before = worker.snapshot.saved
    flip_a_bit_after_the_pause(worker)
    worker.resume()
    wait_until(lambda: worker.snapshot.notes and worker.snapshot.made > before)
    worker.pause()
    wait_until(lambda: worker.snapshot.state is State.PAUSED and worker.snapshot.saved > before)
    flip_a_bit_after_the_pause(worker)
    worker.resume()
    assert worker.join(60)
    assert (worker.snapshot.state, worker.snapshot.exit_code) == (State.FAILED, 5)
    output = in_the_file(database, 60_000).output
    assert output == pi(len(output))
    assert len(output) > before


def test_wrong_state_is_not_saved_at_stop_and_the_run_is_closed_cleanly(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker(pace=Pace.of(1), digits_per_step=100)
    wait_until(lambda: worker.snapshot.made == 100)  # and the next is due in a hundred seconds
    flip_a_bit(worker)
    worker.stop()
    assert worker.join(60)
    assert (worker.snapshot.state, worker.snapshot.exit_code) == (State.FAILED, 5)
    saved = in_the_file(database)
    assert saved.output == b""
    assert saved.run.owner == "", "the next start reports no crash"


def test_run_with_a_damaged_newest_checkpoint_completes_with_right_digits_and_a_note(
    make_worker: MakeWorker, database: Path
) -> None:
    save_twice(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE pi_checkpoint SET sha256 = zeroblob(32) WHERE seq = 2")
    worker = make_worker(600, digits_per_step=4)
    assert worker.join(60)
    assert worker.snapshot.state is State.COMPLETE
    assert bytes(worker.output) == pi(600)
    assert any("damaged" in note for note in worker.snapshot.notes)


def letters(goal: int, made: int = 0) -> Iterator[Any]:
    while made < goal:
        made += 1
        yield {"made": made}, "x"


@pytest.mark.parametrize("damaged", ["seq = 2", "seq <= 2"])
def test_run_resumed_after_damage_with_a_cadence_by_output_is_saved_once_at_each_mark(
    damaged: str, database: Path
) -> None:
    """Also while it computes output again that is saved already."""
    kind = GeneratorKind(letters, "letters", 1)
    task = kind.task(450)
    with CheckpointStore.open(str(database), kind) as store:
        run, machine = store.open_run(task), kind.new(task)
        for steps in (50, 350):
            while machine.steps < steps:
                machine.step()
            store.save(run, machine, 1.0)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"UPDATE pi_checkpoint SET sha256 = zeroblob(32) WHERE {damaged}")
    worker = Worker(Job(kind, task, str(database), cadence=Cadence(output=100)), clock=Clock())
    worker.start()
    assert worker.join(60)
    saves = [one.length for one in reversed(worker.snapshot.checkpoints) if one.seq > 2]
    assert saves[0] < 100, "the first by time"
    assert saves[1:] == [100, 200, 300, 400, 450, 450], "the last two at its end"


def save_twice(database: Path) -> None:
    """Save two checkpoints, twenty steps apart."""
    kind = SpigotKind()
    task = kind.task(600, 4)
    with CheckpointStore.open(str(database), kind) as store:
        run, spigot = store.open_run(task), kind.new(task)
        for _ in range(2):
            for _ in range(20):
                spigot.step()
            store.save(run, spigot, 1.0)
