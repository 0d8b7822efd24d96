"""Chances that strings occur among the digits, as numbers and in words.

All formulas treat the digits as random, which is how the digits of pi have behaved so far.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

LIKELY = (0.63, 0.95)
"""Two chances used in messages: more likely than not, and almost certain."""
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))


def chance(length: int, digits: int) -> float:
    """Return the chance that a given string of that length occurs in `digits` random digits.

    The string can begin at places = digits - length + 1 positions. So 1 - (1 - 10^-length)^places
    is the usual estimate. The chance of a string that overlaps itself differs slightly.

    >>> round(chance(8, 100_000_000), 2), chance(3, 2)
    (0.63, 0.0)
    """
    places = digits - length + 1
    if places <= 0 or length <= 0:
        return 0.0
    return -math.expm1(places * math.log1p(-(10.0**-length)))


def expected(length: int, digits: int) -> float:
    """Return how often a given string of that length is expected in `digits` random digits.

    >>> expected(2, 1_000_001)
    10000.0
    """
    return float(Fraction(max(0, digits - length + 1), 10**length))


def digits_for(length: int, likely: float) -> int:
    """Return how many random digits contain a given string of that length with chance `likely`.

    From a length of 12 on, the result is exact to nine figures only.

    >>> [digits_for(8, likely) for likely in LIKELY]
    [99425234, 299573233]
    >>> chance(8, 99425234) >= 0.63 > chance(8, 99425233)
    True
    """
    if length < 12:
        places = math.ceil(math.log1p(-likely) / math.log1p(-(10.0**-length)))
    else:  # log1p(-x) equals -x to the last bit here, and 10.0**length would overflow in the end
        places = round(-math.log1p(-likely) * 10**9) * 10 ** (length - 9)
    return places + length - 1


def chance_in_words(probability: float) -> str:
    """Express a chance in words.

    >>> [chance_in_words(p) for p in (0.632, 0.9999, 0.0123, 0.0000004, 0.0)]
    ['63 %', 'all but certain', '1.2 %', '1 in 2,500,000', 'none yet']
    """
    if probability <= 0:
        return "none yet"
    if probability > 0.995:
        return "all but certain"
    if probability >= 0.1:
        return f"{probability * 100:.0f} %"
    if probability >= 0.001:
        return f"{probability * 100:.1f} %"
    return f"1 in {1 / probability:,.0f}"


def about(number: float) -> str:
    """Round a number to two figures; write it, from a million on, with a word or a power of ten.

    >>> about(30.4), about(299_573), about(99_425_234), about(299_573_232), about(11_111_111)
    ('30', '300,000', '99 million', '300 million', '11 million')
    >>> about(1_234_567), about(2_996_000_000), about(3 * 10**400)
    ('1.2 million', '3 billion', '3 × 10^400')
    """
    whole = round(number)
    if whole >= 10**15:
        tenths, zeros = f"{Decimal(whole):.1e}".split("e+")
        return f"{float(tenths):g} × 10^{zeros}"
    rounded = round(whole, 2 - len(str(whole))) if whole >= 100 else whole
    for scale, name in _SCALES:
        if rounded >= scale:
            return f"{rounded / scale:,.1f}".removesuffix(".0") + f" {name}"
    return f"{rounded:,}"
