"""The worker with blocks that are read back from the database while sweeps need them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot.boxes import sweep
from pi_tui.pi.spigot.boxes.shelf import ShelvedBlock
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.worker import schedule
from pi_tui.worker.job import Cadence, Pace
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.checkpoints.helpers import execute, flip
from tests.helpers import pi, wait_until
from tests.worker.conftest import Clock, MakeWorker, in_the_file, is_paused

DIGITS = 12_000


@pytest.fixture(autouse=True)
def every_saved_block_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_module, "READ_BACK_FROM", 1)
    monkeypatch.setattr(size_module, "BATCH", 64)
    monkeypatch.setattr(sweep, "ALONE", 0)


def paused_in_the_middle(make_worker: MakeWorker) -> Worker:
    """Return a worker that has saved some digits, and waits."""
    worker = make_worker(DIGITS, pace=Pace.of(2_000), digits_per_step=20, threads=2)
    wait_until(lambda: worker.snapshot.made > 0)
    worker.pause()
    wait_until(lambda: worker.snapshot.state is State.PAUSED)
    return worker


def assert_right_at_the_end(worker: Worker, database: Path) -> None:
    """Wait for the end of the run; all its digits are saved, right and verified."""
    assert worker.join(120)
    assert (worker.snapshot.state, worker.snapshot.verified) == (State.COMPLETE, True)
    assert in_the_file(database, DIGITS).output == pi(DIGITS)


def test_run_whose_blocks_are_read_back_from_the_database_makes_the_right_digits(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = make_worker(DIGITS, digits_per_step=200, cadence=Cadence(output=400), threads=2)
    assert_right_at_the_end(worker, database)
    assert worker.snapshot.notes == ()


@pytest.mark.parametrize("damage", ["flipped", "missing"])
def test_block_lost_in_a_pause_is_made_again_and_noted(
    damage: str, make_worker: MakeWorker, database: Path
) -> None:
    worker = paused_in_the_middle(make_worker)
    longest = "(SELECT max(length(data)) FROM pi_piece)"
    where = f"length(data) = {longest}"
    if damage == "flipped":
        flip(str(database), "pi_piece", "data", where)
    else:
        execute(str(database), f"DELETE FROM pi_piece WHERE {where}")
    worker.set_pace(Pace.of(10**9))
    worker.resume()
    assert_right_at_the_end(worker, database)
    assert "a saved block was lost or damaged, and is made again" in worker.snapshot.notes


def test_database_moved_away_is_reported_and_the_run_ends_right_once_it_is_back(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = paused_in_the_middle(make_worker)
    away = database.with_suffix(".away")
    database.rename(away)
    worker.resume()
    wait_until(lambda: worker.snapshot.save_failure is not None)
    failure = worker.snapshot.save_failure
    assert failure is not None
    assert failure.reason.endswith("; computing waits for it")
    made = worker.snapshot.made
    away.rename(database)
    worker.set_pace(Pace.of(10**9))
    assert_right_at_the_end(worker, database)
    assert worker.snapshot.save_failure is None
    assert made < DIGITS


def test_paced_worker_does_not_catch_up_after_the_database_was_away(
    make_worker: MakeWorker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "FIRST_RETRY", 0.05)
    clock = Clock()
    worker = make_worker(DIGITS, pace=Pace.of(10), threads=2, clock=clock)
    wait_until(lambda: len(worker.output) > 0)
    worker.pause()
    wait_until(lambda: is_paused(worker))
    made, away = len(worker.output), database.with_suffix(".away")
    database.rename(away)
    worker.resume()
    clock.now += 1
    wait_until(lambda: worker.snapshot.save_failure is not None)
    clock.now += 600
    last = worker.snapshot.save_failure
    wait_until(lambda: worker.snapshot.save_failure is not last)
    away.rename(database)
    wait_until(lambda: len(worker.output) > made)
    seen = clock.looks
    wait_until(lambda: clock.looks > seen + 100)
    assert len(worker.output) - made < 30
    clock.now += 10
    wait_until(lambda: len(worker.output) >= made + 90)


def test_stop_without_a_save_does_not_wait_for_a_block_while_the_database_is_away(
    make_worker: MakeWorker, database: Path
) -> None:
    worker = paused_in_the_middle(make_worker)
    away = database.with_suffix(".away")
    database.rename(away)
    worker.resume()
    wait_until(lambda: worker.snapshot.save_failure is not None)
    worker.stop(save=False)
    assert worker.join(60)
    away.rename(database)
    assert make_worker(DIGITS, threads=2).join(120)
    assert in_the_file(database, DIGITS).output == pi(DIGITS)


def test_blocks_of_a_run_resumed_after_a_pause_are_not_in_memory(
    make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    spigots: list[Spigot] = []
    begin = Spigot.__init__

    def begun(spigot: Spigot, *arguments: object) -> None:
        begin(spigot, *arguments)  # type: ignore[arg-type]
        spigots.append(spigot)

    monkeypatch.setattr(Spigot, "__init__", begun)
    worker = paused_in_the_middle(make_worker)
    spigot = max(spigots, key=lambda one: one.size.digits)
    worker.resume()
    made = worker.snapshot.made
    wait_until(lambda: worker.snapshot.made > made)
    assert all(isinstance(block, ShelvedBlock) for block in spigot._rows.blocks)
