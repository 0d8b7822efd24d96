"""Batches of items for tests, and the machines that compute them."""

from __future__ import annotations

from typing import Any

import pytest

from pi_tui.errors import Unfinished
from pi_tui.recipes.items import Items
from pi_tui.recipes.items_machine import ItemsMachine


def square(number: int) -> int:
    return number * number


def batch(function: Any, inputs: Any, **options: Any) -> Items:
    return Items(function, inputs, workers=3, threads=True, **options)


def machine_of(kind: Items) -> ItemsMachine:
    return kind.new(kind.task())


def lines_of(machine: ItemsMachine) -> list[bytes]:
    """Compute a batch in which items fail; return the lines of all items."""
    with pytest.raises(Unfinished, match="failed; the next start tries just th"):
        machine.finalize()
    assert not machine.done
    return machine.lines().splitlines()


def resumed(kind: Items, machine: ItemsMachine) -> ItemsMachine:
    return kind.from_state(kind.task(), machine.to_state(), bytes(machine.output))
