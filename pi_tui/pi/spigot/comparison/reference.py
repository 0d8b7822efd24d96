"""Pi by an independent formula, the Chudnovsky series, to verify the spigot's digits.

Shares only numerals.py and pool.py with the spigot, and the tests compare it with the pi of MPFR
and of mpmath. Unlike those it can be cancelled and continued, uses two cores and never holds the
interpreter lock for more than a few ms. MPFR's const_pi is one call that holds the lock and takes
nearly twice as long on one core.
"""

from __future__ import annotations

from functools import partial

from gmpy2 import mpz

from pi_tui.machine import Poll, unwatched
from pi_tui.pi.spigot.comparison import chudnovsky
from pi_tui.pi.spigot.comparison.chudnovsky import Found
from pi_tui.pi.spigot.comparison.results import Graph, Node, compute, left
from pi_tui.pi.spigot.comparison.results import Kept as Kept
from pi_tui.pi.spigot.numerals import power_of_ten, to_number, to_text
from pi_tui.pi.spigot.pool import Check, gather

_ALONE = 20_000
"""Maximum digits computed without threads, which would cost more than they save."""
_GUARD_BITS = 64
_CHUNK = 10_000
_ENDS = ("q", "t")
"""Names of the last results, from which pi is computed."""
_COMPARED = ("lower", "pi")
"""Names of the results that are compared in the end, which depend on the digits."""
_SIDE_BY_SIDE = 5_000_000
"""Maximum digits whose longest products are computed side by side, which takes more memory."""
_AFTER = 4
"""Number of results that progress counts after those in `_ENDS`.

A comparison needs two halves of the digits as numbers, and the two results in `_COMPARED`. The
text of pi needs two halves as numbers, and two as texts.
"""


def pi_digits(n: int, poll: Poll = unwatched, threads: int = 2, kept: Kept | None = None) -> bytes:
    """Return the first n decimals of pi after "3.", truncated, not rounded. Costs O(M(n) log² n).

    Calls `poll` in the calling thread, with the work done and in all; `poll` may raise to cancel.
    `kept` then holds the results found so far, from which the next call can continue.

    >>> pi_digits(10)
    b'1415926535'
    """
    threads = threads if n > _ALONE else 0
    results = _compute(_graph(n), _ENDS, threads, {} if kept is None else kept, poll)
    return _spelled(n, results, poll, threads)


def first_difference(
    result: bytes | bytearray,
    poll: Poll = unwatched,
    threads: int = 2,
    kept: Kept | None = None,
) -> int | None:
    """Return the position, from 1, of the first wrong decimal; None if all are right.

    A few products prove right digits right, without a division or a root. The text of pi, which
    takes longer, is computed only if some digits are wrong, or, very rarely, if the products prove
    nothing. For `poll` and `kept` see `pi_digits`.

    >>> first_difference(b"1415926545")
    9
    """
    n, kept = len(result), {} if kept is None else kept
    threads, graph = threads if n > _ALONE else 0, _graph(n)
    ends: tuple[str, ...] = _ENDS
    if is_text := result.isdigit():
        graph, ends = graph | _comparison(memoryview(result)), _ENDS + _COMPARED
    results = _compute(graph, ends, threads, kept, poll)
    if is_text and _are_right(results):
        return None
    right = _spelled(n, results, lambda _, total: poll(total, total), threads)
    for start in range(0, n, _CHUNK):
        piece = result[start : start + _CHUNK]
        if piece != right[start : start + _CHUNK]:
            return start + 1 + next(i for i, d in enumerate(piece) if d != right[start + i])
    return None


def found(n: int, kept: Kept) -> int:
    """Count the intermediate results for n decimals that need not be computed any more.

    These are the results in `kept`, and those that are needed for nothing else than them, directly
    or through others.
    """
    graph = _graph(n)
    return len(graph) - len(left(graph, _ENDS, kept))


def share_found(n: int, kept: Kept) -> float:
    """Return the share of the results of a comparison of n decimals that `kept` saves.

    From 0 to less than 1, because the last `_AFTER` results are never kept.
    """
    return found(n, kept) / (len(_graph(n)) + _AFTER) if kept else 0.0


def names(n: int) -> dict[str, int]:
    """Map the name of each intermediate result for n decimals to the count of its numbers, 1 or 3.

    These are all results that `pi_digits` may keep. A saved result is decoded by this count.
    """
    return {name: 1 if name in _ENDS else 3 for name in _graph(n)}


def found_by_1_1(n: int, kept: set[str]) -> int:
    """Count the steps that version 1.1 made for the saved results named in `kept`, for n decimals.

    This version discards these results, because their common factors were not taken out, and
    computes them again. Their steps still count, so that the number of steps of a resumed run does
    not fall.
    """
    pieces, tops = 2 if n < 199 else 16, {"top-q", "top-t1", "top-t2"}
    ranges = [
        "+".join(map(str, range(first, first + count)))
        for count in (1, 2, 4, 8)
        for first in range(0, pieces, count)
        if count < pieces
    ]
    if not tops <= kept:  # a range is found if it is in one that is kept
        ranges = [name for name in ranges if any(f"+{name}+" in f"+{one}+" for one in kept)]
    return len(ranges) + len(kept & {"root", *tops})


def _graph(n: int) -> dict[str, Node]:
    """Return how to compute each intermediate result for n decimals, as a node under its name.

    A node names the results that are needed for its own, and the nodes of these come before it.
    """
    some = chudnovsky.ranges(n)
    graph = {_name(of): Node((), partial(chudnovsky.sum_of, of)) for of in some}
    while len(some) > 2:
        some = [range(of.start, more.stop) for of, more in zip(some[::2], some[1::2], strict=True)]
        graph |= {_name(of): Node(_halves(of), partial(chudnovsky.join, of)) for of in some}
    whole = range(some[0].start, some[1].stop)
    for name, make in zip(_ENDS, (chudnovsky.last_q, chudnovsky.last_t), strict=True):
        graph[name] = Node(_halves(whole), partial(make, whole, _bits(n)))
    return graph


def _name(terms: range) -> str:
    return f"{terms.start}-{terms.stop}"


def _halves(terms: range) -> tuple[str, str]:
    half = len(terms) // 2
    return _name(terms[:half]), _name(terms[half:])


def _bits(n: int) -> int:
    """Return how many leading bits of a number matter when it is compared to n decimals."""
    return n * 3_321_928_095 // 1_000_000_000 + 2 * _GUARD_BITS


def _compute(graph: Graph, ends: tuple[str, ...], threads: int, kept: Kept, poll: Poll) -> Kept:
    """Compute the results named in `ends`, and return them by name; continue from those in `kept`.

    Calls `poll` with the number of results found and the number in all. The latter includes the
    last `_AFTER` results, those of a comparison or of the text of pi.
    """
    total = len([node for node in graph.values() if not node.hidden]) + _AFTER
    done = len(graph) - len(left(graph, ends, kept))
    return compute(graph, ends, threads, kept, lambda more: poll(done + more, total))


def _comparison(text: memoryview) -> dict[str, Node]:
    """Return the nodes to add to `_graph(n)`, to compare these n digits with pi.

    Let x be the number that 3 and these digits spell. The digits are right if 0 < pi·10^n - x < 1.
    By pi = 426880 √10005 Q / T, that is (x T)^2 < 426880^2 · 10005 · (10^n Q)^2 < ((x + 1) T)^2.
    This needs no root and no division.

    The nodes need the results q and t of that graph. `lower` is (x T)^2 with its distance to the
    upper bound of this inequality, and `pi` is the number in its middle.
    """
    high, bits = len(text) - len(text) // 2, _bits(len(text))

    def head(_: Check) -> Found:
        return (to_number(text[:high]) + 3 * power_of_ten(high),)

    def tail(_: Check) -> Found:
        return (to_number(text[high:]),)

    def lower(check: Check, t: Found, head: Found, tail: Found) -> Found:
        x = head[0] * power_of_ten(len(text) - high) + tail[0]
        check()
        square, beyond = _square(x * t[0], bits, check)
        return square, mpz(beyond), 2 * square // x

    def pi(check: Check, q: Found, *_: Found) -> Found:
        tens = power_of_ten(high) * power_of_ten(len(text) - high)
        check()
        square, beyond = _square(tens * q[0], bits, check)
        return 426_880**2 * 10_005 * square, mpz(beyond)

    waits_for = ("lower",) if len(text) > _SIDE_BY_SIDE else ()
    return {
        "head": Node((), head, hidden=True),
        "tail": Node((), tail, hidden=True),
        "lower": Node(("t", "head", "tail"), lower, hidden=True),
        "pi": Node(("q", *waits_for), pi, hidden=True),
    }


def _square(number: mpz, bits: int, check: Check) -> tuple[mpz, int]:
    """Return about `bits` leading bits of a number's square, and how many bits were cut off."""
    beyond = max(number.bit_length() - bits, 0)
    number >>= beyond
    check()
    square = number * number
    more = max(square.bit_length() - bits, 0)
    return square >> more, 2 * beyond + more


def _are_right(results: Kept) -> bool:
    """Return True if the two squares computed by `_comparison` prove the digits right.

    One is (x T)^2, made of the digits; the other is made of pi. The digits are right if the one of
    pi is larger, by less than ((x + 1) T)^2 - (x T)^2, which is just over (x T)^2 · 2 / x. The
    squares are cut, so each is wrong by a few units of its last bit. A difference so near to either
    bound that this error could matter proves nothing: then the result is False, and the digits of
    pi must be computed. The margin, `doubt`, is far above the error.
    """
    (lower, lower_less, unit), (pi, pi_less) = (results[name] for name in _COMPARED)
    by, by_pi = (int(less - min(lower_less, pi_less)) for less in (lower_less, pi_less))
    difference, unit = (pi << by_pi) - (lower << by), unit << by
    doubt = unit >> _GUARD_BITS // 2
    return bool(doubt < difference < unit - doubt)


def _spelled(n: int, results: Kept, poll: Poll, threads: int) -> bytes:
    """Return n decimals of pi after "3.", as ASCII bytes, by a division, from Q, T and √10005."""
    low, done, bits = n // 2, len(_graph(n)), _bits(n)

    def divided(check: Check) -> tuple[mpz, mpz]:
        (q,), (t,) = (results[name] for name in _ENDS)
        root = chudnovsky.root_10005(bits, check)
        tens = power_of_ten(low) * power_of_ten(n - low)  # power_of_ten(n) would stay cached
        scaled = (root * tens >> bits - _GUARD_BITS) * 426_880 * q // t
        return divmod(scaled >> _GUARD_BITS, power_of_ten(low))

    def text(number: mpz, width: int, _: Check) -> bytes:
        return to_text(number, width)

    halves = gather([divided], threads, lambda more: poll(done + 2 * more, done + _AFTER))
    texts = [partial(text, *of) for of in zip(halves[0], (n + 1 - low, low), strict=True)]
    return b"".join(gather(texts, threads, lambda more: poll(done + 2 + more, done + _AFTER)))[1:]
