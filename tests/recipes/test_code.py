"""Functions that changed: other data makes another run, other code is reported to the user."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial, wraps
from operator import add
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from pi_tui import Items
from pi_tui.recipes.code import digest_of_code
from pi_tui.recipes.generator import GeneratorKind

BATCH = """
from pi_tui import Items

def plus(number):
    # The sum.
    return number + 1

Items(plus, range(3), threads=True).main()
"""
LOOP = """
from pi_tui import resumable

@resumable
def count(goal, number=0):
    while number < goal:
        number += 1
        # The sum.
        yield {"number": number}, f"{number + 1}\\n"

count.main()
"""


def run(tmp_path: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, "program.py", *words]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)


@pytest.mark.parametrize(("program", "goal"), [(BATCH, ()), (LOOP, ("3",))])
def test_complete_run_with_changed_code_is_computed_again_only_with_option_fresh(
    program: str, goal: tuple[str, ...], tmp_path: Path
) -> None:
    assert run(tmp_path, program, *goal).stderr == ""
    changed = program.replace("number + 1", "number + 5")
    again = run(tmp_path, changed, *goal)
    assert re.fullmatch(
        r"\w+: complete since [\d: -]+, so nothing was computed\n",
        again.stderr,
    )
    begun_again = run(tmp_path, changed, *goal, "--fresh")
    assert begun_again.stderr == ""
    assert begun_again.stdout != again.stdout


def first(number: int) -> int:
    # One more.
    return number + 1


def first_again(number: int) -> int:
    return number + 1  # the same, but for its name, comments and layout


def loop(goal: int, number: int = 0) -> Iterator[Any]:
    while number < goal:
        number += 1
        yield {"number": number}, f"{number}\n"


def other_loop(goal: int, number: int = 0) -> Iterator[Any]:
    while number < goal:
        number += 1
        yield {"number": number}, f"{2 * number}\n"


def batch(function: Callable[[int], object]) -> Items:
    return Items(function, [1, 2, 3], threads=True, name="f")


@pytest.mark.parametrize(
    ("kind", "same", "other"),
    [
        (batch(first), batch(first), batch(str)),
        (batch(first), batch(str), batch(first_again)),  # the code of str is unknown
        (*(GeneratorKind(f, "f", 1) for f in (loop, loop, other_loop)),),
    ],
)
def test_resumed_run_whose_code_has_changed_has_a_note_on_that_if_the_new_code_is_known(
    kind: Any, same: Any, other: Any
) -> None:
    task = kind.task() if isinstance(kind, Items) else kind.task(3)
    machine = kind.new(task)
    assert machine.notes == ()
    state = machine.to_state()
    assert same.from_state(task, state, b"").notes == ()
    known = digest_of_code(getattr(other, "function", None)) != ""
    said = other.from_state(task, state, b"").notes
    assert [("the code of f is not the code that began" in note) for note in said] == [True] * known


def test_digest_of_code_ignores_comments_layout_and_wrappers() -> None:
    name = digest_of_code(first_again)
    source = "def first_again(number: int) -> int:\n    return number + 1"
    assert name == hashlib.sha256(source.encode()).hexdigest()[:16] != digest_of_code(first)
    assert digest_of_code(partial(first)) == digest_of_code(traced(first)) == digest_of_code(first)
    assert digest_of_code(len) == digest_of_code(partial(len)) == ""
    assert digest_of_code(Adder(1)) == digest_of_code(Adder(2).__call__) != ""


def traced(function: Callable[[int], int]) -> Callable[[int], int]:
    @wraps(function)
    def call(number: int) -> int:
        return function(number)

    return call


class Adder:
    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"Adder({self.number})"

    def __call__(self, other: int) -> int:
        return self.number + other

    def plus(self, other: int) -> int:
        return self.number + other


@pytest.mark.parametrize(
    "make",
    [
        lambda n: partial(add, n),
        lambda n: partial(partial(add), n),
        Adder,
        lambda n: Adder(n).plus,
        lambda n: partial(Adder(n)),
        lambda n: lambda other: n + other,
        lambda n: lambda other, number=n: number + other,
        lambda n: cache(lambda other: n + other),
        lambda n: cache(Adder(n)),
        lambda n: traced(Adder(n).plus),
        lambda n: traced(traced(lambda other: n + other)),
    ],
)
def test_function_with_other_default_closure_or_bound_values_makes_another_run(
    make: Callable[[int], Callable[[Any], Any]], tmp_path: Path
) -> None:
    database = tmp_path / "one.db"
    for number in (1, 5, 1):
        batch = Items(make(number), [1, 2], threads=True, name="one")
        assert batch.run(database) == b"%d\n%d\n" % (number + 1, number + 2)


def test_lock_bound_by_partial_does_not_change_the_identity_of_the_task() -> None:
    tasks = [Items(partial(add, Lock()), [1], threads=True, name="f").task() for _ in range(2)]
    assert tasks[0] == tasks[1]


def test_value_in_a_closure_is_not_saved_in_clear_nor_at_its_full_length() -> None:
    password, table = "s3cr3t", "t" * 100_000

    def fetch(goal: int, at: int = 0) -> Iterator[Any]:
        yield {"at": len(password + table)}

    kind = GeneratorKind(fetch, "fetch", 1)
    saved = kind.new(kind.task(3)).to_state().data
    assert b"s3cr3t" not in saved
    assert len(saved) < 1_000
