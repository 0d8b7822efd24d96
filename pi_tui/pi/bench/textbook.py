"""The textbook's spigot, one digit at a time in plain Python, as a yardstick for `bench`.

    python -m pi_tui.pi.bench.textbook 1000

Rabinowitz and Wagon, "A spigot algorithm for the digits of pi", American Mathematical Monthly 102
(1995). Unlike most copies it has guard boxes and never shows a digit that may still change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator


def textbook(digits: int) -> str:
    """Return the first decimals of pi after "3."; takes about 3.3·digits² updates of a box.

    >>> textbook(20)
    '14159265358979323846'
    """
    text = ""
    for settled in _settled_digits(boxes=(digits + 4) * 10 // 3 + 64):
        text += settled
        if len(text) > digits:
            return text[1 : digits + 1]
    raise AssertionError("digits do not end")


def _settled_digits(boxes: int) -> Iterator[str]:
    """Yield the 3 and the decimals, each as soon as no later carry can change it."""
    numbers = [2] * boxes
    predigit, nines = "", 0
    while True:
        digit = _sweep(numbers)
        if digit == 9:
            nines += 1
        elif digit == 10:
            yield str(int(predigit) + 1) + "0" * nines
            predigit, nines = "0", 0
        else:
            yield predigit + "9" * nines
            predigit, nines = str(digit), 0


def _sweep(numbers: list[int]) -> int:
    """Do one iteration: multiply every box by ten and carry the excess to the left."""
    carry = 0
    for i in range(len(numbers) - 1, 0, -1):
        quotient, numbers[i] = divmod(numbers[i] * 10 + carry, 2 * i + 1)
        carry = quotient * i
    digit, numbers[0] = divmod(numbers[0] * 10 + carry, 10)
    return digit


if __name__ == "__main__":
    print("3." + textbook(int(sys.argv[1])))
