"""The Chudnovsky series, summed by binary splitting, with common factors taken out.

    1/pi = 12 Σ (-1)^k (6k)! (13591409 + 545140134 k) / ((3k)! (k!)^3 640320^(3k+3/2))

    pi = 426880 √10005 Q / T

A range of terms is three numbers: P, Q and T. Its sum is T/Q, apart from the factor P of the ranges
before it. Neighbours join (Haible and Papanikolaou 1998):

    P = P1·P2    Q = Q1·Q2    T = T1·Q2 + P1·T2

P is a product of (6k-5)(2k-1)(6k-1), and Q of k^3·640320^3/24, over the terms k of the range. Two
things make them shorter. Q is stored without its factors of two, whose number is known (`twos`).
And P1 and Q2, of h terms each, are both divisible by the part of (h!)^3 that is prime to 6: among
the values of k for h consecutive k, at least floor(h/r) are multiples of r, for every power r of a
prime above 3, and so among those of 6k-5, 2k-1 and 6k-1. That factor is divided out of P1 and Q2
before they are multiplied (`_common`), and so out of P, Q and T. The numbers of the last join are
half as long by it.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from operator import mul

from gmpy2 import bincoef, fac, mpz, remove  # type: ignore[attr-defined]

from pi_tui.pi.spigot.pool import Check

Found = tuple[mpz, ...]
"""One to three numbers: P, Q and T of a range of terms, or one of them."""

LEAF = 128
"""Most terms that are summed in lists. Ranges above are halved, and halves have equally many."""
PIECES = 16
"""Number of ranges that are summed in parallel and then joined in pairs; 2 if that few suffice."""

_DIGITS_PER_TERM = 14.181647462725477
_A, _B, _C3_OVER_24 = 13_591_409, 545_140_134, 640_320**3 // 24


def ranges(digits: int) -> list[range]:
    """Divide the terms that `digits` digits need into `PIECES` equal ranges, or 2 for few terms.

    There are up to 2 % more terms than needed (or one, if they are few), so that every range can be
    halved again and again, into equal halves, until at most `LEAF` terms are left.
    """
    terms = int(digits / _DIGITS_PER_TERM) + 3
    pieces = PIECES if terms > PIECES * LEAF else 2
    each = -(-terms // pieces)
    halvings = ((each - 1) // LEAF).bit_length()
    each = -(-each >> halvings) << halvings
    return [range(each * piece, each * (piece + 1)) for piece in range(pieces)]


def twos(some: range) -> int:
    """Count the factors of two in Q of these terms. Q is stored without these factors.

    Each term k from 1 on adds 15 factors from 640320^3/24, and all those of k^3.

    >>> twos(range(1, 3))
    33
    """
    before, last = max(some.start - 1, 0), max(some.stop - 1, 0)
    return 18 * (last - before) - 3 * (last.bit_count() - before.bit_count())


def sum_of(some: range, check: Check) -> Found:
    """Return P, Q and T of these terms, computed as the module's text explains.

    Q is without its factors of two, and common factors are divided out of all three.
    """
    check()
    if len(some) <= LEAF:
        return _leaf(some)
    half = len(some) // 2
    return join(some, check, sum_of(some[:half], check), sum_of(some[half:], check))


def join(some: range, check: Check, left: Found, right: Found) -> Found:
    """Join two halves: return P, Q and T of all terms in `some`.

    `left` and `right` are P, Q and T of the first and of the second half of these terms.
    """
    check()
    (p1, q1, t1), (p2, q2, t2) = left, right
    half = len(some) // 2
    common = _common(half)
    p1, q2 = p1 // common, q2 // common
    return p1 * p2, q1 * q2, (q2 * t1 << twos(some[half:])) + p1 * t2


def last_q(some: range, wanted: int, check: Check, left: Found, right: Found) -> Found:
    """Return (Q,) of all terms in `some`, cut off to about `wanted` leading bits.

    This Q includes its factors of two. `left` and `right` are P, Q and T of the first and of the
    second half of the terms.
    """
    check()
    beyond = _beyond(some, wanted, left, right)
    return (shifted(left[1] * right[1], twos(some) - beyond),)


def last_t(some: range, wanted: int, check: Check, left: Found, right: Found) -> Found:
    """Return (T,) of all terms in `some`, less its last bits: as many as `last_q` cuts off Q.

    `left` and `right` are P, Q and T of the first and of the second half of the terms.
    """
    check()
    (p1, _, t1), (_, q2, t2) = left, right
    beyond = _beyond(some, wanted, left, right)
    first = shifted(q2 * t1, twos(some[len(some) // 2 :]) - beyond)
    check()
    return (first + shifted(p1 * t2, -beyond),)


def _beyond(some: range, wanted: int, left: Found, right: Found) -> int:
    """Return how many trailing bits to cut off Q and T, so that Q keeps about `wanted` bits.

    This Q includes its factors of two. `left` and `right` are P, Q and T of the first and of the
    second half of the terms in `some`.
    """
    return left[1].bit_length() + right[1].bit_length() + twos(some) - wanted


def root_10005(wanted: int, check: Check) -> mpz:
    """Compute √10005 times 2^wanted by Newton's method for 1/√; wrong by a few units at most.

    gmpy2's isqrt would do, but holds the interpreter lock: about 0.3 s for ten million digits.
    """
    precision, inverse = 60, mpz(isqrt((1 << 120) // 10_005))
    while precision < wanted + 32:
        check()
        finer = min(2 * precision - 8, wanted + 32)
        error = (mpz(1) << 2 * precision) - 10_005 * inverse * inverse
        inverse = (inverse << finer - precision) + (inverse * error >> 3 * precision + 1 - finer)
        precision = finer
    return 10_005 * inverse >> precision - wanted


def _leaf(some: range) -> Found:
    """Return P, Q (without its factors of two) and T of at most `LEAF` terms.

    Makes lists of P, Q and T, with one of each for every term. Then joins neighbours in the lists
    until each list has one number. This is three times as fast as `join` down to single terms.
    """
    p = [mpz((6 * k - 5) * (2 * k - 1) * (6 * k - 1)) for k in some]
    q = [mpz(k * k * k * _C3_OVER_24) for k in some]
    if some[0] == 0:
        p[0] = q[0] = mpz(5)  # their quotient is 1, and P has the 5 that `_common` counts on
    t = [x * (_A + _B * k if k % 2 == 0 else -_A - _B * k) for k, x in zip(some, p, strict=True)]
    while len(p) > 1:
        if len(p) % 2:  # a neutral element
            p, q, t = [*p, mpz(1)], [*q, mpz(1)], [*t, mpz(0)]
        t = [a * d + b * c for a, b, c, d in zip(t[::2], t[1::2], p[::2], q[1::2], strict=True)]
        p, q = list(map(mul, p[::2], p[1::2])), list(map(mul, q[::2], q[1::2]))
    return p[0], q[0] >> twos(some), t[0]


@lru_cache(maxsize=32)
def _common(half: int) -> mpz:
    """Return the common factor C(h), for h = `half`, by which `join` divides P1 and Q2.

    P1 belongs to the first h of 2h terms, Q2 to the other h. Both products contain H(h), the part
    of (h!)^3 that is prime to 6. But the joins of shorter ranges have already divided a part of
    H(h) out of P1, and the same part out of Q2. That part is F(h) = F(h/2)^2 C(h/2). So C(h) = H(h)
    / F(h) = C(h/2) H(h) / H(h/2)^2. There H(h) / H(h/2)^2 is the third power of a binomial, without
    its factors of two and three.
    """
    if half > LEAF:
        return _common(half // 2) * _cube(bincoef(half, half // 2))
    return _cube(fac(half))


def _cube(number: mpz) -> mpz:
    """Return the third power of `number` after removing its factors of two and three."""
    number = remove(number >> number.bit_scan1(0), 3)[0]
    return number * number * number


def shifted(number: mpz, by: int) -> mpz:
    """Return `number` shifted to the left by `by` bits, or to the right if `by` is negative.

    >>> shifted(mpz(5), -1)
    mpz(2)
    """
    return number << by if by >= 0 else number >> -by
