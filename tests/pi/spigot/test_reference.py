"""The reference: equal to two libraries, and exact about where a result goes wrong."""

import random
from contextlib import suppress
from typing import Any

import pytest

from pi_tui.machine import Abandoned
from pi_tui.pi.spigot import reference
from pi_tui.pi.spigot.reference import first_difference, pi_digits
from tests.pi.spigot.conftest import mpfr_digits, mpmath_digits


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 761, 762, 768, 12_345, 200_000])
def test_reference_equals_mpfr_and_mpmath(n: int) -> None:
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


def test_digits_in_doubt_are_compared_one_by_one(
    pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Happens where more nines or zeros follow the last digit than the guard bits cover."""
    monkeypatch.setattr(reference, "_are_right", lambda *_: False)
    assert first_difference(pi[:500]) is None
    assert first_difference(pi[:499] + b"x") == 500


def test_non_digit_counts_as_wrong() -> None:
    assert first_difference(b"14 5") == 3
    assert first_difference(b"1_15") == 2
    assert first_difference(b"+141") == 1


def test_verification_reports_its_progress() -> None:
    shares: list[float] = []
    first_difference(b"1" * 10_000, lambda done, total: shares.append(done / total))
    assert shares == sorted(shares)
    assert 0.75 < shares[-1] <= 1


def test_progress_of_verification_ends_at_its_total(pi: bytes) -> None:
    """With threads, progress is polled before each stage, so the last stage is reported too."""
    shares: list[float] = []
    assert first_difference(pi[:30_000], lambda done, total: shares.append(done / total)) is None
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1


def test_verification_can_be_cancelled() -> None:
    def poll(done: int, total: int) -> None:
        assert done <= total
        raise Abandoned  # at the first poll, because on a fast machine there is no second one

    with pytest.raises(Abandoned):
        first_difference(b"1" * 50_000, poll)


@pytest.mark.parametrize(("n", "threads"), [(1, 0), (300, 0), (30_000, 2)])
def test_verification_cancelled_at_any_poll_continues_without_computing_twice(
    n: int, threads: int, pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, finds, done = reference.Kept(), list[str](), [0]
    find = reference._find

    def counted(name: str, *more: Any) -> None:
        find(name, *more)
        finds.append(name)

    def poll(now: int, total: int) -> None:
        assert done[-1] <= now <= total, "what was done stays done"
        if reference.found(n, kept) > done[-1]:  # more is kept than the last time
            done.append(reference.found(n, kept))
            raise Abandoned

    monkeypatch.setattr(reference, "_find", counted)
    text = b""
    while not text:
        with suppress(Abandoned):
            text = pi_digits(n, poll, threads, kept)
    assert text == pi[:n]
    assert len(done) > 2
    assert sorted(finds) == sorted(set(finds)), "but what was half done when it was abandoned"
    assert set(finds) == set(reference.names(n))


def test_verification_continues_from_any_subset_of_kept_results(pi: bytes) -> None:
    """After a kill between two results, those they depend on may be kept or not."""
    chance, whole, kept = random.Random(5), reference.Kept(), reference.Kept()
    pi_digits(30_000, lambda _done, _total: whole.update(kept), 2, kept)
    assert set(whole) >= {"root", "0", "0+1", "top-q"}
    assert set(kept) == {"root", "top-q", "top-t1", "top-t2"}  # at the end nothing else is kept
    for _ in range(40):
        some = {name: found for name, found in whole.items() if chance.random() < 0.5}
        assert pi_digits(30_000, kept=some) == pi[:30_000]
