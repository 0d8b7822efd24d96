"""Runs of several kinds in one database, and commands that are asked about them."""

from __future__ import annotations

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.cli import main
from pi_tui.examples.lucas_lehmer import Mersenne
from pi_tui.machine import Kind, Task
from pi_tui.recipes.generator import GeneratorKind, Yielded
from tests.helpers import pi_tui


def lines(goal: int, number: int = 0, *, seed: int = 1, ratio: float = 0.5) -> Yielded:
    while number < goal:
        number += 1
        yield {"number": number}, f"{number * seed}\n", number / goal


LINES = GeneratorKind(lines, "lines", 1)
PRIME = Mersenne()


class Rows(GeneratorKind):
    """A kind whose output is counted in rows; here it runs the function `lines`."""

    unit = "rows"


ROWS = Rows(lines, "table", 1)


def compute(location: str, kind: Kind, task: Task, steps: int | None = None) -> None:
    """Save a run after this many steps, or complete it."""
    with CheckpointStore.open(location, kind) as store:
        run, machine = store.open_run(task), kind.new(task)
        while not machine.done and machine.steps != steps:
            machine.step()
        if machine.done:
            store.complete(run, machine, 2.0, verified=False)
        else:
            store.save(run, machine, 2.0)
        store.leave(run)


def fill(location: str) -> None:
    assert main(["run", "--digits", "300", "--db", location]) == 0
    compute(location, PRIME, PRIME.task(9_689), 1)
    compute(location, LINES, LINES.task(1_000, seed=3), 400)
    compute(location, LINES, LINES.task(1_000, seed=4))


def ask(*arguments: object, database: object) -> str:
    done = pi_tui(*arguments, "--db", database)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(*arguments: object, database: object) -> str:
    done = pi_tui(*arguments, "--db", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr
