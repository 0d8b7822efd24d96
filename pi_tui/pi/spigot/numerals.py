"""Decimal text of big integers and back, without blocking other threads for long.

`mpz.digits()`, `mpz(str)` and powers hold the interpreter lock for the whole call: 50 ms for a
million digits. So this module halves and doubles numbers by divisions and products, which can
release the lock. Only pieces of a few thousand digits (0.1 ms each) are converted by one call.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache

import gmpy2
from gmpy2 import mpz

PIECE = 4_000
"""Digits converted by one call; also below Python's own limit of 4,300 for int(str)."""


def unlocked() -> AbstractContextManager[object]:
    """Return a context in which gmpy2 releases the interpreter lock during products and divisions.

    It also does so during sums, differences and shifts, but not during the calls that the module's
    docstring names. The context holds for the current thread only, so each thread must enter its
    own. It costs up to 0.1 µs an operation: right for big numbers, a waste for small ones.
    """
    return gmpy2.context(gmpy2.get_context(), allow_release_gil=True)


@lru_cache(maxsize=64)
def power_of_ten(exponent: int) -> mpz:
    """Return 10 to the power `exponent`; cached, because repeated halving reuses the powers.

    >>> power_of_ten(3)
    mpz(1000)
    """
    if exponent <= PIECE:
        return mpz(10) ** exponent
    half = exponent // 2
    with unlocked():
        return power_of_ten(half) * power_of_ten(exponent - half)


def to_text(number: mpz, width: int) -> bytes:
    """Return the decimal digits of a number, with leading zeros up to exactly `width` digits.

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
    """Return the number with these decimal digits; 0 for an empty text.

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
