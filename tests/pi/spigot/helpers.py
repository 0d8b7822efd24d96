"""Spigots with all blocks made, the digits that they release, and the states they save."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from pi_tui.machine import Piece, State
from pi_tui.pi.spigot.encoding import codec
from pi_tui.pi.spigot.encoding.codec import decode, encode
from pi_tui.pi.spigot.plan import plan
from pi_tui.pi.spigot.series import ARCTAN, SERIES, Series
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.pi.spigot.state import SpigotState

EVERY_SERIES = pytest.mark.parametrize("series", SERIES.values(), ids=lambda series: series.name)

CHAINS = [chain for series in SERIES.values() for chain in series.chains]
EVERY_CHAIN = pytest.mark.parametrize("series", CHAINS, ids=lambda chain: chain.name)


def new(
    n: int,
    k: int | None = None,
    b: int | None = None,
    series: Series = ARCTAN,
    threads: int = 1,
) -> Spigot:
    """Return a spigot at the start; `b` is raised to the smallest block that the series allows."""
    boxes = b and max(b, series.smallest_block)
    size = plan(n, k, series)
    size = size._replace(boxes_per_block=boxes or size.boxes_per_block)
    return Spigot(SpigotState.at_start(size), threads)


def ready(*of_a_spigot: Any, **more: Any) -> Spigot:
    """Return a spigot with all blocks made, before iteration 1; takes the arguments of `new`."""
    spigot = new(*of_a_spigot, **more)
    while spigot.missing:
        spigot.step()
    return spigot


def release(spigot: Spigot) -> bytes:
    """Do a step; return the digits that it settled."""
    before = spigot.count
    spigot.step()
    return bytes(spigot.output[before:])


def states(n: int, k: int, b: int, series: Series = ARCTAN) -> list[SpigotState]:
    """Return the states of a run: once all blocks are made, and after each iteration."""
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


def back(state: SpigotState, pieces: State | None = None) -> SpigotState:
    return decode(state.size, pieces or stored(encode(state)), bytes(state.result))


def format_1(state: SpigotState) -> State:
    """Encode a state as version 1 did."""
    data = codec._FORMAT_1.pack(
        b"pi-tui\r\n",
        1,
        state.size.digits,
        state.size.digits_per_step,
        state.size.boxes_per_block,
        state.i,
        state.nines,
        state.i > 0,
        len(state.result),
        state.start,
        state.dropped,
        len(state.boxes),
    )
    for number in (state.predigit, *state.boxes):
        assert number is not None
        length = (number.bit_length() + 7) // 8
        data += struct.pack(">I", length) + number.to_bytes(length, "big")
    return State.of(data)
