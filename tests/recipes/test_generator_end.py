"""A run that ends early closes its generator: `with` and `finally` blocks are left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pi_tui.errors import BrokenRule
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.worker.job import Cadence, Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.helpers import wait_until


def stopped(function: Callable[..., Iterator[Any]], database: Path) -> Worker:
    """Run a function until it has made output, then stop; return the worker, which has ended."""
    kind = GeneratorKind(function, "walk", 1)
    worker = Worker(Job(kind, kind.task(10**9), str(database), cadence=Cadence()))
    worker.start()
    wait_until(lambda: worker.output or worker.snapshot.state.is_final)
    worker.stop()
    assert worker.join(60)
    return worker


def test_stopped_generator_has_written_its_own_file_up_to_the_saved_step(
    database: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.txt"

    def walk(goal: int, at: int = 0) -> Iterator[Any]:
        with log.open("w") as lines:
            while at < goal:
                at += 1
                lines.write(f"{at}\n")
                yield {"at": at}, "x"

    worker = stopped(walk, database)
    assert worker.snapshot.state is State.PAUSED
    assert log.read_text().count("\n") == worker.snapshot.saved > 0


def test_generator_that_yields_again_at_a_stop_is_named_and_its_steps_are_saved(
    database: Path,
) -> None:
    def walk(goal: int, at: int = 0) -> Iterator[Any]:
        while at < goal:
            at += 1
            try:
                yield {"at": at}, "x"
            except BaseException:
                yield {"at": at}

    worker = stopped(walk, database)
    steps = worker.snapshot.saved
    assert steps > 0
    assert worker.snapshot.error == (
        "walk yields again when it is told to end, because it catches GeneratorExit; "
        f"catch Exception instead; saved step {steps:,}"
    )
    assert worker.snapshot.exit_code == BrokenRule.exit_code
    assert worker.crash is None


def test_error_in_a_finally_block_at_a_stop_is_told_as_the_functions_own(database: Path) -> None:
    def walk(goal: int, at: int = 0) -> Iterator[Any]:
        try:
            while at < goal:
                at += 1
                yield {"at": at}, "x"
        finally:
            raise RuntimeError("no room for the log")

    error = stopped(walk, database).snapshot.error
    assert error.startswith("walk() raised RuntimeError('no room for the log'); saved step ")


def test_error_in_a_finally_block_does_not_hide_why_the_run_ended(database: Path) -> None:
    def walk(goal: int, at: int = 0) -> Iterator[Any]:
        try:
            yield {"at": {1}}
        finally:
            raise RuntimeError("no room for the log")

    error = stopped(walk, database).snapshot.error
    assert error.startswith("step 1: at is of type set; ")
