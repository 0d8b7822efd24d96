"""The predigit: the last super-digit that is not all nines, held because a carry may change it.

The super-digits of nines after it are held too, because a carry would pass through them.
"""

from __future__ import annotations

from gmpy2 import mpz

from pi_tui.machine import WrongState
from pi_tui.pi.spigot.numerals import power_of_ten, to_text


def settle(
    predigit: mpz, nines: int, quotient: mpz, k: int, text: bytes = b""
) -> tuple[bytes, mpz, int]:
    """Settle the held digits with the next super-digit, or hold it too if it is all nines.

    Returns the digits settled now, the new predigit, and the new number of held nines.

    `quotient` is the next super-digit, of `k` digits. `nines` counts the super-digits of nines that
    are held after `predigit`. `text` is the predigit as text, if that is known. If the quotient is
    10^k or more, 1 is carried into the digits that are held. Raises WrongState if 1 is not enough,
    or if the predigit is all nines and cannot take it; neither happens with blocks as large as
    `plan` chooses (series.py).

    >>> settle(mpz(12), 3, mpz(7), k=2)
    (b'12999999', mpz(7), 0)
    >>> settle(mpz(12), 3, mpz(99), k=2)
    (b'', mpz(12), 4)
    >>> settle(mpz(12), 3, mpz(100), k=2)  # a carry: nines become zeros
    (b'13000000', mpz(0), 0)
    >>> settle(mpz(12), 0, mpz(134), k=2)
    (b'13', mpz(34), 0)
    """
    radix = power_of_ten(k)
    if quotient == radix - 1:
        return b"", predigit, nines + 1
    if quotient < radix:
        return (text or to_text(predigit, k)) + b"9" * (k * nines), quotient, 0
    if quotient >= 2 * radix or predigit == radix - 1:
        raise WrongState("a carry is too large; begin again with larger blocks")
    carried = _one_more(text) if text else to_text(predigit + 1, k)
    return carried + b"0" * (k * nines), quotient - radix, 0


def _one_more(text: bytes) -> bytes:
    """Add one to a number given as text; at least one of its digits must not be a nine.

    >>> _one_more(b"1399")
    b'1400'
    """
    head = text.rstrip(b"9")
    return head[:-1] + bytes([head[-1] + 1]) + b"0" * (len(text) - len(head))


def first_digits(predigit: mpz, width: int, most: int) -> str:
    """Return at most `most` of the first digits of a predigit of `width` digits.

    >>> first_digits(mpz(31415), 6, 4)
    '0314'
    """
    hidden = max(width - most, 0)
    return to_text(predigit // power_of_ten(hidden), width - hidden).decode()
