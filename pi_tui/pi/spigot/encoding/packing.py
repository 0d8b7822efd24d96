"""Encode numbers as bytes and back: a 32-bit length, then that many bytes without leading zeros.

Each number has exactly one encoding. Reading refuses any other, and checks that the length is
allowed before it allocates memory.
"""

from __future__ import annotations

import struct
from typing import Any

from gmpy2 import mpz

from pi_tui.machine import BadState

LENGTH = struct.Struct(">I")


def put(data: bytearray, number: mpz) -> None:
    """Append `number` to `data`: first its length in bytes, then its bytes, the highest first."""
    length = (number.bit_length() + 7) // 8
    data += LENGTH.pack(length)
    data += number.to_bytes(length, "big")


def require(true: bool, problem: str) -> None:
    """Raise BadState with the message `problem` if `true` is False."""
    if not true:
        raise BadState(problem)


class Source:
    """A reader of the bytes of a piece; raises BadState where they are malformed."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def take(self, form: struct.Struct) -> tuple[Any, ...]:
        """Read and return the next fields, which are packed in the format `form`; move behind them.

        Raises BadState if not enough bytes are left.
        """
        require(len(self._data) - self._at >= form.size, "it ends too early")
        self._at += form.size
        return form.unpack_from(self._data, self._at - form.size)

    def number(self, longest: int) -> mpz:
        """Read the next number. Raises BadState if it is malformed or over `longest` bytes long."""
        (length,) = self.take(LENGTH)
        require(length <= longest, "a number is too long")
        data = self._data[self._at : self._at + length]
        require(len(data) == length, "it ends too early")
        require(length == 0 or data[0] > 0, "a number begins with zeros")
        self._at += length
        return mpz.from_bytes(data, "big")

    @property
    def at_end(self) -> bool:
        """Return True if all bytes were read."""
        return self._at == len(self._data)

    def end(self) -> None:
        """Raise BadState if unread bytes are left."""
        require(self.at_end, "bytes follow its end")
