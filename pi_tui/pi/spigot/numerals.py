"""Decimal text of big integers and back, in pieces that never stop the other threads for long.

`mpz.digits()`, `mpz(str)` and powers hold the interpreter lock for the whole call: 50 ms for a
million digits. So numbers are halved and doubled by products and divisions, which can release the
lock, and only pieces of a few thousand digits (0.1 ms each) are left to those.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache

import gmpy2
from gmpy2 import mpz

PIECE = 4_000
"""Digits turned into text by one call; also below Python's own limit of 4,300 for int(str)."""


def unlocked() -> AbstractContextManager[object]:
    """Within it, gmpy2 releases the interpreter lock during every operation of this thread.

    gmpy2 asks the context of the thread that computes, so each thread says it for itself. It costs
    0.1 µs an operation: right for big numbers, a waste for small ones.
    """
    return gmpy2.context(gmpy2.get_context(), allow_release_gil=True)


@lru_cache(maxsize=64)
def power_of_ten(exponent: int) -> mpz:
    """10 to the `exponent`; the last few are kept, since halves of halves come again and again.

    >>> power_of_ten(3)
    mpz(1000)
    """
    if exponent <= PIECE:
        return mpz(10) ** exponent
    half = exponent // 2
    with unlocked():
        return power_of_ten(half) * power_of_ten(exponent - half)


def to_text(number: mpz, width: int) -> bytes:
    """The decimal digits of a number, with leading zeros up to exactly `width` digits.

    The number must be less than ``10**width``. Costs O(M(width) log width).

    >>> to_text(mpz(42), 5)
    b'00042'
    """
    if width <= PIECE:
        return number.digits().zfill(width).encode() if width else b""
    low = width // 2
    with unlocked():
        head, tail = divmod(number, power_of_ten(low))
    return to_text(head, width - low) + to_text(tail, low)


def to_number(text: bytes | bytearray | memoryview) -> mpz:
    """The number that decimal digits stand for; an empty text is 0.

    >>> to_number(b"00042")
    mpz(42)
    """
    width = len(text)
    if width <= PIECE:
        return mpz(str(text, "ascii") or "0", 10)
    low = width // 2
    head, tail = to_number(text[: width - low]), to_number(text[width - low :])
    with unlocked():
        return head * power_of_ten(low) + tail
