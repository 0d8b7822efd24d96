"""Pausing, resuming and stopping a worker."""

from __future__ import annotations

import os
import shutil
import time
from io import BytesIO
from pathlib import Path

import pytest

from pi_tui.machine import Piece, Poll, State, Task, unwatched
from pi_tui.worker.job import Cadence, Job, Pace
from pi_tui.worker.worker import Worker
from tests.helpers import pi, wait_until
from tests.tiny import Walk, Walks
from tests.worker.conftest import SLOWLY, Clock, MakeWorker, in_the_file, is_paused, is_running
from tests.worker.odd_walks import TASK, Odd, finishes, saved_steps


def test_worker_saves_all_output_at_a_pause_and_computes_on_after_a_resume(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker()
    wait_until(lambda: is_running(worker))
    worker.pause()
    wait_until(lambda: is_paused(worker))
    snapshot = worker.snapshot
    checkpoint = in_the_file(database).checkpoint
    assert checkpoint is not None
    assert snapshot.saved == checkpoint.length == snapshot.made
    assert checkpoint.steps == snapshot.steps
    worker.resume()
    wait_until(lambda: worker.snapshot.made > snapshot.made)


def test_worker_paused_right_after_its_start_can_be_resumed(
    make_worker: MakeWorker,
) -> None:
    worker = make_worker(200_000, digits_per_step=None)
    worker.pause()
    wait_until(lambda: is_paused(worker))
    worker.resume()
    wait_until(lambda: is_running(worker))


def test_pause_does_not_count_as_computing(make_worker: MakeWorker) -> None:
    worker = make_worker()
    wait_until(lambda: is_running(worker))
    worker.pause()
    wait_until(lambda: is_paused(worker))
    elapsed = worker.snapshot.elapsed
    worker.save_now()
    worker.set_pace(SLOWLY)
    wait_until(lambda: worker.snapshot.pace == SLOWLY)
    assert worker.snapshot.elapsed == elapsed


def test_paused_worker_stands_still_and_reads_no_clock(clocked: tuple[Worker, Clock]) -> None:
    worker, clock = clocked
    worker.pause()
    wait_until(lambda: is_paused(worker))

    def stands_still() -> bool:
        seen = clock.looks
        time.sleep(0.05)
        return clock.looks == seen

    wait_until(stands_still)


def test_stop_saves_all_output_made(make_worker: MakeWorker, database: Path) -> None:
    worker = make_worker()
    wait_until(lambda: is_running(worker))
    worker.stop()
    assert worker.join(60)
    saved = in_the_file(database)
    assert worker.snapshot.saved == len(saved.output) == len(worker.output) > 0
    assert saved.output == pi(len(saved.output))


def test_stop_without_saving_saves_nothing(make_worker: MakeWorker, database: Path) -> None:
    worker = make_worker()
    wait_until(lambda: is_running(worker))
    worker.stop(save=False)
    assert worker.join(60)
    assert in_the_file(database).output == b""


class Closing(Walk):
    """A walk that keeps its place in a buffer until `close`; its step 21 requests a stop."""

    def __init__(self, task: Task, kind: ClosingWalks) -> None:
        super().__init__(task)
        self.kind, self.place = kind, BytesIO()

    def step(self, poll: Poll = unwatched) -> None:
        if self.steps == 20:
            self.kind.worker.stop()
        super().step()
        self.place.seek(0)
        self.place.write(b"%-20d %-20d" % (self.steps, self.at))

    def to_state(self) -> State:
        self.place.seek(0)
        return State({**super().to_state().pieces, "now": Piece(self.place.read())})

    def close(self) -> None:
        self.place.close()
        if self.kind.error:
            raise self.kind.error


class ClosingWalks(Walks):
    worker: Worker

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def new(self, task: Task) -> Walk:
        return Closing(task, self)


@pytest.mark.parametrize(
    ("error", "told"),
    [(None, ""), (OSError("gone"), "close() raised OSError('gone'); saved step 21")],
)
def test_stop_saves_before_the_machine_is_closed(
    error: Exception | None, told: str, database: Path
) -> None:
    kind = ClosingWalks(error)
    worker = kind.worker = Worker(Job(kind, TASK, str(database), cadence=Cadence()))
    worker.start()
    assert worker.join(60)
    assert worker.snapshot.error == told
    assert saved_steps(database) == 21
    assert finishes(database)


def test_stop_in_a_pause_ends_the_worker_without_another_step(database: Path) -> None:
    def deed(walk: Walk) -> None:
        worker.pause()
        Walk.step(walk)

    worker = Worker(Job(Odd(deed), TASK, str(database)))
    worker.start()
    wait_until(lambda: is_paused(worker))
    worker.stop()
    assert worker.join(60)
    assert saved_steps(database) == 21


def test_stop_ends_a_pause(make_worker: MakeWorker) -> None:
    worker = make_worker()
    worker.pause()
    wait_until(lambda: is_paused(worker))
    worker.stop()
    assert worker.join(60)


def test_stop_while_blocks_are_made_ends_the_worker_before_there_is_output(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker(1_000_000, digits_per_step=None)
    wait_until(lambda: worker.snapshot.part > 0)
    worker.stop()
    assert worker.join(60)
    assert in_the_file(database, 1_000_000).output == b""


def test_stop_saves_again_if_an_older_copy_took_the_place_of_the_database(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker(12_000, pace=Pace.of(2_000), digits_per_step=20)
    copy = Path(f"{database}.copy")
    wait_until(lambda: worker.snapshot.made > 0)
    worker.pause()
    wait_until(lambda: is_paused(worker))
    shutil.copy(database, copy)
    made = worker.snapshot.made
    worker.resume()
    wait_until(lambda: worker.snapshot.made > made)
    worker.pause()
    wait_until(lambda: is_paused(worker))
    os.replace(copy, database)
    worker.stop()
    assert worker.join(30)
    saved = worker.snapshot.saved
    assert saved > made
    assert len(in_the_file(database).output) == saved
