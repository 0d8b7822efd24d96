"""A worker at a pace that changes: its speed, its pauses, and the share of the work it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pi_tui.machine import Poll, unwatched
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.worker.job import MAX, Cadence, Job, Pace
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.helpers import wait_until
from tests.worker.conftest import SLOWLY, Clock, MakeWorker, is_paused, is_running
from tests.worker.test_trouble import letters


def test_paced_worker_does_not_catch_up_after_a_pause(clocked: tuple[Worker, Clock]) -> None:
    worker, clock = clocked
    clock.now += 10
    wait_until(lambda: len(worker.output) >= 90)
    worker.pause()
    wait_until(lambda: is_paused(worker))
    made = len(worker.output)
    clock.now += 600
    worker.resume()
    seen = clock.looks
    wait_until(lambda: clock.looks > seen + 100)
    assert len(worker.output) - made < 10
    clock.now += 10
    wait_until(lambda: len(worker.output) >= made + 90)


def test_pace_change_slows_down_and_speeds_up_a_running_worker(
    make_worker: MakeWorker,
) -> None:
    worker = make_worker(pace=MAX)
    wait_until(lambda: is_running(worker))
    worker.set_pace(Pace.of(1))
    wait_until(lambda: worker.snapshot.pace.limit == 1.0)
    count, elapsed = len(worker.output), worker.snapshot.elapsed
    wait_until(lambda: worker.snapshot.elapsed > elapsed + 0.3)
    assert len(worker.output) <= count + 12, "at one digit a second"
    worker.set_pace(MAX)
    assert worker.join(120)
    assert worker.snapshot.state is State.COMPLETE


def test_slower_pace_starts_from_all_output_made_not_from_the_last_snapshot(database: Path) -> None:
    """Fast steps make much output between two snapshots, which is not to be waited for."""
    kind, clock = GeneratorKind(letters, "letters", 1), Clock()
    job = Job(kind, kind.task(10**9), str(database), cadence=Cadence())
    worker = Worker(job, clock=clock)
    worker.start()
    wait_until(lambda: len(worker.output) > 10_000)
    worker.set_pace(Pace.of(100))
    made = 0

    def stands_still() -> bool:
        nonlocal made
        before, made = made, len(worker.output)
        return before == made

    wait_until(stands_still)
    clock.now += 1.0
    wait_until(lambda: len(worker.output) >= made + 90, limit=20)
    worker.stop(save=False)
    assert worker.join(60)


def test_share_done_and_time_left_follow_the_pace_if_there_is_one(
    make_worker: MakeWorker,
) -> None:
    worker = make_worker(pace=SLOWLY)
    wait_until(lambda: is_running(worker))
    worker.pause()
    wait_until(lambda: is_paused(worker))
    snapshot, checkpoint = worker.snapshot, worker.snapshot.checkpoint
    assert checkpoint is not None
    assert snapshot.done == checkpoint.share(worker.job.kind, worker.job.task)
    assert snapshot.done == pytest.approx(snapshot.made / 12_000, abs=0.01)
    assert snapshot.left is not None
    assert snapshot.left >= (12_000 - snapshot.made) / 400


def test_share_done_never_decreases_while_three_paces_alternate(
    make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_tui.worker.board.PUBLISH_SECONDS", 0.0)
    paces = [Pace.of(1_000), Pace.of(5_000), MAX]
    worker = make_worker(30_000, digits_per_step=50, pace=paces[0])
    seen = [0.0]
    while not worker.join(0.001):
        seen.append(worker.snapshot.done)
        worker.set_pace(paces[len(seen) // 20 % 3] if len(seen) < 2_000 else MAX)
    assert len(seen) > 40, "all three paces were set; at the first two it takes six seconds"
    assert seen == sorted(seen)
    assert worker.snapshot.done == 1.0


def test_pace_faster_than_the_machine_means_full_speed(
    make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[float] = []
    stride = Spigot.stride

    def noted(spigot: Spigot, most: float, poll: Poll = unwatched) -> None:
        wanted.append(most)
        stride(spigot, most, poll)

    monkeypatch.setattr(Spigot, "stride", noted)
    worker = make_worker(pace=Pace.of(10**9))
    assert worker.join(60)
    assert sum(most > 1000 for most in wanted) > 0.9 * len(wanted)


def test_pause_and_stop_requests_are_obeyed_at_a_slow_pace(make_worker: MakeWorker) -> None:
    worker = make_worker(pace=Pace.of(1), digits_per_step=4)
    wait_until(lambda: worker.snapshot.state is State.RUNNING)
    worker.pause()
    wait_until(lambda: is_paused(worker))
    worker.stop()
    assert worker.join(60)
