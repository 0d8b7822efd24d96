"""The worker with the real spigot and the real store: computing, saving, resuming, verifying."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.pi.spigot.comparison.reference import names
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.worker import loop
from pi_tui.worker.board import Board
from pi_tui.worker.job import MAX, Cadence, Pace
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.helpers import pi, wait_until
from tests.worker.conftest import SLOWLY, Clock, MakeWorker, in_the_file, is_running


def test_worker_computes_and_verifies_all_digits(make_worker: MakeWorker, database: Path) -> None:
    worker = make_worker(5_000)
    assert worker.join(60)
    snapshot = worker.snapshot
    assert snapshot.state is State.COMPLETE
    assert bytes(worker.output) == pi(5_000)
    assert (snapshot.made, snapshot.saved, snapshot.done) == (5_000, 5_000, 1.0)
    assert snapshot.verified
    run = in_the_file(database, 5_000).run
    assert run.verified
    assert snapshot.elapsed == run.elapsed, "the next start says the same"


def test_complete_run_opened_again_shows_the_number_of_its_steps(make_worker: MakeWorker) -> None:
    first = make_worker(500)
    assert first.join(60)
    again = make_worker(500)
    assert again.join(60)
    assert first.snapshot.checkpoint is not None
    assert again.snapshot.steps == first.snapshot.checkpoint.steps > 0


def test_worker_makes_no_new_snapshot_until_publish_seconds_have_passed(
    clocked: tuple[Worker, Clock],
) -> None:
    worker, clock = clocked
    seen = clock.looks
    wait_until(lambda: clock.looks > seen + 20)
    snapshot, seen = worker.snapshot, clock.looks
    wait_until(lambda: clock.looks > seen + 100)
    assert worker.snapshot is snapshot
    clock.now += 0.1
    wait_until(lambda: worker.snapshot is not snapshot)


def test_snapshot_of_a_running_worker_has_the_time_of_its_next_save(
    make_worker: MakeWorker,
) -> None:
    clock = Clock()
    worker = make_worker(clock=clock, cadence=Cadence(seconds=60), pace=Pace.of(10))
    wait_until(lambda: len(worker.output) > 0)
    clock.now += 1
    wait_until(lambda: worker.snapshot.next_save == 1_060.0)


def test_save_now_makes_a_checkpoint(make_worker: MakeWorker, database: Path) -> None:
    worker = make_worker()
    wait_until(lambda: is_running(worker))
    worker.save_now()
    wait_until(lambda: worker.snapshot.checkpoint is not None)
    checkpoint = worker.snapshot.checkpoint
    assert checkpoint is not None
    assert checkpoint.duration is not None
    assert len(in_the_file(database).output) >= checkpoint.length > 0


def test_worker_resumes_where_it_stopped(make_worker: MakeWorker) -> None:
    first = make_worker()
    wait_until(lambda: is_running(first))
    first.stop()
    first.join()
    second = make_worker(pace=Pace.of(50))
    wait_until(lambda: second.snapshot.state is State.RUNNING)
    assert second.snapshot.resumed == first.snapshot.saved
    assert second.snapshot.resumed_done > 0
    assert bytes(second.output[: first.snapshot.saved]) == bytes(first.output)
    assert second.snapshot.left is not None, "time left is known at once"
    second.set_pace(MAX)
    assert second.join(120)
    assert bytes(second.output) == pi(12_000)


def test_finished_run_is_loaded_and_not_computed_again(
    make_worker: MakeWorker, database: Path
) -> None:
    make_worker(500).join()
    before = in_the_file(database, 500).run
    again = make_worker(500)
    assert again.join(60)
    assert (again.snapshot.state, bytes(again.output)) == (State.COMPLETE, pi(500))
    assert again.snapshot.verified
    assert in_the_file(database, 500).run.last_seq == before.last_seq


def test_second_worker_is_refused_the_same_run_and_a_third_computes_another(
    make_worker: MakeWorker,
) -> None:
    first = make_worker(pace=SLOWLY)  # at full speed it may be complete before the second starts
    wait_until(lambda: is_running(first))
    second, other = make_worker(), make_worker(99)
    assert second.join(60)
    assert other.join(60)
    assert (second.snapshot.state, second.snapshot.exit_code) == (State.FAILED, 3)
    assert other.snapshot.state is State.COMPLETE


def test_cadence_by_output_saves_soon_after_each_multiple_of_its_bytes(
    make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINTS_SHOWN", 100)
    worker = make_worker(4_000, cadence=Cadence(output=250), digits_per_step=16)
    assert worker.join(60)
    counts = {checkpoint.length for checkpoint in worker.snapshot.checkpoints}
    assert {count // 250 for count in counts} == set(range(1, 17))
    assert all(count % 250 < 32 for count in counts), "each of them soon after its mark"


def test_worker_saves_after_every_step_if_each_makes_more_output_than_the_cadence(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker(600, cadence=Cadence(output=1), digits_per_step=60)
    assert worker.join(60)
    assert in_the_file(database, 600).run.last_seq >= 11, "ten saves and the completion"


def test_reader_sees_only_consistent_snapshots(make_worker: MakeWorker) -> None:
    worker = make_worker(3_000, cadence=Cadence(output=100))
    wrong: list[object] = []

    def look() -> None:
        while not worker.join(0):
            s = worker.snapshot
            newest = s.checkpoint
            if s.saved > s.made or (newest and newest.length > s.saved):
                wrong.append(s)

    watchers = [threading.Thread(target=look) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert wrong == []


def test_run_resumed_with_other_digits_per_step_keeps_its_first_value_and_notes_that(
    make_worker: MakeWorker,
) -> None:
    first = make_worker(digits_per_step=4)
    wait_until(lambda: is_running(first))
    first.stop()
    first.join()
    second = make_worker(digits_per_step=9)
    wait_until(lambda: is_running(second))
    assert "digits per step 4" in second.snapshot.notes[0]
    assert Figures.of(second.snapshot.figures).digits_per_step == 4


def test_verification_is_abandoned_at_stop_and_repeated_later(
    make_worker: MakeWorker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Board.publish

    def stop_then(board: Board, **changes: Any) -> None:
        publish(board, **changes)
        if board.snapshot.state is State.VERIFYING:
            board.stop()

    with monkeypatch.context() as changed:
        changed.setattr(Board, "publish", stop_then)
        # A comparison may take less than the 0.05 s between two snapshots.
        changed.setattr("pi_tui.worker.board.PUBLISH_SECONDS", 0.0)
        worker = make_worker(300_000, digits_per_step=None, threads=2)
        assert worker.join(60)
    assert in_the_file(database, 300_000).run.status == "active"
    again = make_worker(300_000)
    assert again.join(120)
    assert again.snapshot.verified


def test_every_result_of_a_verification_can_be_saved_and_loaded(database: Path) -> None:
    kind = SpigotKind()
    task = kind.task(1_000)  # one of its results is negative
    with CheckpointStore.open(str(database), kind) as store:
        run, spigot, seen = store.open_run(task), kind.new(task), set[str]()
        spigot.finalize()

        def save(_done: int = 0, _total: int = 0) -> None:
            if not seen >= spigot.kept.keys():
                seen.update(spigot.kept)
                store.save(run, spigot, 0.0)
                again = store.load(run).machine
                assert isinstance(again, Spigot)
                assert again.kept == spigot.kept

        assert kind.verify(task, spigot.output, save, spigot)
        save()
    assert seen == set(names(1_000))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_output_is_independent_of_threads(make_worker: MakeWorker, threads: int) -> None:
    worker = make_worker(8_000, threads=threads, digits_per_step=100)
    assert worker.join(60)
    assert bytes(worker.output) == pi(8_000)
