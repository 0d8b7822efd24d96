"""Functions, inputs and numbers of workers: which a batch takes, and what tells inputs apart."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
import tracemalloc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest

from pi_tui.recipes.items import Items
from tests.recipes.batches import batch, machine_of, square


def test_other_inputs_are_another_task() -> None:
    tasks = {batch(square, inputs).task().parameters["inputs"] for inputs in ([1, 2], [1, 3])}
    assert len(tasks) == 2


def power(number: int, exponent: int = 2) -> int:
    return int(number**exponent)


def test_identity_of_a_batch_is_as_in_earlier_versions() -> None:
    inputs = [1, -2.5, "é\n", b"\0", None, (True, 3j), [{"a": [1]}, {2, 3}]]
    assert batch(power, inputs).task().parameters == {"inputs": "d6e1ed6bd2e19756"}
    assert batch(square, range(3)).task().parameters == {"inputs": "63d1fff9821ad80d"}


def test_identity_of_a_batch_is_computed_without_a_copy_of_all_inputs() -> None:
    kind = batch(len, [bytes([number]) * 200_000 for number in range(50)])
    tracemalloc.start()
    try:
        kind.task()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_batch_without_inputs_is_refused() -> None:
    with pytest.raises(ValueError, match="no inputs"):
        batch(square, [])


def test_items_constructor_refuses_a_function_that_other_processes_cannot_import() -> None:
    with pytest.raises(TypeError, match=r"<lambda>: other processes cannot .* threads=True"):
        Items(lambda x: x, [1])
    assert machine_of(Items(lambda x: x, [1], threads=True)).finalize() == b"1\n"


@pytest.mark.parametrize(
    ("workers", "count"), [(1, 1), (0, 8), (None, 8), (-1, 8), (-3, 6), (-99, 1)]
)
def test_workers_of_0_or_none_are_all_cores_and_negative_ones_count_back_as_in_joblib(
    workers: int | None, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert Items(square, [1], workers=workers).workers == count


@pytest.mark.parametrize("workers", [1.5, "two", True])
def test_items_constructor_refuses_a_number_of_workers_that_is_not_whole(workers: object) -> None:
    with pytest.raises(TypeError, match="square: workers is a whole number"):
        Items(square, [1], workers=workers)  # type: ignore[arg-type]


@pytest.mark.parametrize("inputs", [{1, 2}, frozenset("ab")])
def test_unordered_inputs_are_refused(inputs: Any) -> None:
    with pytest.raises(TypeError, match=r"square: a set has another order .* give sorted"):
        batch(square, inputs)


@pytest.mark.parametrize(
    "make", [lambda: (n for n in "ab"), lambda: memoryview(b"ab"), threading.Lock]
)
def test_input_that_cannot_be_identified_is_refused(make: Callable[[], object]) -> None:
    for value in (make(), {"one": [make()]}):
        with pytest.raises(TypeError, match=r"square: input 2, .*: it cannot be told from others"):
            batch(square, [1, value]).task()


def test_input_nested_too_deeply_is_refused() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(TypeError, match="square: input 1, of type list: it is nested too deeply"):
        batch(square, [value]).task()


class Slotted:
    """An input that holds an array in a slot."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    def __repr__(self) -> str:
        return "Slotted()"


@dataclass
class Named:
    numbers: Any


@pytest.mark.parametrize(
    "within",
    [
        lambda a: a,
        lambda a: [1, {"a": (a,)}],
        lambda a: deque([deque([a])]),
        lambda a: numpy.array([None, a], dtype=object),
        Slotted,
        Named,
        functools.partial(functools.partial, str),
    ],
)
def test_arrays_of_other_content_type_or_shape_make_another_task(
    within: Callable[[Any], Any],
) -> None:
    first, middle, last_digit = numpy.zeros(5_000), numpy.zeros(5_000), numpy.zeros(5_000)
    middle[2_500], last_digit[0] = 1, 1e-12
    arrays = [first, middle, last_digit, first.astype("f4"), first.reshape(50, 100)]
    tasks = [batch(str, [within(array)]).task() for array in [*arrays, first.copy()]]
    assert len({task.text for task in tasks}) == 5
    assert tasks[0] == tasks[5]


TOLD = """
import dataclasses, enum, fractions, pathlib, sys
import numpy
from pi_tui import Items

class Plain:
    def __init__(self, names):
        self.names = names

@dataclasses.dataclass
class Data:
    names: set

class Color(enum.Enum):
    RED = 1

circle = []
circle.append(circle)
inputs = [
    *numpy.random.default_rng(1).spawn(2), numpy.random.RandomState(7), numpy.float32(0.1),
    Plain({"a", "b", "c", "d"}), Data({"a", "b", "c", "d"}), (1, {"x": frozenset("abcdef")}),
    numpy.array([{"a", "b", "c"}, None], dtype=object), numpy.array("text"), Color.RED, object(),
    pathlib.Path("a"), fractions.Fraction(1, 3), range(4), len, Plain, [Plain.__init__], circle,
]
print(Items(str, inputs, threads=True).task().text)
"""


def test_identity_of_inputs_is_the_same_in_processes_with_other_hash_seeds(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(TOLD)
    told = {
        subprocess.run(
            [sys.executable, "told.py"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(1, 5)
    }
    assert len(told) == 1


def test_input_whose_repr_fails_is_named_by_its_place() -> None:
    batch = Items(str, [1, 10**5_000], threads=True)
    with pytest.raises(TypeError, match=r"^str: input 2, of type int: it has no repr: .*limit"):
        batch.run("unused.sqlite3")


def test_items_constructor_refuses_a_text_in_place_of_the_function_or_of_retries() -> None:
    with pytest.raises(TypeError, match="items: the function is 'f', which cannot be called"):
        Items("f", [1], threads=True)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="str: retries is a whole number, not '2'"):
        Items(str, [1], retries="2")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "inputs", [(n for n in range(4)), dict.fromkeys(range(4)).keys()], ids=["generator", "keys"]
)
def test_inputs_may_come_from_a_generator_or_the_keys_of_a_dict(inputs: Any) -> None:
    kind = batch(square, inputs)
    assert (machine_of(kind).finalize(), kind.task().goal) == (b"0\n1\n4\n9\n", 4)
