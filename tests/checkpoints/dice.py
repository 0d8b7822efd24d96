"""A kind whose output depends on a parameter, and runs of it."""

from __future__ import annotations

from typing import Any

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Kind, Machine, Poll, State, Task, Work, unwatched
from tests.checkpoints.helpers import advance


class Dice(Machine):
    """A machine that throws `goal` dice; its output depends on the seed."""

    def __init__(self, task: Task, steps: int = 0, output: bytes = b"") -> None:
        self.task, self.steps, self.output = task, steps, output

    @property
    def done(self) -> bool:
        return self.steps == self.task.goal

    def step(self, poll: Poll = unwatched) -> None:
        self.steps += 1
        self.output += b"%d" % (hash((self.task.parameters["seed"], self.steps)) % 6 + 1)

    def to_state(self) -> State:
        return State.of(b"%d" % self.steps)

    def work(self) -> Work:
        return Work(self.steps**2, self.task.goal**2)


class DiceKind(Kind):
    name = "dice"
    tuning: tuple[str, ...] = ("threads",)

    def __init__(self) -> None:
        self.seen: list[int | None] = []

    def new(self, task: Task) -> Dice:
        return Dice(task)

    def from_state(self, task: Task, state: State, output: bytes) -> Dice:
        self.seen.append(state.version)
        return Dice(task, int(state.data), output)


def dice(seed: int = 1, goal: int = 20, **more: Any) -> Task:
    return Task(goal, {"seed": seed, **more})


def begun(store: CheckpointStore, task: Task, steps: int = 5) -> Run:
    run = store.open_run(task)
    store.save(run, advance(Dice(run.task), steps), 0.0)
    return run


def finished(store: CheckpointStore, task: Task) -> bytes:
    run = store.open_run(task)
    machine = store.load(run).machine
    if machine is not None:
        machine.finalize()
        store.complete(run, machine, 0.0, verified=False)
    return store.load(run).output
