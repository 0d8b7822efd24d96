"""A batch of items as a machine: order, text, states, and no finished item computed again."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from pi_tui.machine import Abandoned, BadState, Refused, State
from pi_tui.recipes.items import Items
from tests.recipes.batches import batch, machine_of, resumed, square


def log_and_square(path_and_number: tuple[str, int]) -> int:
    """Square a number and log the call in a file, so that a repeated call shows."""
    path, number = path_and_number
    with open(path, "a") as log:
        log.write(f"{number}\n")
    return number * number


@pytest.mark.parametrize("threads", [True, False], ids=["threads", "processes"])
def test_results_are_lines_in_the_order_of_the_inputs(threads: bool) -> None:
    kind = Items(square, range(20), workers=2, threads=threads)
    assert machine_of(kind).finalize() == b"".join(b"%d\n" % (n * n) for n in range(20))


def test_result_of_an_item_done_early_is_output_only_after_all_results_before_it() -> None:
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


def test_item_of_a_batch_resumed_at_each_step_is_begun_three_times_at_most(tmp_path: Path) -> None:
    log = tmp_path / "log"
    kind = Items(log_and_square, [(str(log), n) for n in range(12)], workers=1, threads=True)
    machine = machine_of(kind)
    while not machine.done:
        machine.step()
        machine.close()
        machine = resumed(kind, machine)
    assert machine.output == b"".join(b"%d\n" % (n * n) for n in range(12))
    begun = Counter(map(int, log.read_text().split()))
    assert sorted(begun) == list(range(12))
    # Each step finishes an item and submits two more at most: an item can be begun in its own step
    # and in the two before it. A batch that began again each time would begin item 0 twelve times.
    assert max(begun.values()) <= 3


@pytest.mark.parametrize(
    ("texts", "lines"),
    [(["a\nb", "c\r\n"], b"a\\nb\nc\\r\\n\n"), (["\udc80"], b"\\udc80\n")],
    ids=["line breaks", "a surrogate"],
)
def test_text_result_of_an_item_is_written_on_one_line_with_escapes(
    texts: list[str], lines: bytes
) -> None:
    assert machine_of(batch(str, texts)).finalize() == lines


def test_cancelled_step_of_a_batch_changes_nothing_and_a_later_step_completes_its_items() -> None:
    gate = threading.Event()

    def pass_gate(number: int) -> int:
        assert gate.wait(60)
        return number

    machine = machine_of(batch(pass_gate, range(3)))

    polls: list[int] = []

    def stop(done: int, _parts: int) -> None:
        polls.append(done)
        if len(polls) == 2:  # the items are being computed
            raise Abandoned

    with pytest.raises(Abandoned):
        machine.step(stop)
    assert (machine.steps, machine.output) == (0, b"")
    gate.set()
    assert machine.finalize() == b"0\n1\n2\n"


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'["x", {}]', b'[1, {"99": "x"}]', b'[1, {"a": "x"}]']
)
def test_impossible_state_of_a_batch_raises_bad_state(text: bytes) -> None:
    kind = batch(square, range(3))
    with pytest.raises(BadState):
        kind.from_state(kind.task(), State.of(text), b"")


def test_batch_refuses_a_task_or_state_of_a_batch_with_other_inputs() -> None:
    machine, other = machine_of(batch(square, [1, 2])), batch(square, [1, 3])
    with pytest.raises(Refused, match="other inputs"):
        other.new(batch(square, [1, 2]).task())
    with pytest.raises(Refused, match="other inputs"):
        other.from_state(batch(square, [1, 2]).task(), machine.to_state(), b"")
