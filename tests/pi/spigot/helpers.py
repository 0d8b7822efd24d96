"""Spigots with all blocks made, and the digits that they release."""

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
    """Return a spigot before its first iteration, with all blocks made."""
    spigot = Spigot.new(n, digits_per_step=k, boxes_per_block=b, series=series, threads=threads)
    while spigot.missing:
        spigot.step()
    return spigot


def release(spigot: Spigot) -> bytes:
    """Do a step; return the digits that it settled."""
    before = spigot.count
    spigot.step()
    return bytes(spigot.output[before:])


def states(n: int, k: int, b: int, series: Series = GOSPER) -> list[SpigotState]:
    """Return the state before the first iteration and after each one."""
    spigot = ready(n, k, b, series)
    found = [spigot.snapshot()]
    while not spigot.done:
        spigot.step()
        found.append(spigot.snapshot())
    return found


def stored(state: State) -> State:
    """Return the state as a store returns it: in bytes."""
    return State(
        {name: Piece(piece.read(), lasting=piece.lasting) for name, piece in state.pieces.items()}
    )
