"""Digits of pi from two libraries that share nothing with ours; small pieces of states."""

import gmpy2
import mpmath
import pytest

from pi_tui.pi.spigot import size


def mpfr_digits(n: int) -> bytes:
    """Return n decimals from MPFR's const_pi."""
    text = gmpy2.const_pi(int(n * 3.3219281) + 64).digits(10, n + 10)[0]
    return str(text)[1 : n + 1].encode()


def mpmath_digits(n: int) -> bytes:
    """Return n decimals from mpmath."""
    with mpmath.workdps(n + 10):
        text = mpmath.nstr(mpmath.mp.pi, n + 10, strip_zeros=False)
    return str(text)[2 : n + 2].encode()


@pytest.fixture(scope="session")
def pi() -> bytes:
    """Return 100,000 decimals of pi, from MPFR."""
    return mpfr_digits(100_000)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pieces so small that hundreds of digits fill several, as millions do."""
    monkeypatch.setattr(size, "BATCH", 128)
