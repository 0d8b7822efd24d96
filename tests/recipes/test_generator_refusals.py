"""Functions and yields that cannot make a machine are refused, and what is wrong is named."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from pi_tui.errors import BrokenRule, MachineError
from pi_tui.machine import Task
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.recipes.program import resumable
from tests.recipes.generators import resumed


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
def test_yield_of_a_wrong_form_is_refused_at_the_first_step_and_its_fault_named(
    yielded: object, said: str
) -> None:
    def wrong(goal: int, number: int = 0, total: int = 0) -> Iterator[Any]:
        yield yielded

    machine = GeneratorKind(wrong, "wrong", 1).new(Task(1))
    with pytest.raises(TypeError, match=said):
        machine.step()
    assert machine.steps == 0


class Several:
    """A value like an array of several numbers: it has the method, and raises in it."""

    def __float__(self) -> float:
        raise TypeError("only an array of one number can be converted")


@pytest.mark.parametrize(
    "share", [-0.1, -(10**400), float("nan"), "half", Several(), Decimal("sNaN")]
)
def test_yielded_share_that_is_negative_or_no_number_is_refused(share: object) -> None:
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


def test_function_without_yield_is_refused_and_named() -> None:
    kind = GeneratorKind(lambda goal, at=0: goal + at, "noyield", 1)
    with pytest.raises(MachineError, match="noyield has no yield"):
        kind.new(kind.task(3))


def test_async_function_is_refused_with_async_as_the_reason() -> None:
    async def generator(goal: int, at: int = 0) -> AsyncIterator[Any]:
        yield {"at": 1}

    async def coroutine(goal: int, at: int = 0) -> None:
        pass

    functions: list[Any] = [generator, coroutine]
    for function in functions:
        with pytest.raises(TypeError, match=f"{function.__name__} is async; a resumable function"):
            resumable(function)


def test_function_whose_signature_cannot_be_resumed_is_refused_on_creation() -> None:
    def no_start(goal: int, number: int) -> Iterator[Any]:
        yield {"number": number}

    def stars(goal: int, *numbers: int) -> Iterator[Any]:
        yield {}

    def nothing() -> Iterator[Any]:
        yield {}

    def slash(goal: int, number: int = 0, /) -> Iterator[Any]:
        yield {"number": number}

    refused = ((no_start, "first value"), (stars, "no names"), (nothing, "the goal"))
    for function, said in (*refused, (slash, "arguments before a / have no names")):
        with pytest.raises(TypeError, match=said):
            GeneratorKind(function, "wrong", 1)


def test_second_yield_of_a_generator_without_state_is_refused_as_it_cannot_be_resumed() -> None:
    def numbers(goal: int) -> Iterator[Any]:
        for number in range(goal):
            yield {}, f"{number} "

    kind = GeneratorKind(numbers, "numbers", 1)
    machine = kind.new(kind.task(4))
    machine.step()
    for one in (resumed(kind, machine, 4), machine):
        with pytest.raises(BrokenRule, match="numbers has no state, so a resumed run would begin"):
            one.step()
        assert (one.steps, one.output) == (1, b"0 ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("walk", r"takes a generator function, not 'walk'; .* as @resumable\(name="),
        (partial(iter), r"a partial has no name; give one, as in resumable\(name="),
    ],
)
def test_resumable_refuses_a_text_or_nameless_function_and_tells_how_to_give_a_name(
    given: Any, said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        resumable(given)


@pytest.mark.parametrize(
    ("given", "said"), [({"size": 1}, "no parameter size"), ({}, "needs the parameter seed")]
)
def test_unknown_or_missing_parameter_is_refused_and_named(
    given: dict[str, Any], said: str
) -> None:
    def seeded(goal: int, *, seed: int) -> Iterator[Any]:
        yield {}

    with pytest.raises(TypeError, match=said):
        GeneratorKind(seeded, "seeded", 1).task(1, **given)


def test_first_value_that_cannot_be_copied_is_refused_and_named() -> None:
    lock = threading.Lock()

    def locked(goal: int, at: int = 0, lock: threading.Lock = lock) -> Iterator[Any]:
        yield {"at": 1, "lock": lock}

    kind = GeneratorKind(locked, "locked", 1)
    with pytest.raises(BrokenRule, match="locked: a first value cannot be copied: cannot pickle"):
        kind.new(kind.task(3))


def test_function_that_raises_stop_iteration_at_its_call_is_refused_and_named() -> None:
    def empty(goal: int, at: int = 0) -> Iterator[Any]:
        next(iter([]))
        return iter(())

    kind = GeneratorKind(empty, "empty", 1)
    with pytest.raises(BrokenRule, match="empty raised StopIteration before its first yield"):
        kind.new(kind.task(3))
