"""A generator as a machine: its steps, its parameters and its state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pi_tui.machine import BadState, Refused, State, Task
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.recipes.program import resumable
from pi_tui.testing import prove
from tests.recipes.generators import KIND, resumed, whole
from tests.test_imports import loaded_after

numpy = pytest.importorskip("numpy")


def primes(goal: int, found: list[int] = [], number: int = 2) -> Iterator[Any]:  # noqa: B006
    while number < goal:
        new = ""
        if all(number % prime for prime in found):
            found.append(number)
            new = f"{number} "
        number += 1
        yield {"found": found, "number": number}, new


def test_default_argument_that_is_a_list_is_not_shared_by_runs() -> None:
    kind = GeneratorKind(primes, "primes", 1)
    assert [whole(kind, goal) for goal in (8, 8, 12)] == [b"2 3 5 7 ", b"2 3 5 7 ", b"2 3 5 7 11 "]


def test_every_yield_is_a_step_and_appends_its_output() -> None:
    machine = KIND.new(KIND.task(3))
    machine.step()
    assert (machine.steps, machine.output, machine.done) == (1, b"1\n", False)
    assert machine.finalize() == b"1\n5\n14\n"
    assert machine.steps == 4  # the return is a step too


def test_machine_restored_after_each_step_makes_the_same_output() -> None:
    machine = KIND.new(KIND.task(6))
    while not machine.done:
        machine.step()
        machine = resumed(KIND, machine, 6)
    assert machine.output == whole(KIND, 6)
    assert resumed(KIND, machine, 6).done


def test_parameters_reach_the_function_and_the_task() -> None:
    assert whole(KIND, 2, factor=10) == b"10\n50\n"
    assert KIND.task(5).parameters == {"factor": 1}


def test_yielded_share_is_the_work_done_and_never_falls() -> None:
    def there_and_back(goal: int, i: int = 0) -> Iterator[Any]:
        for share in (0.5, 0.2, 10**400):
            i += 1
            yield {"i": i}, None, share

    machine = GeneratorKind(there_and_back, "back", 1).new(Task(1))
    done = []
    for _ in range(3):
        machine.step()
        done.append(machine.work())
    assert done == [(0.5, 1), (0.5, 1), (1, 1)]


def test_generator_may_yield_its_state_without_output() -> None:
    def silent(goal: int, i: int = 0) -> Iterator[Any]:
        while i < goal:
            i += 1
            yield {"i": i}

    kind = GeneratorKind(silent, "silent", 1)
    machine = kind.new(kind.task(3))
    assert (machine.finalize(), machine.work().done) == (b"", 1.0)


def test_from_state_refuses_a_state_whose_names_are_not_those_of_the_arguments() -> None:
    text = b'{"!steps":1,"!share":0,"!done":false,"number":1}'
    with pytest.raises(Refused, match="holds number, and squares takes number, total"):
        KIND.from_state(KIND.task(5), State.of(text), b"")


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"!steps":"1","!share":0,"!done":false,"number":1,"total":1}',
        b'{"!steps":1,"!share":"x","!done":false,"number":1,"total":1}',
    ],
)
def test_state_with_missing_or_invalid_fields_raises_bad_state(text: bytes) -> None:
    with pytest.raises(BadState):
        KIND.from_state(KIND.task(5), State.of(text), b"")


def test_generator_that_changes_an_array_in_place_resumes_with_the_array_it_yielded() -> None:
    def heat(goal: int, grid: Any = None, i: int = 0) -> Iterator[Any]:
        grid = numpy.arange(1000.0) if grid is None else grid
        while i < goal:
            i += 1
            grid[1:-1] = (grid[:-2] + grid[2:]) / 2 + i
            yield {"grid": grid, "i": i}, f"{grid.sum():.6f}\n"

    kind = GeneratorKind(heat, "heat", 1)
    machine = kind.new(kind.task(8))
    while not machine.done:
        machine.step()
        machine = resumed(kind, machine, 8)
    assert machine.output == whole(kind, 8)


def test_prove_accepts_a_generator_resumed_after_every_step() -> None:
    prove(KIND, KIND.task(40, factor=3))


def test_prove_accepts_a_generator_with_an_array_and_a_list() -> None:
    def walk(goal: int, grid: Any = None, seen: Any = (), i: int = 0) -> Iterator[Any]:
        grid, seen = numpy.zeros(50) if grid is None else grid, list(seen)
        while i < goal:
            i += 1
            grid[i % 50] += i
            seen.append({"at": i, "raw": bytes([i])})
            yield {"grid": grid, "seen": seen, "i": i}, f"{grid.sum()}\n"

    kind = GeneratorKind(walk, "walk", 1)
    prove(kind, kind.task(30))


def test_prove_rejects_a_generator_with_an_incomplete_state() -> None:
    def forgets(goal: int, i: int = 0) -> Iterator[Any]:
        total = 0
        while i < goal:
            i += 1
            total += i
            yield {"i": i}, f"{total}\n"

    kind = GeneratorKind(forgets, "forgets", 1)
    with pytest.raises(AssertionError, match="makes output"):
        prove(kind, kind.task(5))


def test_generator_imports_no_numpy_textual_gmpy2_or_rich(tmp_path: Path) -> None:
    code = (
        "from pi_tui import resumable, Items\n"
        "@resumable\n"
        "def count(goal, at=0):\n"
        "    while at < goal:\n"
        "        at += 1\n"
        "        yield {'at': at}, f'{at} '\n"
        f"assert count.run(3, db={str(tmp_path / 'db')!r}) == b'1 2 3 '"
    )
    assert not loaded_after(code) & {"numpy", "textual", "gmpy2", "rich"}


def test_run_resumed_with_another_closure_value_has_a_note_on_changed_code() -> None:
    def made(number: int) -> GeneratorKind:
        def add(goal: int, at: int = 0) -> Iterator[Any]:
            while at < goal:
                at += 1
                yield {"at": at}, f"{at + number}\n"

        return GeneratorKind(add, "add", 1)

    kind = made(1)
    state = kind.new(kind.task(3)).to_state()
    assert made(1).from_state(kind.task(3), state, b"").notes == ()
    (note,) = made(2).from_state(kind.task(3), state, b"").notes
    assert "is not the code that began this run" in note


def test_function_that_refers_to_itself_or_to_another_function_runs(database: Path) -> None:
    @resumable
    def other(goal: int, at: int = 0) -> Iterator[Any]:
        yield {"at": at}

    @resumable
    def walk(goal: int, at: int = 0) -> Iterator[Any]:
        assert (walk.name, other.name) == ("walk", "other")
        yield {"at": 1}, "a", 1

    assert walk.run(1, db=database) == b"a"
