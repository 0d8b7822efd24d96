"""The textbook's spigot, one digit at a time in plain Python, as a yardstick for `bench`.

    python -m pi_tui.pi.bench.textbook 1000

Rabinowitz and Wagon, "A spigot algorithm for the digits of pi", American Mathematical Monthly 102
(1995). Nothing is shown before the end, so no digit is held back: a quotient of 10 is carried when
all are added up.
"""

from __future__ import annotations

import sys

GUARD = 24
"""Iterations, and so digits, beyond those asked for: no later carry comes through so many nines."""


def textbook(digits: int) -> str:
    """Return the first decimals of pi after "3."; takes about 3.3·digits² updates of a box.

    >>> textbook(20)
    '14159265358979323846'
    """
    numbers = [2] * ((digits + GUARD) * 10 // 3 + 64)
    pi = 0
    for _ in range(digits + GUARD):
        pi = 10 * pi + _sweep(numbers)
    return str(pi)[1 : digits + 1]


def _sweep(numbers: list[int]) -> int:
    """Do one iteration: multiply every box by ten and carry the excess to the left.

    Returns the quotient that is carried out of the leftmost box.
    """
    carry = 0
    for i in range(len(numbers) - 1, 0, -1):
        quotient, numbers[i] = divmod(numbers[i] * 10 + carry, 2 * i + 1)
        carry = quotient * i
    digit, numbers[0] = divmod(numbers[0] * 10 + carry, 10)
    return digit


if __name__ == "__main__":
    sys.set_int_max_str_digits(0)
    print("3." + textbook(int(sys.argv[1])))
