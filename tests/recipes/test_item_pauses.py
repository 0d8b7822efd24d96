"""The pauses between the tries of an item that fails."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from pi_tui.machine import Abandoned
from pi_tui.recipes import items_machine
from tests.recipes.batches import batch, machine_of


def test_item_that_fails_more_than_a_thousand_times_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(items_machine, "FIRST_PAUSE", 0.0)
    tries = itertools.count(1)

    def wait_for_a_service(number: int) -> int:
        if next(tries) <= 1_100:
            raise OSError("down")
        return number

    assert machine_of(batch(wait_for_a_service, [7], retries=5_000)).finalize() == b"7\n"


class Moment(float):
    """A time that stands still, and counts how often it is read and compared."""

    reads = comparisons = 0

    def __call__(self) -> Moment:
        Moment.reads += 1
        return self

    def __ge__(self, other: float) -> bool:
        Moment.comparisons += 1
        return super().__ge__(other)


def test_batch_of_which_all_items_fail_does_not_look_at_all_paused_items_for_each_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(items_machine, "time", SimpleNamespace(monotonic=Moment(1_000.0)))
    failures = itertools.count()

    def fail(_number: int) -> None:
        next(failures)
        raise OSError("down")

    def poll(_done: int, _parts: int) -> None:
        if len(machine._paused) == 500:
            raise Abandoned

    machine = machine_of(batch(fail, range(500), retries=1))
    with pytest.raises(Abandoned):
        machine.step(poll)
    assert next(failures) == 500
    assert 0 < Moment.comparisons <= Moment.reads
