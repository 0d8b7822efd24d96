"""The programs of the READMEs, as they stand there: run, killed, resumed."""

from __future__ import annotations

import re
import shlex
from array import array
from pathlib import Path
from typing import NamedTuple

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from pi_tui.machine import Kind, State, Task
from pi_tui.recipes.generator import GeneratorKind
from tests.examples.helpers import (
    LIBRARY,
    PROGRAM,
    PYTHON,
    README,
    SECTION,
    ended,
    last_line,
    program_in,
    readme_program,
    running,
    saved_steps,
    section,
)
from tests.helpers import wait_until

GOAL, STEPS, MARK = 20_000, 20, 50
"""Goal and steps of the search behind the README's figures; the bytes of output after which its
simpler way `modulo` would save.
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the README's program into a folder of its own; return its path."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "collatz.py"
    path.write_text(PROGRAM, "utf-8")
    return path


@pytest.fixture
def kind(program: Path) -> Kind:
    """Return the kind that the README's program defines, without running the program."""
    return readme_program(program.parent)


class Step(NamedTuple):
    """State and output before a step, and after it."""

    state_before: State
    output_before: bytes
    state: State
    output: bytes


def steps_of(kind: Kind) -> list[Step]:
    """Run the README's program, a search for long Collatz sequences; return all its steps."""
    machine, steps = kind.new(Task(GOAL)), []
    while not machine.done:
        before = (machine.to_state(), bytes(machine.output))
        machine.step()
        steps.append(Step(*before, machine.to_state(), bytes(machine.output)))
    assert len(steps) == STEPS
    return steps


def resumed(kind: Kind, state: State, output: bytes) -> bytes:
    """Resume the README's program from a state; return its whole output."""
    return kind.from_state(Task(GOAL), state, output).finalize()


def records(below: int) -> bytes:
    """Compute the output of the README's program by another method, which remembers all lengths."""
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
    """Return True if the README's table of simpler ways to save has a row ending in `figure`."""
    return f"| {figure} |\n" in SECTION


def test_readme_machine_killed_and_resumed_has_the_right_output(program: Path, kind: Kind) -> None:
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


def test_readme_machine_terminated_prints_how_to_resume(program: Path, kind: Kind) -> None:
    database = program.parent / "collatz.sqlite3"
    with running("collatz.py", 9_000_000) as child:
        wait_until(database.exists)
        child.terminate()
        _, err = child.communicate()
    assert child.returncode == 143
    steps = saved_steps(database, kind)
    command = shlex.join([*PYTHON, "collatz.py", "9000000"])
    assert last_line(err) == f"collatz: saved step {steps}; `{command}` goes on from there"


def test_machine_of_readme_made_from_the_state_after_any_step_gives_the_whole_output(
    kind: Kind,
) -> None:
    assert {resumed(kind, step.state, step.output) for step in steps_of(kind)} == {records(GOAL)}


def test_readme_tells_how_many_kills_lose_lines_if_state_is_saved_before_output(kind: Kind) -> None:
    outputs = [resumed(kind, step.state, step.output_before) for step in steps_of(kind)]
    wrong = sum(len(output) < len(records(GOAL)) for output in outputs)
    assert tells(f"{wrong} of {STEPS} kills lost lines")


def test_readme_tells_how_many_kills_double_lines_if_output_is_saved_before_state(
    kind: Kind,
) -> None:
    outputs = [resumed(kind, step.state_before, step.output) for step in steps_of(kind)]
    wrong = sum(len(output) > len(records(GOAL)) for output in outputs)
    assert tells(f"{wrong} of {STEPS} kills doubled lines")


def test_readme_tells_how_many_marks_are_met_if_saved_at_exact_multiples_only(kind: Kind) -> None:
    lengths = [len(step.output) for step in steps_of(kind)]
    met = sum(length % MARK == 0 for length in set(lengths))
    assert tells(f"{met} of {lengths[-1] // MARK} marks were met")


def test_readmes_of_library_and_faults_say_that_9_of_10_runs_were_damaged() -> None:
    assert tells("9 of 10 damaged")
    table = (Path(__file__).parents[1] / "faults" / "README.md").read_text("utf-8")
    assert "control: 9 of 10 damaged" in table


@pytest.mark.parametrize(
    "name", ["README.md", "pi_tui/README.md", "pi_tui/pi/README.md", ".github/CONTRIBUTING.md"]
)
def test_every_relative_link_in_a_document_leads_to_a_file_or_folder(name: str) -> None:
    path = Path(__file__).parents[2] / name
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_readme_has_at_most_150_lines_and_its_generator_20_and_the_machine_45() -> None:
    generator = program_in(section(README, "Make your own computation resumable"))
    assert len([line for line in generator.splitlines() if line.strip()]) <= 20
    assert len([line for line in PROGRAM.splitlines() if line.strip()]) <= 45
    assert len(README.splitlines()) <= 150


def test_generator_of_the_readme_is_killed_and_ends_with_the_right_answer(program: Path) -> None:
    program.write_text(program_in(section(README, "Make your own computation resumable")), "utf-8")
    kind, goal = GeneratorKind(lambda goal: iter(()), "collatz", 1), 300_000
    database = program.parent / "collatz.sqlite3"
    with running("collatz.py", goal) as child:
        wait_until(lambda: saved_shares(database, kind))
        assert child.poll() is None
        child.kill()
        child.wait()
    done = ended("collatz.py", goal)
    assert (done.returncode, done.stdout.encode()) == (0, records(goal)), done.stderr


def saved_shares(database: Path, kind: Kind) -> int:
    """Return the number of saved checkpoints of the kind's runs, without reading their states."""
    try:
        with CheckpointStore.open(str(database), kind, write=False) as store:
            return sum(len(store.checkpoints(run)) for run in store.runs())
    except PiTuiError:
        return 0


def test_batch_of_the_readme_gives_a_line_for_each_input(program: Path) -> None:
    text = program_in(section(LIBRARY, "Many independent items")).replace("100_000", "500")
    program.write_text(text, "utf-8")
    done = ended("collatz.py")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 499
    assert lines[26] == "[27, 111]"
