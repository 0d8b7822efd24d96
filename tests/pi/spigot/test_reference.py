"""The reference: equal to two libraries, and exact about where a result goes wrong."""

import random
from contextlib import suppress
from functools import partial
from threading import Event

import pytest
from gmpy2 import mpz

from pi_tui.machine import Abandoned
from pi_tui.pi.spigot.comparison import chudnovsky, reference
from pi_tui.pi.spigot.comparison.chudnovsky import Found
from pi_tui.pi.spigot.comparison.reference import first_difference, pi_digits
from pi_tui.pi.spigot.comparison.results import Kept, Node
from pi_tui.pi.spigot.pool import Check
from tests.pi.spigot.conftest import mpfr_digits, mpmath_digits


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 761, 762, 768, 12_345, 200_000])
def test_reference_digits_equal_those_of_mpfr_and_mpmath(n: int) -> None:
    assert pi_digits(n) == mpfr_digits(n) == mpmath_digits(n)


@pytest.mark.parametrize("position", [1, 2, 9_999, 10_000, 10_001, 20_000])
def test_first_wrong_digit_is_named_counting_from_one(position: int, pi: bytes) -> None:
    wrong = bytearray(pi[:20_000])
    wrong[position - 1] ^= 1
    wrong[-1] = pi[19_999] ^ 1
    assert first_difference(wrong) == position


@pytest.mark.parametrize("n", [1, 2, 3, 761, 762, 768, 20_000])
def test_right_digits_are_confirmed_without_a_division(
    n: int, pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(reference, "_spelled")
    assert first_difference(pi[:n]) is None


@pytest.mark.parametrize("n", [1, 2, 762, 767, 4_000])
def test_last_digit_off_by_one_is_found(n: int, pi: bytes) -> None:
    """Also with a carry: 134999999 for 135000000."""
    for near in (1, -1):
        digits = str(int("1" + pi[:n].decode()) + near)[1:].encode()
        assert first_difference(digits) == 1 + next(
            place for place, digit in enumerate(digits) if digit != pi[place]
        )


def test_digits_that_the_quick_check_cannot_confirm_are_compared_one_by_one(
    pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Happens where more nines or zeros follow the last digit than the guard bits cover."""
    monkeypatch.setattr(reference, "_are_right", lambda *_: False)
    assert first_difference(pi[:500]) is None
    assert first_difference(pi[:499] + b"x") == 500


def test_verification_counts_a_byte_that_is_no_digit_as_wrong() -> None:
    assert first_difference(b"14 5") == 3
    assert first_difference(b"1_15") == 2
    assert first_difference(b"+141") == 1


def test_progress_of_verification_of_wrong_digits_never_falls_and_ends_above_75_percent() -> None:
    shares: list[float] = []
    first_difference(b"1" * 10_000, lambda done, total: shares.append(done / total))
    assert shares == sorted(shares)
    assert 0.75 < shares[-1] <= 1


def test_progress_of_verification_never_falls_and_ends_above_90_percent(pi: bytes) -> None:
    """With threads, progress is polled every 20 ms, and once more when all results are found."""
    shares: list[float] = []
    assert first_difference(pi[:30_000], lambda done, total: shares.append(done / total)) is None
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1


def test_verification_can_be_cancelled_at_its_first_poll() -> None:
    def poll(done: int, total: int) -> None:
        assert done <= total
        raise Abandoned  # at the first poll, because on a fast machine there is no second one

    with pytest.raises(Abandoned):
        first_difference(b"1" * 50_000, poll)


@pytest.mark.parametrize(("n", "threads"), [(1, 0), (300, 0), (30_000, 2)])
def test_pi_digits_cancelled_after_each_new_result_continues_without_computing_twice(
    n: int, threads: int, pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, finds, done = Kept(), list[str](), [0]
    graph, polled = reference._graph, Event()

    def counted(n: int) -> dict[str, Node]:
        def make(name: str, node: Node, check: Check, *parts: Found) -> Found:
            found = node.make(check, *parts)
            polled.clear()
            while threads and not polled.wait(0.01):
                check()
            finds.append(name)
            return found

        return {
            name: node._replace(make=partial(make, name, node)) for name, node in graph(n).items()
        }

    def poll(now: int, total: int) -> None:
        polled.set()
        assert done[-1] <= now <= total, "what was done stays done"
        if reference.found(n, kept) > done[-1]:  # more is kept than the last time
            done.append(reference.found(n, kept))
            raise Abandoned

    monkeypatch.setattr(reference, "_graph", counted)
    text = b""
    while not text:
        with suppress(Abandoned):
            text = pi_digits(n, poll, threads, kept)
    assert text == pi[:n]
    assert len(done) > 2
    assert sorted(finds) == sorted(set(finds)), "but what was half done when it was abandoned"
    assert set(finds) == set(reference.names(n))


def test_verification_continues_from_each_of_40_random_subsets_of_kept_results(pi: bytes) -> None:
    """After a kill between two results, those they depend on may be kept or not."""
    chance, whole, kept = random.Random(5), Kept(), Kept()
    pi_digits(60_000, lambda _done, _total: whole.update(kept), 0, kept)
    assert set(kept) == {"q", "t"}  # at the end nothing else is kept
    assert len(whole) > len(reference.names(60_000)) / 2
    for _ in range(40):
        some = {name: found for name, found in whole.items() if chance.random() < 0.5}
        assert first_difference(pi[:60_000], kept=some) is None


@pytest.mark.parametrize("start", [0, 1, 2, 97, 5_000])
@pytest.mark.parametrize("leaf", [65, 100, 127, 128])
def test_p_and_q_of_chudnovsky_times_the_factors_taken_out_equal_the_full_products(
    start: int, leaf: int
) -> None:
    """For Q, the factors of two are put back too."""
    for length in (leaf, 2 * leaf, 4 * leaf, 8 * leaf):
        p, q, _ = chudnovsky.sum_of(terms := range(start, start + length), lambda: None)
        out, half = mpz(1), length // 2
        while half >= leaf:
            out *= chudnovsky._common(half) ** (length // (2 * half))
            half //= 2
        whole_p = whole_q = mpz(1 if start else 5)
        for k in terms[0 if start else 1 :]:
            whole_p *= (6 * k - 5) * (2 * k - 1) * (6 * k - 1)
            whole_q *= k**3 * (640_320**3 // 24)
        assert (p * out, q * out << chudnovsky.twos(terms)) == (whole_p, whole_q)


@pytest.mark.parametrize("n", [25_000, 60_000])
def test_verification_discards_results_kept_by_version_1_1_and_computes_them_again(
    n: int, pi: bytes
) -> None:
    """They have other names, because their common factors were not taken out."""
    old = {"root", "top-q", "top-t1", "top-t2", *map(str, range(16)), "0+1", "2+3", "0+1+2+3"}
    kept: Kept = {name: (mpz(1), mpz(2), mpz(3)) for name in old}
    assert old.isdisjoint(reference.names(n))
    assert reference.found(n, kept) == 0
    assert first_difference(pi[:n], kept=kept) is None
    assert set(kept) == {"q", "t"}
