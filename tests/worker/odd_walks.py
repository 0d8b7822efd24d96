"""Walks whose steps misbehave, and the runs that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Poll, State, Task, unwatched
from pi_tui.worker.job import Cadence, Job
from pi_tui.worker.snapshot import State as Word
from pi_tui.worker.worker import Worker
from tests.tiny import Walk, Walks

TASK = Walks().task()
WHOLE = Walks().new(TASK).finalize()
Deed = Callable[["Walk"], None]


class Odd(Walks):
    """Walks whose steps misbehave, from step 21 on by default."""

    def __init__(self, deed: Deed, after: int = 20) -> None:
        self.deed, self.after = deed, after

    def new(self, task: Task) -> Walk:
        return OddWalk(task, self)

    def from_state(self, task: Task, state: State, output: bytes) -> Walk:
        plain = super().from_state(task, state, output)
        walk = OddWalk(task, self)
        vars(walk).update(vars(plain))
        return walk


class OddWalk(Walk):
    def __init__(self, task: Task, kind: Odd) -> None:
        super().__init__(task)
        self.kind = kind

    def step(self, poll: Poll = unwatched) -> None:
        if self.steps >= self.kind.after:
            self.kind.deed(self)
        else:
            super().step(poll)


def raising(error: BaseException) -> Deed:
    def raises(_walk: Walk) -> None:
        raise error

    return raises


def run(kind: Walks, database: Path) -> Worker:
    worker = Worker(Job(kind, TASK, str(database), cadence=Cadence()))
    worker.start()
    assert worker.join(60)
    assert worker.snapshot.state is Word.FAILED
    return worker


def saved_steps(database: Path) -> int:
    with CheckpointStore.open(str(database), Walks(), write=False) as store:
        found = store.find_run(TASK)
        assert found
        checkpoint = store.load(found).checkpoint
    return checkpoint.steps if checkpoint else -1


def finishes(database: Path) -> bool:
    """Return True if the run resumes and ends right once its machine is repaired."""
    return carry_on(Walks(), TASK, str(database), again="again") == (0, WHOLE)
