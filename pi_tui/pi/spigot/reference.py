"""Pi by an independent formula, the Chudnovsky series, to verify the spigot's digits.

    1/pi = 12 Σ (-1)^k (6k)! (13591409 + 545140134 k) / ((3k)! (k!)^3 640320^(3k+3/2))

The series is summed by binary splitting (Haible and Papanikolaou 1998). This code shares no line
with the spigot, and the tests compare it with the pi of MPFR and of mpmath. Unlike those it can be
cancelled, uses two cores and never holds the interpreter lock for more than a few ms. MPFR's
const_pi is one call that holds the lock and takes nearly twice as long on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain, pairwise
from math import isqrt
from operator import mul
from typing import Any, NamedTuple, TypeVar

from gmpy2 import mpz

from pi_tui.machine import Poll, unwatched
from pi_tui.pi.spigot.numerals import power_of_ten, to_number, to_text
from pi_tui.pi.spigot.pool import Check, gather

T = TypeVar("T")

_DIGITS_PER_TERM = 14.181647462725477
_A, _B, _C3_OVER_24 = 13_591_409, 545_140_134, 640_320**3 // 24
_GUARD_BITS = 64
_ALONE = 20_000
"""Maximum digits computed without threads, which would cost more than they save."""
_PIECES = 16
"""Number of ranges of terms that are summed in parallel and then joined in pairs."""
_LIST = 512
_CHUNK = 10_000
_ENDS = ("root", "top-q", "top-t1", "top-t2")
"""Names of the last results, from which pi is computed."""
_AFTER = 4
"""Number of jobs after those of `_stages`: two halves of the digits, two products or texts."""


Found = tuple[mpz, ...]
"""One to three numbers: P, Q and T of a range of terms, or a product of them.

The sum of the range is T/Q, apart from the factor P of the ranges before it.
"""
Kept = dict[str, Found]
"""Intermediate results by name; a computation can continue from any subset of them."""


class _Node(NamedTuple):
    """One intermediate result (one to three numbers) that has to be computed."""

    of: tuple[str, ...]
    """The names of the results that this result depends on."""
    make: Callable[..., Found]
    """The function that computes this result from a `Check` and the results named in `of`."""


def pi_digits(n: int, poll: Poll = unwatched, threads: int = 2, kept: Kept | None = None) -> bytes:
    """Return the first n decimals of pi after "3.", truncated, not rounded. Costs O(M(n) log² n).

    Calls `poll` in the calling thread, with the work done and in all; `poll` may raise to cancel.
    `kept` then holds the results found so far, from which the next call can continue.

    >>> pi_digits(10)
    b'1415926535'
    """
    threads = threads if n > _ALONE else 0
    return _spelled(n, _series(n, poll, threads, kept), poll, threads)


def first_difference(
    result: bytes | bytearray,
    poll: Poll = unwatched,
    threads: int = 2,
    kept: Kept | None = None,
) -> int | None:
    """Return the position, from 1, of the first wrong decimal; None if all are right.

    Two products prove right digits right, without a division. Only if some are wrong is the text of
    pi computed, which takes longer. For `poll` and `kept` see `pi_digits`.

    >>> first_difference(b"1415926545")
    9
    """
    n = len(result)
    threads = threads if n > _ALONE else 0
    series = _series(n, poll, threads, kept)
    if result.isdigit() and _are_right(result, series, poll, threads):
        return None
    right = _spelled(n, series, lambda _, total: poll(total, total), threads)
    for start in range(0, len(right), _CHUNK):
        piece = result[start : start + _CHUNK]
        if piece != right[start : start + _CHUNK]:
            return start + 1 + next(i for i, d in enumerate(piece) if d != right[start + i])
    return None


class _Series(NamedTuple):
    """The summed series: pi times 10^n and the guard bits is `numerator()` over T."""

    root: mpz
    q: mpz
    t: mpz
    nodes: int
    """The number of intermediate results of the whole computation."""

    def numerator(self) -> mpz:
        """Return 426880·√10005·Q (see `_series`), scaled by 10^n and by 2^(guard bits)."""
        return 426_880 * self.root * self.q


def _series(n: int, poll: Poll, threads: int, kept: Kept | None) -> _Series:
    """Compute the root, and Q and T of all terms to the precision that matters."""
    kept = {} if kept is None else kept
    stages = _stages(n)
    left, nodes = _left(stages, kept), sum(map(len, stages))
    for number, wanted in enumerate(left):
        done, new = nodes - sum(map(len, left[number:])), Kept()

        def watch(more: int, done: int = done, new: Kept = new) -> None:
            kept.update(new)  # in this thread only: a `poll` that saves must see one state
            poll(done + more, nodes + _AFTER)

        jobs = [partial(_find, name, stages[number][name], kept, new) for name in wanted]
        try:
            gather(jobs, threads, watch)
        finally:
            kept.update(new)
        after = range(number + 1, len(stages))
        later = [stages[stage][name].of for stage in after for name in left[stage]]
        for name in kept.keys() - set(chain(_ENDS, *later)):
            del kept[name]
    root, q, t1, t2 = (kept[name][0] for name in _ENDS)
    return _Series(root, q, t1 + t2, nodes)


def _are_right(result: bytes | bytearray, series: _Series, poll: Poll, threads: int) -> bool:
    """Return True if 0 < pi·10^n - x < 1 is certain, where x is 3 followed by these digits."""
    high, total = len(result) - len(result) // 2, series.nodes + _AFTER
    text = memoryview(result)  # slices of it are no copies
    halves = [_job(to_number, text[:high]), _job(to_number, text[high:])]
    head, tail = gather(halves, threads, lambda more: poll(series.nodes + more, total))
    head += 3 * power_of_ten(high)
    low = power_of_ten(len(result) - high)
    products = [_job(lambda: (head * low + tail) * series.t << _GUARD_BITS), _job(series.numerator)]
    x, pi = gather(products, threads, lambda more: poll(series.nodes + 2 + more, total))
    doubt = series.t << _GUARD_BITS // 2
    return bool(doubt < pi - x < (series.t << _GUARD_BITS) - doubt)


def _spelled(n: int, series: _Series, poll: Poll, threads: int) -> bytes:
    """Compute the digits by division."""
    low, done, total = n // 2, series.nodes, series.nodes + _AFTER

    def divided() -> tuple[mpz, mpz]:
        return divmod(series.numerator() // series.t >> _GUARD_BITS, power_of_ten(low))

    halves = gather([_job(divided)], threads, lambda more: poll(done + 2 * more, total))
    texts = [_job(to_text, *of) for of in zip(halves[0], (n + 1 - low, low), strict=True)]
    return b"".join(gather(texts, threads, lambda more: poll(done + 2 + more, total)))[1:]


def _job(make: Callable[..., T], *of: Any) -> Callable[[Check], T]:
    """Return a job that ignores its check, because it is too short to be cancelled."""
    return lambda _: make(*of)


def found(n: int, kept: Kept) -> int:
    """Return how many of the intermediate results for n decimals need not be computed any more."""
    stages = _stages(n)
    return sum(map(len, stages)) - sum(map(len, _left(stages, kept)))


def share_found(n: int, kept: Kept) -> float:
    """Return the share of the comparison of n decimals that is done, 0 to 1."""
    return found(n, kept) / (len(names(n)) + _AFTER) if kept else 0.0


def names(n: int) -> dict[str, int]:
    """Return all names that `kept` may have for n decimals, with their counts of numbers."""
    return {name: 3 if name[0].isdigit() else 1 for stage in _stages(n) for name in stage}


def _stages(n: int) -> list[dict[str, _Node]]:
    """List the results to compute for n decimals by stage; a stage can run in parallel."""
    terms, bits = int(n / _DIGITS_PER_TERM) + 3, n * 3_321_928_095 // 1_000_000_000 + _GUARD_BITS
    pieces = _PIECES if terms > _PIECES else 2
    cuts = [terms * piece // pieces for piece in range(pieces + 1)]
    sums = {f"{i}": _Node((), partial(_sum, *cut)) for i, cut in enumerate(pairwise(cuts))}
    stages = [{"root": _Node((), partial(_root, bits, n))} | sums]
    while len(sums) > 2:
        pairs = zip(*[iter(sums)] * 2, strict=True)
        sums = {f"{left}+{right}": _Node((left, right), _join) for left, right in pairs}
        stages.append(sums)
    two = tuple(sums)  # in the last join P is left out, and products are cut to the bits needed
    tops = {"top-q": (1, 1), "top-t1": (2, 1), "top-t2": (0, 2)}
    stages.append({name: _Node(two, partial(_top, bits, *of)) for name, of in tops.items()})
    return stages


def _left(stages: list[dict[str, _Node]], kept: Kept) -> list[list[str]]:
    """Return the names of the results that each stage still has to compute."""
    wanted, left = set(_ENDS), list[list[str]]()
    for stage in reversed(stages):
        left.insert(0, [name for name in stage if name in wanted and name not in kept])
        wanted.update(*(stage[name].of for name in left[0]))
    return left


def _find(name: str, node: _Node, kept: Kept, new: Kept, check: Check) -> None:
    new[name] = node.make(check, *(kept[part] for part in node.of))


def _root(bits: int, n: int, check: Check) -> Found:
    """Compute √10005 times 10^n and the guard bits, to a few units, by Newton's method for 1/√.

    gmpy2's isqrt would do, but holds the interpreter lock: 0.25 s for ten million digits.
    """
    precision, inverse = 60, mpz(isqrt((1 << 120) // 10_005))
    while precision < bits + 32:
        check()
        finer = min(2 * precision - 8, bits + 32)
        error = (mpz(1) << 2 * precision) - 10_005 * inverse * inverse
        inverse = (inverse << finer - precision) + (inverse * error >> 3 * precision + 1 - finer)
        precision = finer
    low = n // 2
    shift = power_of_ten(low) * power_of_ten(n - low)  # power_of_ten(n) would stay cached
    return ((10_005 * inverse >> precision - bits) * shift >> bits - _GUARD_BITS,)


def _sum(first: int, last: int, check: Check) -> Found:
    """Sum the terms first … last-1."""
    check()
    if last - first <= _LIST:
        return _short_sum(range(first, last))
    middle = (first + last) // 2
    return _join(check, _sum(first, middle, check), _sum(middle, last, check))


def _short_sum(terms: range) -> Found:
    """Sum a few terms in lists, level by level: twice as fast as recursion to single terms."""
    p = [mpz((6 * k - 5) * (2 * k - 1) * (6 * k - 1)) for k in terms]
    q = [mpz(k * k * k * _C3_OVER_24) for k in terms]
    if terms[0] == 0:
        p[0] = q[0] = mpz(1)
    t = [x * (_A + _B * k if k % 2 == 0 else -_A - _B * k) for k, x in zip(terms, p, strict=True)]
    while len(p) > 1:
        if len(p) % 2:  # a neutral element
            p, q, t = [*p, mpz(1)], [*q, mpz(1)], [*t, mpz(0)]
        t = [a * d + b * c for a, b, c, d in zip(t[::2], t[1::2], p[::2], q[1::2], strict=True)]
        p, q = list(map(mul, p[::2], p[1::2])), list(map(mul, q[::2], q[1::2]))
    return p[0], q[0], t[0]


def _join(check: Check, left: Found, right: Found) -> Found:
    check()
    (p1, q1, t1), (p2, q2, t2) = left, right
    return p1 * p2, q1 * q2, q2 * t1 + p1 * t2


def _top(bits: int, a: int, b: int, _: Check, left: Found, right: Found) -> Found:
    """Multiply number `a` of the left by `b` of the right, truncated to the `bits` that matter.

    Q has more than twice the bits that matter. All three products are cut at the same place, which
    is that of Q. Each is right to a few units there, which the guard bits absorb.
    """
    beyond = max(left[1].bit_length() + right[1].bit_length() - bits - _GUARD_BITS, 0)
    x, y = left[a], right[b]
    matter = max(x.bit_length() + y.bit_length() - beyond, 0) + _GUARD_BITS
    less_x, less_y = (max(number.bit_length() - matter, 0) for number in (x, y))
    return ((x >> less_x) * (y >> less_y) >> beyond - less_x - less_y,)
