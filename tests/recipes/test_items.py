"""A batch of items as a machine: order, retries, failures, and no work lost by a kill."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest

from pi_tui.errors import NoWorkers, Unfinished
from pi_tui.machine import Abandoned, BadState, Refused, State
from pi_tui.recipes import item_pool, items_machine
from pi_tui.recipes.items import Items
from pi_tui.recipes.items_machine import ItemsMachine


def square(number: int) -> int:
    return number * number


def log_and_square(path_and_number: tuple[str, int]) -> int:
    """Square a number and log the call in a file, so that a repeated call shows."""
    path, number = path_and_number
    with open(path, "a") as log:
        log.write(f"{number}\n")
    return number * number


def batch(function: Any, inputs: Any, **options: Any) -> Items:
    return Items(function, inputs, workers=3, threads=True, **options)


def machine_of(kind: Items) -> ItemsMachine:
    return kind.new(kind.task())


def lines_of(machine: ItemsMachine) -> list[bytes]:
    """Return the lines of a batch in which items fail."""
    with pytest.raises(Unfinished, match="failed; the next start tries just th"):
        machine.finalize()
    assert not machine.done
    return machine.lines().splitlines()


def resumed(kind: Items, machine: ItemsMachine) -> ItemsMachine:
    return kind.from_state(kind.task(), machine.to_state(), bytes(machine.output))


@pytest.mark.parametrize("threads", [True, False], ids=["threads", "processes"])
def test_results_are_lines_in_the_order_of_the_inputs(threads: bool) -> None:
    kind = Items(square, range(20), workers=2, threads=threads)
    assert machine_of(kind).finalize() == b"".join(b"%d\n" % (n * n) for n in range(20))


def test_item_done_early_waits_for_those_before_it() -> None:
    first = threading.Event()

    def wait_if_first(number: int) -> int:
        if number == 0:
            assert first.wait(60)
        return number

    machine = machine_of(batch(wait_if_first, range(4)))
    while machine.work().done < 3:
        machine.step()
    assert machine.output == b""
    first.set()
    assert machine.finalize() == b"0\n1\n2\n3\n"


def test_finished_item_is_not_computed_again_after_resume_at_every_step(tmp_path: Path) -> None:
    log = tmp_path / "log"
    kind = Items(log_and_square, [(str(log), n) for n in range(12)], workers=1, threads=True)
    machine = machine_of(kind)
    while not machine.done:
        machine.step()
        machine.close()
        machine = resumed(kind, machine)
    assert machine.output == b"".join(b"%d\n" % (n * n) for n in range(12))
    # Items in progress when their machine ended may be computed again; saved ones may not.
    assert sorted(set(map(int, log.read_text().split()))) == list(range(12))


def test_failed_item_is_retried_and_its_result_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items_machine, "FIRST_PAUSE", 0.001)
    tries: list[int] = []

    def second_time_lucky(number: int) -> int:
        tries.append(number)
        if tries.count(number) < 3:
            raise OSError("not yet")
        return number

    assert machine_of(batch(second_time_lucky, [5, 6], retries=2)).finalize() == b"5\n6\n"
    assert sorted(tries) == [5, 5, 5, 6, 6, 6]


def test_item_that_keeps_failing_is_reported_with_its_input() -> None:
    def refuse_seven(number: int) -> int:
        if number == 7:
            raise ValueError("unlucky")
        return number

    machine = machine_of(batch(refuse_seven, [6, 7, 8]))
    lines = lines_of(machine)
    assert [json.loads(line) for line in lines] == [
        6,
        {"failed": "ValueError('unlucky')", "input": 7},
        8,
    ]
    assert machine.notes == ("item 2 failed: ValueError('unlucky')",)


def test_machine_of_failed_items_resumes_with_these_alone() -> None:
    calls: list[int] = []
    mended = threading.Event()

    def refuse_odd(number: int) -> int:
        calls.append(number)
        if number % 2 and not mended.is_set():
            raise ValueError("odd")
        return number

    kind = batch(refuse_odd, range(6))
    machine = machine_of(kind)
    assert [b"failed" in line for line in lines_of(machine)] == [False, True] * 3
    assert machine.work().share == 0.5
    calls.clear()
    mended.set()
    assert resumed(kind, machine).finalize() == b"0\n1\n2\n3\n4\n5\n"
    assert sorted(calls) == [1, 3, 5]


def test_text_with_line_breaks_stays_one_line() -> None:
    assert machine_of(batch(str, ["a\nb", "c\r\n"])).finalize() == b"a\\nb\nc\\r\\n\n"


def test_cancelled_step_changes_nothing_and_continues_later() -> None:
    gate = threading.Event()

    def pass_gate(number: int) -> int:
        assert gate.wait(60)
        return number

    machine = machine_of(batch(pass_gate, range(3)))

    def stop(_done: int, _parts: int) -> None:
        raise Abandoned

    with pytest.raises(Abandoned):
        machine.step(stop)
    assert (machine.steps, machine.output) == (0, b"")
    gate.set()
    assert machine.finalize() == b"0\n1\n2\n"


def test_other_inputs_are_another_task() -> None:
    tasks = {batch(square, inputs).task().parameters["inputs"] for inputs in ([1, 2], [1, 3])}
    assert len(tasks) == 2


def test_batch_without_inputs_is_refused() -> None:
    with pytest.raises(ValueError, match="no inputs"):
        batch(square, [])


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'["x", {}]', b'[1, {"99": "x"}]', b'[1, {"a": "x"}]']
)
def test_impossible_state_of_a_batch_is_a_bad_state(text: bytes) -> None:
    kind = batch(square, range(3))
    with pytest.raises(BadState):
        kind.from_state(kind.task(), State.of(text), b"")


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_once(path: str) -> str:
    """Kill the first process that computes it; succeed in the next one."""
    if not os.path.exists(path):
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


class Odd(Exception):
    """An error that cannot be unpickled in another process."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} of {two}")


class Unsendable(Exception):
    def __init__(self) -> None:
        super().__init__("holds a lock")
        self.lock = threading.Lock()


class Speechless(Exception):
    def __repr__(self) -> str:
        raise RuntimeError


def raise_odd_things(number: int) -> int:
    if number == 0:
        raise Odd(1, 2)
    if number == 1:
        raise Unsendable
    if number == 2:
        raise Speechless
    if number == 3:
        raise SystemExit("enough")
    return number


def test_line_of_a_failed_item_gives_no_password() -> None:
    def fetch(number: int) -> None:
        raise ConnectionError("https://me:s3cr3t@host/ does not answer")

    (line,) = lines_of(machine_of(batch(fetch, [1])))
    assert b"ConnectionError('https://me:\\u2026@host/ does not" in line


def test_item_whose_process_dies_fails_and_no_other_item_does() -> None:
    lines = lines_of(machine_of(Items(die_at_three, range(8), workers=2)))
    died = b'{"failed": "the process that computed it died", "input": 3}'
    assert lines == [b"0", b"1", b"2", died, b"4", b"5", b"6", b"7"]


def test_item_whose_process_died_once_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items_machine, "FIRST_PAUSE", 0.001)
    paths = [str(tmp_path / f"{n}") for n in range(3)]
    assert machine_of(Items(die_once, paths, workers=1, retries=1)).finalize() == b"alive\n" * 3


@pytest.mark.parametrize("threads", [True, False], ids=["threads", "processes"])
def test_exception_that_cannot_be_sent_is_reported_as_it_was(threads: bool) -> None:
    machine = machine_of(Items(raise_odd_things, range(5), workers=2, threads=threads))
    lines = [json.loads(line) for line in lines_of(machine)]
    said = ["Odd('1 of 2')", "Unsendable('holds a lock')", "Speechless", "SystemExit('enough')"]
    assert lines == [*({"failed": text, "input": n} for n, text in enumerate(said)), 4]


@pytest.mark.parametrize(
    ("threads", "missing"),
    [(True, "no thread can be started"), (False, "no process can be started")],
    ids=["threads", "processes"],
)
def test_worker_that_cannot_be_started_leaves_the_machine_able_to_go_on(
    threads: bool, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    machine = machine_of(Items(square, range(3), workers=1, threads=threads))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(NoWorkers, match=missing) as caught:
            machine.step()
    assert caught.value.exit_code == 6
    assert (machine.steps, machine.output) == (0, b"")
    assert machine.finalize() == b"0\n1\n4\n"


def test_pool_looks_for_free_files_only_before_a_process_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    monkeypatch.setattr(item_pool, "_look_for_room", looked.append)
    pool = item_pool.Pool(square, 1, threads=False)
    try:
        for index in range(2):
            pool.submit(index, index)
    finally:
        pool.close()
    assert looked == [item_pool.FIRST_FILES]


class Locked:
    """An input that cannot be pickled."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __repr__(self) -> str:
        return "Locked()"


def test_input_that_cannot_be_sent_fails_and_the_others_do_not() -> None:
    machine = machine_of(Items(repr, [1, Locked(), 2], workers=1))
    first, failed, last = lines_of(machine)
    assert (first, last) == (b"1", b"2")
    assert json.loads(failed) == {
        "failed": "TypeError(\"cannot pickle '_thread.lock' object\")",
        "input": "Locked()",
    }


def test_failed_input_that_json_cannot_hold_is_reported_by_its_repr() -> None:
    circle: list[Any] = []
    circle.append(circle)
    machine = machine_of(batch(int, [{(1, 2): 3}, circle]))
    inputs = [json.loads(line)["input"] for line in lines_of(machine)]
    assert inputs == ["{(1, 2): 3}", "[[...]]"]


def test_function_that_other_processes_cannot_import_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"<lambda>: other processes cannot .* threads=True"):
        Items(lambda x: x, [1])
    assert machine_of(Items(lambda x: x, [1], threads=True)).finalize() == b"1\n"


@pytest.mark.parametrize(
    ("workers", "count"), [(1, 1), (0, 8), (None, 8), (-1, 8), (-3, 6), (-99, 1)]
)
def test_workers_below_one_count_from_the_cores_as_in_joblib(
    workers: int | None, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert Items(square, [1], workers=workers).workers == count


@pytest.mark.parametrize("workers", [1.5, "two", True])
def test_workers_that_are_no_whole_number_are_refused(workers: object) -> None:
    with pytest.raises(TypeError, match="square: workers is a whole number"):
        Items(square, [1], workers=workers)  # type: ignore[arg-type]


@pytest.mark.parametrize("inputs", [{1, 2}, frozenset("ab")])
def test_inputs_in_no_order_are_refused(inputs: Any) -> None:
    with pytest.raises(TypeError, match=r"square: a set has another order .* give sorted"):
        batch(square, inputs)


@pytest.mark.parametrize(
    "make", [lambda: (n for n in "ab"), lambda: memoryview(b"ab"), threading.Lock]
)
def test_input_that_cannot_be_told_from_others_is_refused(make: Callable[[], object]) -> None:
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
def test_arrays_that_differ_where_their_repr_does_not_are_other_inputs(
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


def test_inputs_are_the_same_at_every_start(tmp_path: Path) -> None:
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


def test_function_that_cannot_be_called_and_retries_that_are_no_number_are_refused() -> None:
    with pytest.raises(TypeError, match="items: the function is 'f', which cannot be called"):
        Items("f", [1], threads=True)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="str: retries is a whole number, not '2'"):
        Items(str, [1], retries="2")  # type: ignore[arg-type]


def test_inputs_may_come_from_a_generator() -> None:
    kind = batch(square, (n for n in range(4)))
    assert (machine_of(kind).finalize(), kind.task().goal) == (b"0\n1\n4\n9\n", 4)


def test_text_with_surrogates_is_output_with_escapes() -> None:
    assert machine_of(batch(str, ["\udc80"])).finalize() == b"\\udc80\n"


def test_batch_of_other_inputs_is_refused() -> None:
    machine, other = machine_of(batch(square, [1, 2])), batch(square, [1, 3])
    with pytest.raises(Refused, match="other inputs"):
        other.new(batch(square, [1, 2]).task())
    with pytest.raises(Refused, match="other inputs"):
        other.from_state(batch(square, [1, 2]).task(), machine.to_state(), b"")
