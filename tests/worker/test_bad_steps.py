"""Steps that raise, exit, refuse or do not count are reported after the last good step is saved."""

from __future__ import annotations

import asyncio
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.connection import engine
from pi_tui.machine import Refused, State, Task
from pi_tui.worker.board import Board
from pi_tui.worker.job import Cadence, Job
from pi_tui.worker.worker import Worker
from tests.tiny import Walk, Walks
from tests.worker.odd_walks import TASK, Odd, finishes, raising, run, saved_steps


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("output", "abc", "output must be bytes, not str"),
        ("output", None, "output must be bytes, not NoneType"),
        ("steps", "4", "steps must be an int, not str"),
        ("steps", None, "steps must be an int, not NoneType"),
    ],
)
def test_step_that_sets_output_or_steps_to_a_wrong_type_ends_the_run_and_names_the_type(
    name: str, value: object, said: str, database: Path
) -> None:
    worker = run(Odd(lambda walk: setattr(walk, name, value), after=0), database)
    assert worker.snapshot.error == f"{said}; nothing is saved"


def test_step_that_raises_saves_the_step_before_and_names_both_steps(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Odd(raising(ZeroDivisionError("a bug")))
    assert carry_on(kind, TASK, str(database), again="again", cadence=Cadence()) == (1, b"")
    told = capsys.readouterr().err
    assert told.endswith("walk: step 21 raised ZeroDivisionError('a bug'); saved step 20\n")
    assert "Traceback" in told
    assert "in raises" in told
    assert "stepper.py" not in told, "only frames of the machine"
    assert "a bug of ours" not in told
    assert saved_steps(database) == 20
    assert finishes(database)
    assert "was cut off" not in capsys.readouterr().err


class Unspeakable(Exception):
    def __repr__(self) -> str:
        raise ValueError("no words")

    __str__ = __repr__


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("\x1b]0;owned \udcff https://me:s3cr3t@host/"), "https://me:…@host/'); saved"),
        (Unspeakable(), "step 21 raised Unspeakable; saved step 20\n"),
    ],
    ids=["control characters and a password", "no repr"],
)
def test_exception_is_printed_without_password_and_escape_code_or_by_type_if_without_repr(
    error: Exception, said: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Odd(raising(error))
    assert carry_on(kind, TASK, str(database), again="again", cadence=Cadence()) == (1, b"")
    told = capsys.readouterr().err
    assert said in told
    assert told.endswith("saved step 20\n")
    assert "s3cr3t" not in told
    assert "\x1b" not in told
    assert saved_steps(database) == 20


def test_step_that_raises_while_the_database_is_locked_reports_that_nothing_is_saved(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as other:

        def deed(_walk: Walk) -> None:
            other.execute("BEGIN EXCLUSIVE")
            raise KeyError("gone")

        worker = run(Odd(deed), database)
    error = worker.snapshot.error
    assert error.startswith("step 21 raised KeyError('gone'); not saved: ")
    assert error.endswith("; nothing is saved")


def test_step_that_changes_its_machine_and_then_raises_is_not_saved(database: Path) -> None:
    def deed(walk: Walk) -> None:
        walk.steps += 1
        raise ValueError("too late")

    error = run(Odd(deed), database).snapshot.error
    assert error == (
        "step 21 raised ValueError('too late'); not saved: the step left the machine partly "
        "changed; nothing is saved"
    )
    assert finishes(database)


@pytest.mark.parametrize(
    ("code", "text", "status"), [("enough", "enough", 1), (7, "", 7), (None, "", 0)]
)
def test_sys_exit_in_a_step_saves_and_exits_with_its_text_and_code(
    code: str | int | None, text: str, status: int, database: Path,
    capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    kind = Odd(raising(SystemExit(code)))
    with pytest.raises(SystemExit) as left:
        carry_on(kind, TASK, str(database), again="again", cadence=Cadence())
    assert left.value.code == code
    assert capsys.readouterr().err == "walk: saved step 20; `again` goes on from there\n"
    worker = run(kind, database)
    assert worker.snapshot.exit_code == status
    assert worker.snapshot.error == (text or "it ended itself")
    assert saved_steps(database) == 20
    assert finishes(database)
    assert "was cut off" not in capsys.readouterr().err


def test_keyboard_interrupt_in_a_step_saves_and_exits_with_130(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Odd(raising(KeyboardInterrupt()))
    assert carry_on(kind, TASK, str(database), again="again", cadence=Cadence()) == (130, b"")
    assert capsys.readouterr().err == "walk: saved step 20; `again` goes on from there\n"
    assert finishes(database)


@pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError()])
def test_base_exception_raised_by_a_step_is_reported_with_the_number_of_the_step(
    error: BaseException, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Odd(raising(error))
    assert carry_on(kind, TASK, str(database), cadence=Cadence()) == (1, b"")
    assert f"walk: step 21 raised {error!r}; saved step 20\n" in capsys.readouterr().err
    assert finishes(database)


def test_exception_of_the_worker_between_two_steps_is_reported_as_a_bug_of_pi_tui(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(Job(Walks(), TASK, str(database), cadence=Cadence()))

    def breaks(_board: Board) -> bool:
        raise RuntimeError("ours")

    monkeypatch.setattr(Board, "is_stale", property(breaks))
    worker.start()
    assert worker.join(60)
    assert worker.snapshot.error == "a bug of ours, please report it: RuntimeError('ours')"


LONG_TEXT = "the input table.csv has changed since the run began: " + "0123456789" * 20


class Refusing(Walks):
    """Walks that raise Refused in one of their methods."""

    def __init__(self, where: str) -> None:
        self.where = where

    def new(self, task: Task) -> Walk:
        self._refuse_in("new")
        return super().new(task)

    def from_state(self, task: Task, state: State, output: bytes) -> Walk:
        self._refuse_in("from_state")
        return super().from_state(task, state, output)

    def _refuse_in(self, method: str) -> None:
        if self.where == method:
            raise Refused(LONG_TEXT)


@pytest.mark.parametrize("where", ["new", "from_state"])
def test_error_of_type_refused_in_new_or_from_state_is_shown_and_the_run_can_finish(
    where: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if where == "from_state":
        run(Odd(raising(SystemExit())), database)
    capsys.readouterr()
    assert carry_on(Refusing(where), TASK, str(database), again="again") == (2, b"")
    assert capsys.readouterr().err == f"walk: {LONG_TEXT}\n"
    assert finishes(database)
    assert "was cut off" not in capsys.readouterr().err


def test_error_of_type_refused_in_a_step_is_shown_in_full_and_the_steps_before_are_saved(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Odd(raising(Refused(LONG_TEXT)))
    assert carry_on(kind, TASK, str(database), again="again", cadence=Cadence()) == (2, b"")
    assert capsys.readouterr().err == f"walk: {LONG_TEXT}\n"
    assert saved_steps(database) == 20
    assert finishes(database)


def test_step_that_leaves_the_count_of_steps_unchanged_ends_the_run_with_an_error(
    database: Path,
) -> None:
    worker = run(Odd(lambda walk: None, after=0), database)
    assert worker.snapshot.error == "step() did not count: steps is still 0; nothing is saved"
    assert worker.snapshot.exit_code == 1
    assert saved_steps(database) == -1


def test_step_that_lowers_the_count_of_steps_ends_the_run_with_an_error(database: Path) -> None:
    def deed(walk: Walk) -> None:
        walk.steps -= 1

    error = run(Odd(deed), database).snapshot.error
    assert error == "step() did not count: steps is now 19; nothing is saved"


def test_step_that_shortens_output_ends_the_run_with_an_error(database: Path) -> None:
    def deed(walk: Walk) -> None:
        walk.steps += 1
        walk.output = walk.output[:-5]

    error = run(Odd(deed), database).snapshot.error
    assert error == "step 21 took output back: 51 bytes before it, 46 after; nothing is saved"


def test_message_after_sys_exit_repeats_the_typed_command_that_resumes_the_run(
    tmp_path: Path,
) -> None:
    (tmp_path / "it ends.py").write_text(PROGRAM, "utf-8")
    command = [sys.executable, "it ends.py", "a b"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    wanted = f"ends: saved step 3; `{shlex.join(command)}` goes on from there\nenough\n"
    assert done.stderr == wanted


PROGRAM = """
import sys
from pi_tui.carry_on import carry_on
from pi_tui.machine import Kind, Machine, State, Task, unwatched

class Ends(Machine):
    done = False
    def step(self, poll=unwatched):
        if self.steps == 3:
            sys.exit("enough")
        self.steps += 1
    def to_state(self):
        return State.of(b"")

class Kinds(Kind):
    name = "ends"
    def new(self, task):
        return Ends()
    def from_state(self, task, state, output):
        return Ends()

carry_on(Kinds(), Task(1), "x.sqlite3")
print("never")
"""


def test_step_that_changes_saved_output_is_refused_and_the_run_can_resume(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def deed(walk: Walk) -> None:
        Walk.step(walk)
        walk.output = b"X" + walk.output[1:]

    assert carry_on(Odd(deed), TASK, str(database), every_output=5) == (1, b"")
    assert "differs from what was saved of it: a step may only append" in capsys.readouterr().err
    assert finishes(database)
    assert "was cut off" not in capsys.readouterr().err
