"""A generator that raises keeps the last whole step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pi_tui.machine import State
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.recipes.values import COPIED, values_of
from tests.recipes.generators import resumed

numpy = pytest.importorskip("numpy")


def test_generator_that_raises_keeps_the_last_whole_step_if_its_values_are_immutable() -> None:
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
def test_generator_that_raises_keeps_a_small_list_and_array_as_of_the_last_whole_step(
    changes: bool,
) -> None:
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


def test_generator_that_raises_while_changing_a_long_list_goes_back_to_the_last_save() -> None:
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


def seen_after_a_refused_third_step(breaks: Callable[..., Iterator[Any]], match: str) -> object:
    """Make two steps and a third that is refused; return `seen` of the state after that."""
    kind = GeneratorKind(breaks, "breaks", 1)
    machine = kind.new(kind.task(3))
    machine.step()
    machine.step()
    with pytest.raises(TypeError, match=match):
        machine.step()
    assert (machine.steps, machine.output) == (2, b"1 2 ")
    return values_of(machine.to_state())["seen"]


def test_generator_that_changes_a_list_and_yields_a_wrong_type_keeps_the_previous_step() -> None:
    def breaks(goal: int, seen: list[int] = [], odd: object = None) -> Iterator[Any]:  # noqa: B006
        seen = list(seen)
        while True:
            seen.append(len(seen))
            yield {"seen": seen, "odd": {1} if len(seen) == goal else None}, f"{len(seen)} "

    assert seen_after_a_refused_third_step(breaks, "odd is of type set") == [0, 1]


def test_generator_that_adds_a_key_that_is_no_text_keeps_the_previous_step() -> None:
    def breaks(goal: int, seen: dict[Any, int] = {}, i: int = 0) -> Iterator[Any]:  # noqa: B006
        while True:
            i += 1
            seen[i if i == goal else str(i)] = i
            yield {"seen": seen, "i": i}, f"{i} "

    assert seen_after_a_refused_third_step(
        breaks, "seen has the key 3; keys of a state are texts"
    ) == {"1": 1, "2": 2}


def test_generator_that_changes_the_dict_it_yielded_and_raises_keeps_the_last_yield() -> None:
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
