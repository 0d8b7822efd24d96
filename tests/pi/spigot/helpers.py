"""Spigots whose blocks are made, and what they release."""

from __future__ import annotations

import pytest

from pi_tui.machine import Piece, State
from pi_tui.pi.spigot.series import GOSPER, SERIES, Series
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.pi.spigot.state import SpigotState

BOTH = pytest.mark.parametrize("series", SERIES.values(), ids=lambda series: series.name)


def ready(
    n: int,
    k: int | None = None,
    b: int | None = None,
    series: Series = GOSPER,
    threads: int = 1,
) -> Spigot:
    """A spigot before its first iteration, all blocks made."""
    spigot = Spigot.new(n, digits_per_step=k, boxes_per_block=b, series=series, threads=threads)
    while spigot.missing:
        spigot.step()
    return spigot


def release(spigot: Spigot) -> bytes:
    """A step is done; the digits it settled."""
    before = spigot.count
    spigot.step()
    return bytes(spigot.output[before:])


def states(n: int, k: int, b: int, series: Series = GOSPER) -> list[SpigotState]:
    """The state before the first iteration and after each one."""
    spigot = ready(n, k, b, series)
    found = [spigot.snapshot()]
    while not spigot.done:
        spigot.step()
        found.append(spigot.snapshot())
    return found


def stored(state: State) -> State:
    """The same state, as it comes back from a store: bytes."""
    return State(
        {name: Piece(piece.read(), lasting=piece.lasting) for name, piece in state.pieces.items()}
    )
