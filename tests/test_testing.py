"""`prove` finds incomplete states, and accepts our machines."""

from __future__ import annotations

import random
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from pi_tui.examples.lucas_lehmer import Mersenne
from pi_tui.machine import Kind, Limits, Machine, Poll, State, Task, unwatched
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.testing import prove
from tests.examples.helpers import readme_program
from tests.tiny import StubbornWalks, Walk, Walks


@pytest.mark.parametrize("series", ["arctan", "gosper", "rabinowitz-wagon"])
@pytest.mark.parametrize(
    ("digits", "k", "threads"), [(1, 1, 1), (60, 1, 1), (500, 9, 2), (3_000, 100, 1)]
)
def test_prove_accepts_the_spigot(series: str, digits: int, k: int, threads: int) -> None:
    kind = SpigotKind(threads)
    prove(kind, kind.task(digits, k, series))


def test_prove_accepts_the_spigot_while_it_makes_blocks_and_in_iterations_after_that() -> None:
    kind = SpigotKind()
    prove(kind, kind.task(100_000), steps=12)


@pytest.mark.parametrize("p", [3, 521, 9_689])
def test_prove_accepts_lucas_lehmer(p: int) -> None:
    kind = Mersenne()
    prove(kind, kind.task(p))


@pytest.mark.parametrize("kind", [Walks(), StubbornWalks()])
@pytest.mark.parametrize("goal", [1, 2, 27])
def test_prove_accepts_the_tiny_machines_of_the_tests(kind: Walks, goal: int) -> None:
    prove(kind, kind.task(goal))


def test_prove_accepts_the_machine_of_the_readme_of_the_library(tmp_path: Path) -> None:
    prove(readme_program(tmp_path), Task(20_000))


class Dice(Machine):
    """A machine that throws dice and outputs every third throw."""

    def __init__(self, task: Task, forgets: str = "") -> None:
        self.goal, self.forgets = task.goal, forgets
        self.random, self.since, self.output = random.Random(7), 0, b""

    @property
    def done(self) -> bool:
        return self.steps >= self.goal

    def step(self, poll: Poll = unwatched) -> None:
        if self.forgets == "to wait for the end of a step":
            self.steps += 1
        poll(0, 2)
        poll(1, 2)
        thrown = self.random.randrange(6)
        if self.forgets != "to wait for the end of a step":
            self.steps += 1
        if self.forgets == "what it found" and self.steps == 4:
            self.output = b""
        if self.forgets == "to count" and self.steps == 4:
            self.steps = 3
        self.since += 1
        if self.since == 3:
            self.since, self.output = 0, self.output + b"%d" % thrown

    def to_state(self) -> State:
        dice = "" if self.forgets == "the dice" else repr(self.random.getstate()[1])
        since = 0 if self.forgets == "the count" else self.since
        return State.of(f"{self.steps}|{since}|{dice}".encode())


class Throws(Kind):
    name = "dice"

    def __init__(self, forgets: str = "") -> None:
        self.forgets = forgets

    def new(self, task: Task) -> Dice:
        return Dice(task, self.forgets)

    def from_state(self, task: Task, state: State, output: bytes) -> Dice:
        steps, since, dice = state.data.decode().split("|")
        machine = Dice(task, self.forgets)
        machine.steps, machine.since, machine.output = int(steps), int(since), output
        if dice:
            numbers: Any = tuple(map(int, dice.strip("()").split(", ")))
            machine.random.setstate((3, numbers, None))
        return machine

    def length(self, task: Task) -> int | None:
        return 9 if self.forgets == "how long it is" else None

    def limits(self, task: Task) -> Limits:
        return Limits(state=100 if self.forgets == "how large it is" else 10**5)


def test_prove_accepts_a_machine_with_a_complete_state() -> None:
    prove(Throws(), Task(30))


@pytest.mark.parametrize(
    ("forgets", "told"),
    [
        (
            "the dice",
            "after step 1: the machine resumed from its state makes output b'1' where the original "
            "has b'3' at step 3",
        ),
        (
            "the count",
            "after step 1: the machine resumed from its state makes output b'' where the original "
            "has b'3' at step 3",
        ),
        (
            "to wait for the end of a step",
            "in the middle of step 1: the machine counts 1 steps where the original counts 0 "
            "as it was before the step",
        ),
        ("what it found", "step 4 changed output that was there before it"),
        ("to count", "step 4 did not count: steps is 3"),
        ("how long it is", "length() promises 9 bytes of output; the machine ended with 10"),
        ("how large it is", "after step 0: state is 7,361, limits() allow 100"),
    ],
)
def test_prove_rejects_an_incomplete_state_and_broken_rules(forgets: str, told: str) -> None:
    with pytest.raises(AssertionError) as found:
        prove(Throws(forgets), Task(30))
    assert str(found.value) == told


@pytest.mark.parametrize("forgets", ["", "the dice", "what it found"])
def test_prove_closes_every_machine_that_it_makes(forgets: str) -> None:
    open_now: list[Machine] = []

    class Closing(Throws):
        def new(self, task: Task) -> Dice:
            return self.opened(super().new(task))

        def from_state(self, task: Task, state: State, output: bytes) -> Dice:
            return self.opened(super().from_state(task, state, output))

        def opened(self, machine: Dice) -> Dice:
            open_now.append(machine)
            machine.close = lambda: open_now.remove(machine)  # type: ignore[method-assign]
            return machine

    with pytest.raises(AssertionError) if forgets else nullcontext():
        prove(Closing(forgets), Task(30))
    assert open_now == []


def test_prove_tells_from_state_the_version_of_the_kind() -> None:
    told = set[int | None]()

    class Second(Walks):
        version = 2

        def from_state(self, task: Task, state: State, output: bytes) -> Walk:
            told.add(state.version)
            return super().from_state(task, state, output)

    prove(Second(), Walks().task(5))
    assert told == {2}
