"""Pi by an independent formula, to verify the spigot against: the Chudnovsky series.

    1/pi = 12 Σ (-1)^k (6k)! (13591409 + 545140134 k) / ((3k)! (k!)^3 640320^(3k+3/2))

added up by binary splitting (Haible and Papanikolaou 1998). It shares no line with the spigot.
"""

from __future__ import annotations

from gmpy2 import isqrt, mpz

from pi_tui.spigot.blocks import Poll
from pi_tui.spigot.numerals import to_text

_GUARD_DIGITS = 20
_DIGITS_PER_TERM = 14.181647462725477
_A, _B, _C3_OVER_24 = 13_591_409, 545_140_134, 640_320**3 // 24
_CHUNK = 10_000


def pi_digits(n: int, poll: Poll | None = None) -> bytes:
    """The first n decimals of pi after "3.", cut, not rounded.

    >>> pi_digits(10)
    b'1415926535'
    """
    terms = int(n / _DIGITS_PER_TERM) + 3
    _, q, t = _sum(0, terms, terms, poll)
    width = n + _GUARD_DIGITS
    root = isqrt(mpz(10_005) * mpz(10) ** (2 * width))
    pi = q * 426_880 * root // t
    return to_text(pi - 3 * mpz(10) ** width, width)[:n]


def _sum(first: int, last: int, terms: int, poll: Poll | None) -> tuple[mpz, mpz, mpz]:
    """P, Q, T of the terms first … last-1."""
    if last - first == 1:
        if poll:
            poll(first, terms)
        k = first
        p = mpz((6 * k - 5) * (2 * k - 1) * (6 * k - 1)) if k else mpz(1)
        q = mpz(k**3 * _C3_OVER_24) if k else mpz(1)
        t = p * (_A + _B * k)
        return p, q, -t if k % 2 else t
    middle = (first + last) // 2
    p1, q1, t1 = _sum(first, middle, terms, poll)
    p2, q2, t2 = _sum(middle, last, terms, poll)
    return p1 * p2, q1 * q2, q2 * t1 + p1 * t2


def first_difference(result: bytes | bytearray, poll: Poll | None = None) -> int | None:
    """The position, from 1, of the first wrong decimal; None if all are right.

    >>> first_difference(b"1415926545")
    9
    """
    right = pi_digits(len(result), poll)
    for start in range(0, len(right), _CHUNK):
        piece = result[start : start + _CHUNK]
        if piece != right[start : start + _CHUNK]:
            return start + 1 + next(i for i, d in enumerate(piece) if d != right[start + i])
    return None
