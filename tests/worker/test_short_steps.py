"""Steps of a microsecond: many between two checks of the clock, and none after a request."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from pi_tui.machine import Kind, Machine, Poll, State, Task, unwatched
from pi_tui.worker.job import Cadence, Job
from pi_tui.worker.snapshot import State as Word
from pi_tui.worker.worker import Worker
from tests.worker.conftest import Clock

STEPS = 50_000


class Count(Machine):
    """Counts to the goal, one step and one byte of output at a time."""

    def __init__(self, kind: Counts, goal: int, steps: int = 0) -> None:
        self.kind, self.goal, self.steps, self.output = kind, goal, steps, bytearray(steps)
        self.row = b"\0"

    @property
    def done(self) -> bool:
        return self.steps == self.goal

    def step(self, poll: Poll = unwatched) -> None:
        self.output += self.row
        self.steps += 1
        self.kind.after_step(self.steps)

    def to_state(self) -> State:
        self.kind.states.append(self.steps)
        return State.of(b"%d" % self.steps)


class Counts(Kind):
    name = "count"

    def __init__(self) -> None:
        self.states: list[int] = []
        self.worker: Worker
        self.wishes: dict[int, str] = {}

    def after_step(self, steps: int) -> None:
        if wish := self.wishes.get(steps):
            getattr(self.worker, wish)()

    def new(self, task: Task) -> Count:
        return Count(self, task.goal)

    def from_state(self, task: Task, state: State, output: bytes) -> Count:
        return Count(self, task.goal, int(state.data))


def worked(kind: Counts, database: Path, **how: Any) -> tuple[Worker, int]:
    clock, how = Clock(), {"cadence": Cadence()} | how
    kind.worker = Worker(Job(kind, Task(STEPS), str(database), **how), clock=clock)
    kind.worker.start()
    assert kind.worker.join(60)
    return kind.worker, clock.looks


def test_clock_is_checked_less_often_than_short_steps_are_made(database: Path) -> None:
    worker, looks = worked(Counts(), database)
    assert worker.snapshot.state is Word.COMPLETE
    assert looks < STEPS


def test_save_every_10000_bytes_of_output_comes_at_the_exact_step_if_steps_are_short(
    database: Path,
) -> None:
    kind = Counts()
    worked(kind, database, cadence=Cadence(output=10_000))
    assert kind.states == [10_000, 20_000, 30_000, 40_000, 50_000]


@pytest.mark.parametrize("wish", ["save_now", "stop"])
def test_request_is_handled_right_after_the_step_it_came_in(wish: str, database: Path) -> None:
    kind = Counts()
    kind.wishes = {31_337: wish}
    worker, _ = worked(kind, database)
    assert kind.states[0] == 31_337
    assert worker.snapshot.state is (Word.PAUSED if wish == "stop" else Word.COMPLETE)


class Rows(Counts):
    unit = "rows"

    def new(self, task: Task) -> Count:
        machine = Count(self, task.goal)
        machine.row = b"a row\n"
        return machine

    def from_state(self, task: Task, state: State, output: bytes) -> Count:
        machine = Count(self, task.goal, int(state.data))
        machine.row, machine.output = b"a row\n", bytearray(output)
        return machine


def test_lines_of_output_are_counted_from_the_start_and_after_a_resume(database: Path) -> None:
    kind = Rows()
    kind.wishes = {20_000: "stop"}
    shown = worked(kind, database)[0].snapshot
    assert (shown.made_lines, shown.saved_lines, shown.saved) == (20_000, 20_000, 120_000)
    kind.wishes = {30_000: "stop"}
    shown = worked(kind, database)[0].snapshot
    assert (shown.resumed_lines, shown.saved_lines) == (20_000, 30_000)
    assert shown.how_it_was_left == "saved 30,000 rows"


class LongAtLast(Count):
    """Short steps, and then a long one, which ends when the test sets `go_on`."""

    in_step, go_on = threading.Event(), threading.Event()

    def step(self, poll: Poll = unwatched) -> None:
        if self.steps == 3:
            self.in_step.set()
            self.go_on.wait(60)
        super().step(poll)


@pytest.mark.parametrize(
    ("row", "left"),
    [(b"\n", "3 rows not saved; saved step 0"), (b"", "3 steps not saved; saved step 0")],
)
def test_stop_without_a_save_in_a_long_step_reports_the_short_steps_before_it_as_not_saved(
    row: bytes, left: str, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Rows):
        def new(self, task: Task) -> Count:
            machine = LongAtLast(self, task.goal)
            machine.row = row
            return machine

    monkeypatch.setattr(LongAtLast, "in_step", threading.Event())
    monkeypatch.setattr(LongAtLast, "go_on", threading.Event())
    worker = Worker(Job(Slow(), Task(STEPS), str(database), cadence=Cadence()))
    worker.start()
    assert LongAtLast.in_step.wait(60)
    worker.stop(save=False)
    assert worker.latest().how_it_was_left == left
    LongAtLast.go_on.set()
    assert worker.join(60)


def test_latest_snapshot_of_a_worker_stopped_with_a_save_is_the_published_one(
    database: Path,
) -> None:
    kind = Rows()
    kind.wishes = {20_000: "stop"}
    worker, _ = worked(kind, database)
    assert worker.latest() == worker.snapshot
