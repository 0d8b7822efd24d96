"""The program of README's "Make your own computation resumable", exactly as printed there."""

from __future__ import annotations

import re
import shlex
from array import array
from pathlib import Path
from typing import NamedTuple

import pytest

from pi_tui.machine import Kind, State, Task
from tests.examples.helpers import (
    PROGRAM,
    PYTHON,
    README,
    SECTION,
    ended,
    last_line,
    readme_program,
    running,
    saved_steps,
)
from tests.helpers import wait_until

GOAL, STEPS, MARK = 20_000, 20, 50
"""The search of the README's figures, and the digits after which it saves by output."""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the program into a folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "collatz.py"
    path.write_text(PROGRAM, "utf-8")
    return path


@pytest.fixture
def kind(program: Path) -> Kind:
    """Return the kind of the program, without running the program."""
    return readme_program(program.parent)


class Step(NamedTuple):
    """State and output before a step, and after it."""

    state_before: State
    output_before: bytes
    state: State
    output: bytes


def steps_of(kind: Kind) -> list[Step]:
    """Return every step of the search."""
    machine, steps = kind.new(Task(GOAL)), []
    while not machine.done:
        before = (machine.to_state(), bytes(machine.output))
        machine.step()
        steps.append(Step(*before, machine.to_state(), bytes(machine.output)))
    assert len(steps) == STEPS
    return steps


def resumed(kind: Kind, state: State, output: bytes) -> bytes:
    """Resume the search from a state; return its whole output."""
    return kind.from_state(Task(GOAL), state, output).finalize()


def records(below: int) -> bytes:
    """Compute the program's output independently: by remembering every length."""
    known, longest, lines = array("H", [0, 0] + [0] * below), -1, []
    for start in range(1, below):
        number, length = start, 0
        while number >= start and number != 1:
            number, length = (3 * number + 1 if number % 2 else number // 2), length + 1
        known[start] = length + known[number]
        if known[start] > longest:
            longest = known[start]
            lines.append(b"%d takes %d\n" % (start, longest))
    return b"".join(lines)


def tells(figure: str) -> bool:
    """Return whether the table of the section ends a line with this figure."""
    return f"| {figure} |\n" in SECTION


def test_program_killed_and_resumed_gives_the_right_answer(program: Path, kind: Kind) -> None:
    database, goal = program.parent / "collatz.sqlite3", 600_000
    with running(program, goal) as child:
        wait_until(lambda: saved_steps(database, kind))
        assert child.poll() is None
        child.kill()
        child.wait()
    before = saved_steps(database, kind)
    assert before > 0
    done = ended(program, goal)
    assert (done.returncode, done.stdout.encode()) == (0, records(goal)), done.stderr


def test_terminated_program_prints_how_to_resume(program: Path, kind: Kind) -> None:
    database = program.parent / "collatz.sqlite3"
    with running("collatz.py", 9_000_000) as child:
        wait_until(database.exists)
        child.terminate()
        _, err = child.communicate()
    assert child.returncode == 143
    steps = saved_steps(database, kind)
    command = shlex.join([*PYTHON, "collatz.py", "9000000"])
    assert last_line(err) == f"collatz: saved step {steps}; `{command}` goes on from there"


def test_program_killed_after_any_step_misses_nothing(kind: Kind) -> None:
    assert {resumed(kind, step.state, step.output) for step in steps_of(kind)} == {records(GOAL)}


def test_state_saved_without_output_loses_lines(kind: Kind) -> None:
    outputs = [resumed(kind, step.state, step.output_before) for step in steps_of(kind)]
    wrong = sum(len(output) < len(records(GOAL)) for output in outputs)
    assert tells(f"{wrong} of {STEPS} kills lost lines")


def test_output_saved_without_state_doubles_lines(kind: Kind) -> None:
    outputs = [resumed(kind, step.state_before, step.output) for step in steps_of(kind)]
    wrong = sum(len(output) > len(records(GOAL)) for output in outputs)
    assert tells(f"{wrong} of {STEPS} kills doubled lines")


def test_saving_on_modulo_skips_checkpoints(kind: Kind) -> None:
    lengths = [len(step.output) for step in steps_of(kind)]
    met = sum(length % MARK == 0 for length in set(lengths))
    assert tells(f"{met} of {lengths[-1] // MARK} marks were met")


def test_first_figure_of_the_readme_is_that_of_its_table() -> None:
    table = README.partition("\n## What was tried to lose a digit\n")[2]
    assert tells("9 of 10 damaged")
    assert "control: 9 of 10 damaged" in table


def test_every_file_of_the_reading_order_exists() -> None:
    files = re.findall(r"\]\((pi_tui/[^)]+)\)", SECTION)
    assert len(files) == 5
    assert all((Path(__file__).parents[2] / file).is_file() for file in files)


def test_readme_program_is_short() -> None:
    assert len([line for line in PROGRAM.splitlines() if line.strip()]) <= 45
