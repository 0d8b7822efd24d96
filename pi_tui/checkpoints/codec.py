"""SpigotState <-> bytes, and a refusal of every byte string that is not one.

The layout, all numbers big-endian: a fixed header, the name of the series, then the predigit and
the boxes, each as a 32-bit length and that many bytes, without leading zeros, so one state has
exactly one encoding.
The digits themselves are not in it: they have rows of their own. No pickle and no JSON: decoding
can make integers and nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import chain

from gmpy2 import mpz

from pi_tui.checkpoints.models import PART
from pi_tui.spigot.series import RABINOWITZ_WAGON, SERIES, Series
from pi_tui.spigot.spigot import SpigotState

FORMAT = 2
"""In format 1 no series is named: it is the one of Rabinowitz and Wagon."""
_HEADER = struct.Struct(">8sIQQQQQBQQQI")
"""magic, format, digits, K, B, i, nines, have_predigit, count, start, dropped, boxes."""
_MAGIC = b"pi-tui\r\n"
_SERIES = struct.Struct(">32s")
_LENGTH = struct.Struct(">I")


class BadState(Exception):
    """These bytes are not the state they are said to be; the text says what is wrong with them."""


class NewerFormat(Exception):
    """These bytes are in a format that a newer pi-tui made."""


def size(state: SpigotState) -> int:
    """Bytes that `encode` makes of `state`; costs no copy of the boxes."""
    numbers = chain((state.predigit,), state.boxes)
    return _HEADER.size + _SERIES.size + sum(_LENGTH.size + _bytes(n) for n in numbers)


def encode(state: SpigotState) -> Iterator[bytes]:
    """The parts of `state`, each `PART` bytes but the last; one part is in memory at a time."""
    buffer = bytearray()
    for piece in _pieces(state):
        buffer += piece
        while len(buffer) >= PART:
            yield bytes(buffer[:PART])
            del buffer[:PART]
    if buffer:
        yield bytes(buffer)


def decode(
    parts: Iterable[bytes], digits: int, digits_per_step: int, boxes_per_block: int, result: bytes
) -> SpigotState:
    """The state in `parts`, for a run with these numbers and (at least) these saved digits.

    Every length and range is checked against what the numbers allow before memory is taken.
    Raises BadState, or NewerFormat.
    """
    source = _Source(parts)
    fields = _HEADER.unpack(source.take(_HEADER.size))
    magic, form, n, k, b, i, nines, have, count, start, dropped, boxes = fields
    _require(magic == _MAGIC, "it does not begin like a state")
    if form > FORMAT:
        raise NewerFormat(f"format {form}")
    _require(form in (1, FORMAT), "an unknown format")
    series = source.series() if form == FORMAT else RABINOWITZ_WAGON
    _require((n, k, b) == (digits, digits_per_step, boxes_per_block), "another run's state")
    _require(i <= most_iterations(n, k) and nines <= i and have <= 1, "an impossible iteration")
    _require(count <= min(n, len(result)), "it needs digits that are not there")
    _require(max(start, dropped) < 2**61 - 1, "an impossible residue")
    _require(boxes <= most_blocks(n, k, b), "too many boxes")
    predigit = source.number(most_predigit_bytes(k))
    _require(predigit < mpz(10) ** k, "an impossible predigit")
    longest = most_box_bytes(n, k, b)
    first = longest + most_predigit_bytes(k)  # box 0 holds a remainder of R
    numbers = tuple(source.number(longest if box else first) for box in range(boxes))
    source.end()
    state = SpigotState(
        digits=n,
        boxes=numbers,
        i=i,
        nines=nines,
        predigit=predigit,
        have_predigit=bool(have),
        count=count,
        result=result[:count],
        digits_per_step=k,
        boxes_per_block=b,
        series=series,
        start=start,
        dropped=dropped,
    )
    try:
        state.refuse_nonsense()
    except ValueError as nonsense:
        raise BadState(str(nonsense)) from nonsense
    return state


def most_iterations(digits: int, digits_per_step: int) -> int:
    """More iterations than any run takes: 64 beyond its digits, for what settles late."""
    return digits // digits_per_step + 64


def most_blocks(digits: int, digits_per_step: int, boxes_per_block: int) -> int:
    """More blocks than a run in any series starts with, and slack."""
    boxes = max(_most_boxes(series, digits, digits_per_step) for series in SERIES.values())
    return boxes // boxes_per_block + 2


def most_box_bytes(digits: int, digits_per_step: int, boxes_per_block: int) -> int:
    """More bytes than any block's number fills: less than a product of B of the series' q.

    The first one is less than that times 10^K.
    """
    return max(
        boxes_per_block
        * series.q(_most_boxes(series, digits, digits_per_step) + 2 * boxes_per_block).bit_length()
        // 8
        + 1
        for series in SERIES.values()
    )


def most_predigit_bytes(digits_per_step: int) -> int:
    """More bytes than a number below 10^K fills."""
    return digits_per_step * 5 // 12 + 1


def most_size(digits: int, digits_per_step: int, boxes_per_block: int) -> int:
    """More bytes than any state of such a run has; what a hostile row may claim at most."""
    blocks = most_blocks(digits, digits_per_step, boxes_per_block)
    box = _LENGTH.size + most_box_bytes(digits, digits_per_step, boxes_per_block)
    super_digits = 2 * most_predigit_bytes(digits_per_step)  # the predigit, and in box 0
    return _HEADER.size + _SERIES.size + _LENGTH.size + super_digits + blocks * box


def _most_boxes(series: Series, digits: int, digits_per_step: int) -> int:
    decimals = digits + 4 * digits_per_step
    return decimals * series.boxes_per_billion // 1_000_000_000 + 256


def _pieces(state: SpigotState) -> Iterator[bytes]:
    yield _HEADER.pack(
        _MAGIC,
        FORMAT,
        state.digits,
        state.digits_per_step,
        state.boxes_per_block,
        state.i,
        state.nines,
        state.have_predigit,
        state.count,
        state.start,
        state.dropped,
        len(state.boxes),
    )
    yield _SERIES.pack(state.series.name.encode())
    for number in chain((state.predigit,), state.boxes):
        length = _bytes(number)
        yield _LENGTH.pack(length)
        yield number.to_bytes(length, "big")


def _bytes(number: mpz) -> int:
    return (number.bit_length() + 7) // 8


def _require(true: bool, problem: str) -> None:
    if not true:
        raise BadState(problem)


class _Source:
    """The bytes of the parts, taken in order."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._buffer = bytearray()

    def take(self, length: int) -> bytes:
        while len(self._buffer) < length:
            part = next(self._parts, b"")
            _require(bool(part), "it ends too early")
            self._buffer += part
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def series(self) -> Series:
        (name,) = _SERIES.unpack(self.take(_SERIES.size))
        series = SERIES.get(name.rstrip(b"\0").decode("ascii", "replace"))
        if series is None:
            raise BadState("an unknown series")
        return series

    def number(self, longest: int) -> mpz:
        (length,) = _LENGTH.unpack(self.take(_LENGTH.size))
        _require(length <= longest, "a number is too long")
        data = self.take(length)
        _require(not data.startswith(b"\0"), "a number begins with zeros")
        return mpz.from_bytes(data, "big")

    def end(self) -> None:
        _require(not self._buffer and not next(self._parts, b""), "bytes follow its end")
