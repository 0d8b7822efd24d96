"""Digits of pi from two libraries that share nothing with the spigot or with our reference."""

import gmpy2
import mpmath
import pytest


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
