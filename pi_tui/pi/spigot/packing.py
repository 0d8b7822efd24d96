"""Numbers as bytes, and back: a 32-bit length, and that many bytes without leading zeros.

One number has exactly one form. Reading refuses everything else, and takes no memory before it has
seen that the length is allowed.
"""

from __future__ import annotations

import struct
from typing import Any

from gmpy2 import mpz

from pi_tui.machine import BadState

LENGTH = struct.Struct(">I")


def put(data: bytearray, number: mpz) -> None:
    """The number stands at the end of `data`."""
    length = (number.bit_length() + 7) // 8
    data += LENGTH.pack(length)
    data += number.to_bytes(length, "big")


def require(true: bool, problem: str) -> None:
    """It is true. Raises BadState if not."""
    if not true:
        raise BadState(problem)


class Source:
    """The bytes of a piece, taken in order; raises BadState where they are something else."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def take(self, form: struct.Struct) -> tuple[Any, ...]:
        """The next fields."""
        require(len(self._data) - self._at >= form.size, "it ends too early")
        self._at += form.size
        return form.unpack_from(self._data, self._at - form.size)

    def number(self, longest: int) -> mpz:
        """The next number, of `longest` bytes at most."""
        (length,) = self.take(LENGTH)
        require(length <= longest, "a number is too long")
        data = self._data[self._at : self._at + length]
        require(len(data) == length, "it ends too early")
        require(length == 0 or data[0] > 0, "a number begins with zeros")
        self._at += length
        return mpz.from_bytes(data, "big")

    @property
    def at_end(self) -> bool:
        """True if all was taken."""
        return self._at == len(self._data)

    def end(self) -> None:
        """Nothing follows."""
        require(self.at_end, "bytes follow its end")
