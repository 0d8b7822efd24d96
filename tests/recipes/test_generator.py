"""A generator as a machine: its steps, its state, and errors about an unsuitable generator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from pi_tui.errors import BrokenRule, MachineError
from pi_tui.machine import BadState, Refused, State, Task
from pi_tui.recipes.generator import GeneratorKind, GeneratorMachine
from pi_tui.recipes.program import resumable
from pi_tui.recipes.values import COPIED, values_of
from pi_tui.testing import prove
from tests.test_imports import loaded_after

numpy = pytest.importorskip("numpy")


def squares(goal: int, number: int = 0, total: int = 0, *, factor: int = 1) -> Iterator[Any]:
    while number < goal:
        number += 1
        total += factor * number * number
        yield {"number": number, "total": total}, f"{total}\n", number / goal


KIND = GeneratorKind(squares, "squares", 1)


def whole(kind: GeneratorKind, goal: int, **parameters: Any) -> bytes:
    return kind.new(kind.task(goal, **parameters)).finalize()


def resumed(kind: GeneratorKind, machine: GeneratorMachine, goal: int) -> GeneratorMachine:
    return kind.from_state(kind.task(goal), machine.to_state(), bytes(machine.output))


def primes(goal: int, found: list[int] = [], number: int = 2) -> Iterator[Any]:  # noqa: B006
    while number < goal:
        new = ""
        if all(number % prime for prime in found):
            found.append(number)
            new = f"{number} "
        number += 1
        yield {"found": found, "number": number}, new


def test_first_value_that_is_a_list_is_not_shared_by_runs() -> None:
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


def test_share_is_the_work_done_and_never_falls() -> None:
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


def test_state_alone_may_be_yielded() -> None:
    def silent(goal: int, i: int = 0) -> Iterator[Any]:
        while i < goal:
            i += 1
            yield {"i": i}

    kind = GeneratorKind(silent, "silent", 1)
    machine = kind.new(kind.task(3))
    assert (machine.finalize(), machine.work().done) == (b"", 1.0)


@pytest.mark.parametrize(
    ("yielded", "said"),
    [
        ({"number": 1}, "does not yield its argument 'total'"),
        ({"number": 1, "total": 1, "sum": 2}, "yields the state 'sum', which is no argument"),
        ({"number": {1}, "total": 1}, "number is of type set"),
        (5, "must yield a dict"),
        (({"number": 1, "total": 1}, 7), "text or bytes as what is new, not 7"),
        (
            ({"number": 1, "total": 1}, "a\udcff"),
            "text that UTF-8 can hold, or bytes, as",
        ),
        (({"number": 1, "total": 1}, "", 0, 0), "must yield a dict"),
        ((), "must yield a dict"),
    ],
    ids=[
        "missing",
        "unknown",
        "a set",
        "no dict",
        "new is no text",
        "no UTF-8",
        "too many",
        "nothing",
    ],
)
def test_wrong_yield_is_reported_by_name_at_the_first_step(yielded: object, said: str) -> None:
    def wrong(goal: int, number: int = 0, total: int = 0) -> Iterator[Any]:
        yield yielded

    machine = GeneratorKind(wrong, "wrong", 1).new(Task(1))
    with pytest.raises(TypeError, match=said):
        machine.step()
    assert machine.steps == 0


@pytest.mark.parametrize("share", [-0.1, -(10**400), float("nan"), "half"])
def test_share_that_is_none_is_refused_by_name(share: object) -> None:
    def wrong(goal: int, at: int = 0) -> Iterator[Any]:
        yield {"at": 1}, "", share

    kind = GeneratorKind(wrong, "wrong", 1)
    with pytest.raises(MachineError, match="wrong must yield a share from 0 to 1, not "):
        kind.new(kind.task(3)).step()


@pytest.mark.parametrize("taken", ["db", "goal", "screen", "fresh", "help"])
def test_parameter_named_as_an_option_of_every_program_is_refused(taken: str) -> None:
    names: dict[str, Any] = {}
    exec(f"def walk(n, at=0, *, {taken}=1):\n    yield {{'at': 1}}", names)
    with pytest.raises(TypeError, match=f"walk: {taken} is an option of every program"):
        resumable(names["walk"])


def test_function_without_yield_is_refused_by_name() -> None:
    kind = GeneratorKind(lambda goal, at=0: goal + at, "noyield", 1)
    with pytest.raises(MachineError, match="noyield has no yield"):
        kind.new(kind.task(3))


def test_async_function_is_refused_in_words_that_are_true() -> None:
    async def generator(goal: int, at: int = 0) -> AsyncIterator[Any]:
        yield {"at": 1}

    async def coroutine(goal: int, at: int = 0) -> None:
        pass

    functions: list[Any] = [generator, coroutine]
    for function in functions:
        with pytest.raises(TypeError, match=f"{function.__name__} is async; a resumable function"):
            resumable(function)


def test_signature_that_cannot_be_resumed_is_refused_on_creation() -> None:
    def no_start(goal: int, number: int) -> Iterator[Any]:
        yield {"number": number}

    def stars(goal: int, *numbers: int) -> Iterator[Any]:
        yield {}

    def nothing() -> Iterator[Any]:
        yield {}

    for function, said in ((no_start, "first value"), (stars, "no names"), (nothing, "the goal")):
        with pytest.raises(TypeError, match=said):
            GeneratorKind(function, "wrong", 1)


@pytest.mark.parametrize(
    ("given", "said"), [({"size": 1}, "no parameter size"), ({}, "needs the parameter seed")]
)
def test_unknown_or_missing_parameter_is_named(given: dict[str, Any], said: str) -> None:
    def seeded(goal: int, *, seed: int) -> Iterator[Any]:
        yield {}

    with pytest.raises(TypeError, match=said):
        GeneratorKind(seeded, "seeded", 1).task(1, **given)


def test_exception_keeps_the_last_whole_step_if_values_are_immutable() -> None:
    def breaks(goal: int, i: int = 0) -> Iterator[Any]:
        while True:
            i += 1
            if i == goal:
                raise ValueError("no more")
            yield {"i": i}, f"{i} "

    kind = GeneratorKind(breaks, "breaks", 1)
    machine = kind.new(kind.task(4))
    for _ in range(3):
        machine.step()
    with pytest.raises(ValueError, match="no more"):
        machine.step()
    again = resumed(kind, machine, 4)
    assert (again.steps, again.output) == (3, b"1 2 3 ")


@pytest.mark.parametrize("changes", [True, False], ids=["changed", "unchanged"])
def test_exception_keeps_the_last_whole_step_of_a_small_list_and_array(changes: bool) -> None:
    def breaks(goal: int, seen: Any = ([], {}), found: Any = None, i: int = 0) -> Iterator[Any]:
        found = numpy.zeros(3, "i8") if found is None else found
        while True:
            i += 1
            if changes or i < goal:
                seen[0].append(i)
                seen[1][str(i)] = i
                found[i % 3] += i
            if i == goal:
                raise ValueError("half done")
            yield {"seen": seen, "found": found, "i": i}, f"{i} "

    kind = GeneratorKind(breaks, "breaks", 1)
    machine = kind.new(kind.task(4))
    for _ in range(3):
        machine.step()
    with pytest.raises(ValueError, match="half done"):
        machine.step()
    assert (machine.steps, machine.output) == (3, b"1 2 3 ")
    values = values_of(machine.to_state())
    assert values["seen"] == ([1, 2, 3], {"1": 1, "2": 2, "3": 3})
    assert values["found"].tolist() == [3, 1, 2]


def test_exception_while_changing_a_long_list_returns_to_the_last_saved_state() -> None:
    def breaks(goal: int, seen: list[int] = [], i: int = 0) -> Iterator[Any]:  # noqa: B006
        seen = [*seen, *range(COPIED)]
        while True:
            i += 1
            seen.append(i)
            if i == goal:
                raise ValueError("half done")
            yield {"seen": seen, "i": i}, f"{i} "

    kind = GeneratorKind(breaks, "breaks", 1)
    machine = kind.new(kind.task(4))
    machine.step()
    saved, output = machine.to_state(), bytes(machine.output)
    saved = State({name: type(p)(p.read()) for name, p in saved.pieces.items()})
    machine.step()
    machine.step()
    with pytest.raises(ValueError, match="half done"):
        machine.step()
    assert (machine.steps, machine.output) == (1, b"1 ")
    with pytest.raises(TypeError, match="while it changed"):
        machine.to_state()
    again = kind.from_state(kind.task(4), saved, output)
    again.step()
    assert again.output == b"1 2 "


def test_wrong_yield_after_a_list_was_changed_keeps_the_last_whole_step() -> None:
    def breaks(goal: int, seen: list[int] = [], odd: object = None) -> Iterator[Any]:  # noqa: B006
        seen = list(seen)
        while True:
            seen.append(len(seen))
            yield {"seen": seen, "odd": {1} if len(seen) == goal else None}, f"{len(seen)} "

    kind = GeneratorKind(breaks, "breaks", 1)
    machine = kind.new(kind.task(3))
    machine.step()
    machine.step()
    with pytest.raises(TypeError, match="odd is of type set"):
        machine.step()
    assert (machine.steps, machine.output) == (2, b"1 2 ")
    assert values_of(machine.to_state())["seen"] == [0, 1]


def test_state_with_other_names_than_the_arguments_is_refused_and_kept() -> None:
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
def test_state_of_another_function_is_a_bad_state(text: bytes) -> None:
    with pytest.raises(BadState):
        KIND.from_state(KIND.task(5), State.of(text), b"")


def test_arrays_changed_in_place_are_resumed_as_yielded() -> None:
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


def test_prove_accepts_a_generator_after_every_step() -> None:
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


def test_generator_imports_no_numpy(tmp_path: Path) -> None:
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


def test_same_dict_yielded_repeatedly_keeps_the_state_of_the_last_yield() -> None:
    def breaks(goal: int, i: int = 0) -> Iterator[Any]:
        state = {"i": i}
        while True:
            state["i"] += 1
            if state["i"] == goal:
                raise ValueError("no more")
            yield state, f"{state['i']} "

    kind = GeneratorKind(breaks, "breaks", 1)
    machine = kind.new(kind.task(3))
    machine.step()
    machine.step()
    with pytest.raises(ValueError, match="no more"):
        machine.step()
    again = kind.from_state(kind.task(9), machine.to_state(), bytes(machine.output))
    again.step()
    assert again.output == b"1 2 3 "


def test_function_that_raises_stop_iteration_at_its_call_is_named() -> None:
    def empty(goal: int, at: int = 0) -> Iterator[Any]:
        next(iter([]))
        return iter(())

    kind = GeneratorKind(empty, "empty", 1)
    with pytest.raises(BrokenRule, match="empty raised StopIteration before its first yield"):
        kind.new(kind.task(3))


def test_run_of_a_function_that_carries_other_data_says_so() -> None:
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


def test_function_that_refers_to_itself_or_to_another_one_runs(database: Path) -> None:
    @resumable
    def other(goal: int, at: int = 0) -> Iterator[Any]:
        yield {"at": at}

    @resumable
    def walk(goal: int, at: int = 0) -> Iterator[Any]:
        assert (walk.name, other.name) == ("walk", "other")
        yield {"at": 1}, "a", 1

    assert walk.run(1, db=database) == b"a"
