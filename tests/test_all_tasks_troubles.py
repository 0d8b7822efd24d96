"""`carry_on_all` when one task is bad, a step fails as a signal comes, or nobody reads stderr."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from pi_tui import Kind, Poll, Task, all_tasks, carry_on_all, unwatched
from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.locking import lock
from pi_tui.checkpoints.locking.file_lock import FileLock
from pi_tui.errors import DamagedError, NotOursError
from pi_tui.reports import status_line
from pi_tui.worker.leave_request import LeaveRequest
from tests.checkpoints.helpers import execute
from tests.tiny import Walk, Walks

BAD, *OTHERS = (Walks().task(goal) for goal in (27, 11, 9))


class Newer(Walks):
    version = 2


class Missing(Walks):
    """Walks whose input is missing for one task."""

    def new(self, task: Task) -> Walk:
        if task == BAD:
            raise FileNotFoundError("input.csv")
        return super().new(task)


TROUBLES = {
    "of a newer version": (Newer(), "", Walks(), NotOursError.exit_code),
    "damaged, and its input is missing": (
        Walks(),
        "UPDATE pi_output SET data = zeroblob(length(data))",
        Missing(),
        1,
    ),
    "with a damaged row": (
        Walks(),
        "UPDATE pi_run SET committed = 'abc'",
        Walks(),
        DamagedError.exit_code,
    ),
}


@pytest.mark.parametrize(("before", "damage", "now", "code"), TROUBLES.values(), ids=TROUBLES)
def test_complete_task_that_cannot_be_used_fails_alone_and_the_others_are_computed(
    before: Kind, damage: str, now: Kind, code: int, database: Path
) -> None:
    assert carry_on(before, BAD, str(database))[0] == 0
    if damage:
        execute(str(database), damage)
    found, outputs = carry_on_all(now, [BAD, *OTHERS], str(database))
    assert (found, outputs) == (code, {task: Walks().new(task).finalize() for task in OTHERS})


def test_task_that_lacks_memory_fails_alone_and_is_named(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Large(Walk):
        def step(self, poll: Poll = unwatched) -> None:
            raise MemoryError

    class OneIsLarge(Walks):
        def new(self, task: Task) -> Walk:
            return Large(task) if task == BAD else super().new(task)

    found = carry_on_all(OneIsLarge(), [BAD, *OTHERS], str(database))
    assert found == (6, {task: Walks().new(task).finalize() for task in OTHERS})
    assert "walk 27: not enough memory" in capsys.readouterr().err


def test_carry_on_all_returns_complete_outputs_also_if_the_database_is_replaced(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put a folder in place of the database in a step of the second task."""
    monkeypatch.setattr(all_tasks, "PATIENCE", 0.1)
    first, second = OTHERS

    class Moving(Walk):
        def step(self, poll: Poll = unwatched) -> None:
            if self.steps == 0:
                database.rename(database.with_suffix(".away"))
                database.mkdir()
            super().step(poll)

    class MovingLater(Walks):
        def new(self, task: Task) -> Walk:
            return Moving(task) if task == second else super().new(task)

    def in_order(tasks: Sequence[Task], _count: int) -> list[Task]:
        return sorted(tasks, key=[first, second].index)

    monkeypatch.setattr(random, "sample", in_order)
    found = carry_on_all(MovingLater(), [first, second], str(database))
    assert found == (NotOursError.exit_code, {first: Walks().new(first).finalize()})


def test_step_that_fails_as_sigint_comes_is_reported_and_the_exit_code_is_1(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Send SIGINT and fail in one step, as a step does whose child process got ctrl+c too."""
    noted, ask = threading.Event(), LeaveRequest.ask

    def ask_and_note(request: LeaveRequest, number: int = 0) -> None:
        ask(request, number)
        noted.set()

    class Interrupted(Walk):
        def step(self, poll: Poll = unwatched) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            assert noted.wait(60)
            raise ValueError("the child was interrupted")

    class Interrupting(Walks):
        def new(self, task: Task) -> Walk:
            return Interrupted(task)

    monkeypatch.setattr(LeaveRequest, "ask", ask_and_note)
    assert carry_on_all(Interrupting(), [BAD], str(database)) == (1, {})
    assert "step 1 raised ValueError('the child was interrupted')" in capsys.readouterr().err


def test_carry_on_all_with_a_locked_database_ends_if_the_reader_of_progress_has_left(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line, "LINE_SECONDS", 0.0)
    monkeypatch.setattr(lock, "MIGRATING", 0.1)
    other = FileLock(Path(f"{database}.lock"))
    assert other.take(), "as while it changes the tables"
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w", buffering=1)
    monkeypatch.setattr(sys, "stderr", stream)
    assert carry_on_all(Walks(), [BAD], str(database)) == (128 + signal.SIGPIPE, {})
    with suppress(BrokenPipeError):
        stream.close()
    other.release()
