"""The share of the work done: the same for writer, watcher and list, and it never falls."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.rows.models import CHECKPOINTS
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Poll, WrongState, unwatched
from pi_tui.pi.spigot import pool
from pi_tui.pi.spigot.comparison import chudnovsky, reference
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.pool import Check
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.worker import board
from pi_tui.worker.board import Board
from pi_tui.worker.job import MAX, Cadence, Pace
from pi_tui.worker.snapshot import Snapshot, State
from pi_tui.worker.worker import Worker
from tests.helpers import wait_until
from tests.worker.conftest import MakeWorker

DIGITS = 12_000
SOME = Pace.of(2_000)
OFTEN = Cadence(output=200)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Snapshot]:
    """Return a list that gets every snapshot of the test; one is published at each poll."""
    monkeypatch.setattr(board, "PUBLISH_SECONDS", 0.0)
    snapshots: list[Snapshot] = []
    publish = Board.publish

    def noted(of: Board, **changes: object) -> None:
        publish(of, **changes)
        snapshots.append(of.snapshot)

    monkeypatch.setattr(Board, "publish", noted)
    return snapshots


def listed(database: Path) -> float | None:
    """Return the share of the run in the list of runs, which `status` and `runs` print."""
    with CheckpointStore.open(str(database), SpigotKind(), write=False) as store:
        (run,) = store.runs()
        return run.share


def stopped(worker: Worker) -> Snapshot:
    worker.stop()
    assert worker.join(60)
    return worker.snapshot


def shares(seen: list[Snapshot]) -> list[float]:
    """Return all shares shown since there was a machine; fail if one is lower than one before."""
    numbers = [one.done for one in seen if one.state is not State.PREPARING]
    assert numbers == sorted(numbers)
    return numbers


def paused(worker: Worker) -> Snapshot:
    worker.pause()
    wait_until(lambda: worker.snapshot.state is State.PAUSED)
    return worker.snapshot


def compared(writer: Worker, watcher: Worker, database: Path) -> float:
    """Resume the writer for a moment, then pause it; return the share that all three show."""
    steps = writer.snapshot.steps
    writer.resume()
    wait_until(lambda: writer.snapshot.steps > steps + 10)
    told = paused(writer)
    wait_until(lambda: watcher.snapshot.checkpoint and watcher.snapshot.steps == told.steps)
    assert watcher.snapshot.done == told.done == listed(database)
    seen = glance(str(database), SpigotKind(), None)
    assert seen is not None
    assert seen.share == told.done
    return told.done


def test_share_is_equal_in_writer_watcher_and_list_of_runs_at_each_of_four_pauses(
    database: Path, make_worker: MakeWorker
) -> None:
    writer = make_worker(pace=SOME)
    wait_until(lambda: writer.snapshot.figures and writer.snapshot.steps)
    watcher = make_worker(watch=True)
    numbers = [compared(writer, watcher, database) for _ in range(4)]
    assert numbers == sorted(set(numbers))
    stopped(writer)
    wait_until(lambda: watcher.snapshot.writer == "")
    watcher.resume()
    watcher.set_pace(MAX)
    wait_until(lambda: watcher.snapshot.state is State.COMPLETE)


def test_share_grows_after_a_watcher_takes_over(
    database: Path, make_worker: MakeWorker, seen: list[Snapshot]
) -> None:
    writer = make_worker(pace=SOME)
    wait_until(lambda: writer.snapshot.made > 500)
    before = stopped(writer)
    seen.clear()
    taken = make_worker(pace=SOME, watch=True)
    wait_until(lambda: taken.snapshot.made > before.made + 1_000)
    after = stopped(taken)
    assert taken.snapshot.resumed_done == before.done
    assert after.done - before.done > 500 / DIGITS
    assert len(set(shares(seen))) > 20


def test_share_done_never_decreases_after_a_resume_a_pause_or_a_change_of_pace(
    make_worker: MakeWorker, seen: list[Snapshot]
) -> None:
    last = [0.0]
    for pace, verify in ((SOME, True), (MAX, True), (Pace.of(500), False), (MAX, True)):
        worker = make_worker(70_000, pace=pace, verify=verify, cadence=OFTEN)
        steps = worker.snapshot.steps
        wait_until(lambda: worker.snapshot.state is State.RUNNING)  # noqa: B023
        wait_until(lambda: worker.snapshot.steps > steps + 20)  # noqa: B023
        worker.set_pace(MAX if pace is not MAX else SOME)
        paused(worker)
        worker.resume()
        told = stopped(worker)
        last.append(told.done)
    assert last == sorted(last)
    shares(seen)


def test_share_done_follows_the_output_when_a_pace_limits_the_run(
    make_worker: MakeWorker, seen: list[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier code showed 41 % before the first digit, and 82 % after the last, 30 s later."""
    now = [0.0]

    def clock(seconds: float = 1e-6) -> float:
        now[0] += seconds
        return now[0]

    def pass_time(_: Board, seconds: float | None, **__: object) -> None:
        clock(seconds or 0.0)

    monkeypatch.setattr(Board, "sleep", pass_time)  # computing takes no time, waiting all of it
    worker = make_worker(pace=Pace.of(6_000), digits_per_step=None, clock=clock)
    assert worker.join(60)
    shares(seen)
    running = [one for one in seen if one.state is State.RUNNING and one.steps]
    assert all(abs(one.done - one.made / DIGITS) < 0.05 for one in running)
    assert running[-1].made > 0.95 * DIGITS


def comparison_begins(digits: int) -> float:
    """Return the share of the work that is done when all digits are made."""
    spigot = SpigotKind().new(SpigotKind().task(digits))
    return 1 - spigot.verifying_work / spigot.work().total


def test_share_of_work_has_the_verification_as_its_last_part(
    make_worker: MakeWorker, seen: list[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WATCH_SECONDS", 0.001)
    worker = make_worker(200_000, digits_per_step=None)
    assert worker.join(60)
    numbers = shares(seen)
    comparing = [one.done for one in seen if one.state is State.VERIFYING]
    begins = comparison_begins(200_000)
    assert max(one.done for one in seen if one.state is State.RUNNING) == pytest.approx(begins)
    assert len(set(comparing)) > 3, "it moves while digits are compared"
    assert numbers[-1] == 1.0 > comparing[-1]


def test_share_of_work_is_1_at_the_last_digit_if_no_verification_follows(
    make_worker: MakeWorker, seen: list[Snapshot]
) -> None:
    worker = make_worker(3_000, verify=False)
    assert worker.join(60)
    shares(seen)
    assert max(one.done for one in seen if one.state is State.RUNNING) == pytest.approx(1.0)


def test_share_of_a_run_stopped_within_the_verification_continues_where_it_was_saved(
    database: Path, make_worker: MakeWorker, seen: list[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_worker(60_000, digits_per_step=None)
    sums, found = chudnovsky.sum_of, []

    def one_less(terms: range, check: Check) -> chudnovsky.Found:
        found.append(terms)
        if len(found) == 8:
            first.stop()
        return sums(terms, check)

    monkeypatch.setattr(chudnovsky, "sum_of", one_less)
    assert first.join(60)
    told = first.snapshot
    assert told.state is State.PAUSED
    assert told.done == listed(database)
    assert told.done > comparison_begins(60_000)
    seen.clear()
    again = make_worker(60_000, digits_per_step=None)
    assert again.join(60)
    assert shares(seen)[0] >= told.done


@pytest.mark.parametrize("at", ["a step", "the comparison"])
def test_share_done_never_decreases_after_a_fallback_to_the_last_good_checkpoint(
    at: str, make_worker: MakeWorker, seen: list[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    check, compare = Spigot.stride, reference.first_difference
    calls: list[int] = []

    def fails_once(spigot: Spigot, wanted: float, poll: Poll = unwatched) -> None:
        if at == "a step" and spigot.count > 6_000 and not calls:
            calls.append(1)
            raise WrongState("a flipped bit")
        check(spigot, wanted, poll)

    def differs_once(result: bytes, *more: object) -> int | None:
        if at == "the comparison" and not calls:
            calls.append(1)
            return 3_000
        return compare(result, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Spigot, "stride", fails_once)
    monkeypatch.setattr(reference, "first_difference", differs_once)
    worker = make_worker(cadence=Cadence(output=3_000))
    assert worker.join(60)
    assert (worker.snapshot.state, calls) == (State.COMPLETE, [1])
    shares(seen)


def test_share_done_never_decreases_if_the_resumed_checkpoint_records_no_work(
    database: Path, make_worker: MakeWorker, seen: list[Snapshot]
) -> None:
    stopped_at = make_worker(pace=SOME)
    wait_until(lambda: stopped_at.snapshot.made > 1_000)
    stopped(stopped_at)
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        connection.execute(sa.update(CHECKPOINTS).values(done=None, total=None))
    engine.dispose()
    old = listed(database)
    assert old is not None
    assert 0 < old < 1
    seen.clear()
    worker = make_worker(cadence=OFTEN)
    assert worker.join(60)
    assert shares(seen)[0] >= old
