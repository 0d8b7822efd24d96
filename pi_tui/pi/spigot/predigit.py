"""The predigit: a super-digit, held back with the nines behind it while a carry may come."""

from __future__ import annotations

from gmpy2 import mpz

from pi_tui.pi.spigot.numerals import power_of_ten, to_text


def settle(
    predigit: mpz, nines: int, quotient: mpz, k: int, text: bytes = b""
) -> tuple[bytes, mpz, int]:
    """Apply the textbook's rule; return the text that is settled now, the new predigit and nines.

    `quotient` is the next super-digit, from 0 to R; `text` is that of the predigit, if it is known.

    >>> settle(mpz(12), 3, mpz(7), k=2)
    (b'12999999', mpz(7), 0)
    >>> settle(mpz(12), 3, mpz(99), k=2)
    (b'', mpz(12), 4)
    >>> settle(mpz(12), 3, mpz(100), k=2)  # a carry: nines become zeros
    (b'13000000', mpz(0), 0)
    """
    radix = power_of_ten(k)
    if quotient == radix - 1:
        return b"", predigit, nines + 1
    if quotient == radix:
        return to_text(predigit + 1, k) + b"0" * (k * nines), mpz(0), 0
    return (text or to_text(predigit, k)) + b"9" * (k * nines), quotient, 0


def first_digits(predigit: mpz, width: int, most: int) -> str:
    """Return at most `most` of the first digits of a predigit of `width` digits.

    >>> first_digits(mpz(31415), 6, 4)
    '0314'
    """
    hidden = max(width - most, 0)
    return to_text(predigit // power_of_ten(hidden), width - hidden).decode()
