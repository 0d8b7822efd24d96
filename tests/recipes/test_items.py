"""A batch of items as a machine: order, retries, failures, and no work lost by a kill."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from pi_tui.machine import Abandoned, BadState, State
from pi_tui.recipes import items
from pi_tui.recipes.items import Items, ItemsMachine


def square(number: int) -> int:
    return number * number


def log_and_square(path_and_number: tuple[str, int]) -> int:
    """Square a number and log each call in a file, so that a repeated call shows."""
    path, number = path_and_number
    with open(path, "a") as log:
        log.write(f"{number}\n")
    return number * number


def batch(function: Any, inputs: Any, **options: Any) -> Items:
    return Items(function, inputs, workers=3, threads=True, **options)


def machine_of(kind: Items) -> ItemsMachine:
    return kind.new(kind.task())


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
        machine._close()
        machine = resumed(kind, machine)
    assert machine.output == b"".join(b"%d\n" % (n * n) for n in range(12))
    # Items in progress when their machine ended may be computed again; saved ones may not.
    assert sorted(set(map(int, log.read_text().split()))) == list(range(12))


def test_failed_item_is_retried_and_its_result_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "FIRST_PAUSE", 0.001)
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
    lines = machine.finalize().splitlines()
    assert [json.loads(line) for line in lines] == [
        6,
        {"failed": "ValueError('unlucky')", "input": 7},
        8,
    ]
    assert machine.notes == ("item 2 failed: ValueError('unlucky')",)


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
