"""A generator for tests, and the machines that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pi_tui.recipes.generator import GeneratorKind, GeneratorMachine


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
