"""Pi by an independent formula, to verify the spigot against: the Chudnovsky series.

    1/pi = 12 Σ (-1)^k (6k)! (13591409 + 545140134 k) / ((3k)! (k!)^3 640320^(3k+3/2))

added up by binary splitting (Haible and Papanikolaou 1998). It shares no line with the spigot, is
compared in the tests with MPFR's and mpmath's pi. Unlike those it can be abandoned, uses two cores
and never holds the interpreter lock for more than a few ms; MPFR's const_pi, one call that holds
it, takes nearly twice as long on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import isqrt
from operator import mul
from typing import Any, NamedTuple

from gmpy2 import mpz

from pi_tui.machine import Poll, unwatched
from pi_tui.spigot.crew import Check, gather
from pi_tui.spigot.numerals import power_of_ten, to_text

_DIGITS_PER_TERM = 14.181647462725477
_A, _B, _C3_OVER_24 = 13_591_409, 545_140_134, 640_320**3 // 24
_GUARD_BITS = 64
_ALONE = 20_000
"""Up to so many digits threads cost more than they bring."""
_PIECES = 16
"""Stretches of terms that are added up side by side, and then joined in pairs."""
_LIST = 512
_CHUNK = 10_000


class _Sum(NamedTuple):
    """P, Q and T of a stretch of terms; T/Q is its sum but for the P of those before it."""

    p: mpz
    q: mpz
    t: mpz


def pi_digits(n: int, poll: Poll = unwatched, threads: int = 2) -> bytes:
    """The first n decimals of pi after "3.", cut, not rounded. Costs O(M(n) log² n).

    `poll` is called in the calling thread, with the work done and in all, and may raise to abandon.

    >>> pi_digits(10)
    b'1415926535'
    """
    terms, bits = int(n / _DIGITS_PER_TERM) + 3, n * 3_321_928_095 // 1_000_000_000 + _GUARD_BITS
    work = _Work(threads if n > _ALONE else 0, poll)
    cuts = [terms * piece // _PIECES for piece in range(_PIECES + 1)]
    root, *sums = work.together(
        partial(_root, bits, n), *(partial(_sum, a, b) for a, b in pairwise(cuts) if a < b)
    )
    while len(sums) > 2:
        pairs = zip(sums[::2], sums[1::2], strict=False)
        sums = work.together(*(partial(_join, a, b) for a, b in pairs)) + sums[len(sums) & ~1 :]
    left, right = sums
    q, t1, t2 = work.together(  # the last join: each product by itself, and no P
        lambda _: left.q * right.q, lambda _: right.q * left.t, lambda _: left.p * right.t
    )
    (pi,) = work.together(partial(_pi, q, t1 + t2, root, bits))
    low = n // 2
    (halves,) = work.together(lambda _: divmod(pi, power_of_ten(low)))
    return b"".join(
        work.together(
            lambda _: to_text(halves[0], n + 1 - low)[1:], lambda _: to_text(halves[1], low)
        )
    )


class _Work:
    """Jobs done side by side, and how many of them."""

    def __init__(self, threads: int, poll: Poll) -> None:
        self._threads, self._poll, self._done = threads, poll, 0

    def together(self, *jobs: Callable[[Check], Any]) -> list[Any]:
        """What the jobs return."""
        results = gather(jobs, self._threads, self._watch)
        self._done += len(jobs)
        return results

    def _watch(self, done: int) -> None:
        self._poll(self._done + done, 2 * _PIECES + 6)


def _root(bits: int, n: int, check: Check) -> mpz:
    """The square root of 10005 times 10^n and the guard, to a few units, by Newton for 1/√.

    gmpy2's isqrt would do, but holds the interpreter lock: 0.25 s for ten million digits.
    """
    precision, inverse = 60, mpz(isqrt((1 << 120) // 10_005))
    while precision < bits + 32:
        check()
        finer = min(2 * precision - 8, bits + 32)
        error = (mpz(1) << 2 * precision) - 10_005 * inverse * inverse
        inverse = (inverse << finer - precision) + (inverse * error >> 3 * precision + 1 - finer)
        precision = finer
    return (10_005 * inverse >> precision - bits) * power_of_ten(n) >> bits - _GUARD_BITS


def _sum(first: int, last: int, check: Check) -> _Sum:
    """The terms first … last-1."""
    check()
    if last - first <= _LIST:
        return _short_sum(range(first, last))
    middle = (first + last) // 2
    return _join(_sum(first, middle, check), _sum(middle, last, check), check)


def _short_sum(terms: range) -> _Sum:
    """The same, level by level in lists, which is twice as fast as recursion to single terms."""
    p = [mpz((6 * k - 5) * (2 * k - 1) * (6 * k - 1)) for k in terms]
    q = [mpz(k * k * k * _C3_OVER_24) for k in terms]
    if terms[0] == 0:
        p[0] = q[0] = mpz(1)
    t = [x * (_A + _B * k if k % 2 == 0 else -_A - _B * k) for k, x in zip(terms, p, strict=True)]
    while len(p) > 1:
        if len(p) % 2:  # a stretch that changes nothing
            p, q, t = [*p, mpz(1)], [*q, mpz(1)], [*t, mpz(0)]
        t = [a * d + b * c for a, b, c, d in zip(t[::2], t[1::2], p[::2], q[1::2], strict=True)]
        p, q = list(map(mul, p[::2], p[1::2])), list(map(mul, q[::2], q[1::2]))
    return _Sum(p[0], q[0], t[0])


def _join(left: _Sum, right: _Sum, check: Check) -> _Sum:
    check()
    return _Sum(left.p * right.p, left.q * right.q, right.q * left.t + left.p * right.t)


def _pi(q: mpz, t: mpz, root: mpz, bits: int, _: Check) -> mpz:
    """Pi times 10^n, from as many bits of Q and T as matter: 426880 √10005 Q / T."""
    surplus = max(t.bit_length() - bits - _GUARD_BITS, 0)
    return 426_880 * root * (q >> surplus) // (t >> surplus) >> _GUARD_BITS


def first_difference(
    result: bytes | bytearray, poll: Poll = unwatched, threads: int = 2
) -> int | None:
    """The position, from 1, of the first wrong decimal; None if all are right.

    >>> first_difference(b"1415926545")
    9
    """
    right = pi_digits(len(result), poll, threads)
    for start in range(0, len(right), _CHUNK):
        piece = result[start : start + _CHUNK]
        if piece != right[start : start + _CHUNK]:
            return start + 1 + next(i for i, d in enumerate(piece) if d != right[start + i])
    return None
