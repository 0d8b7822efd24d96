"""The reference: equal to two libraries, and able to say where a result goes wrong."""

import pytest

from pi_tui.machine import Abandoned
from pi_tui.spigot.reference import first_difference, pi_digits
from tests.spigot.conftest import mpfr_digits, mpmath_digits


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 761, 762, 768, 12_345, 200_000])
def test_the_reference_is_mpfr_s_and_mpmath_s_pi(n: int) -> None:
    assert pi_digits(n) == mpfr_digits(n) == mpmath_digits(n)


@pytest.mark.parametrize("position", [1, 2, 9_999, 10_000, 10_001, 20_000])
def test_the_first_wrong_digit_is_named_from_one(position: int, pi: bytes) -> None:
    wrong = bytearray(pi[:20_000])
    wrong[position - 1] ^= 1
    wrong[-1] = pi[19_999] ^ 1
    assert first_difference(wrong) == position


def test_right_digits_have_no_difference(pi: bytes) -> None:
    assert first_difference(pi[:20_000]) is None


def test_verifying_tells_how_far_it_is() -> None:
    shares: list[float] = []
    first_difference(b"1" * 10_000, lambda done, total: shares.append(done / total))
    assert shares == sorted(shares)
    assert 0.75 < shares[-1] <= 1


def test_verifying_can_be_abandoned() -> None:
    def poll(done: int, total: int) -> None:
        assert done <= total
        raise Abandoned  # at the first look: on a quick machine there is no second one

    with pytest.raises(Abandoned):
        first_difference(b"1" * 50_000, poll)
