"""Reciting pi from memory: compare typed digits with the right ones."""

from __future__ import annotations


class Recital:
    """The digits typed so far, compared with the right ones.

    >>> recital = Recital(b"14159")
    >>> [recital.say(digit) for digit in "1425"], recital.score
    ([True, True, False, True], 2)
    """

    def __init__(self, digits: bytes) -> None:
        self.digits = digits
        self.said = 0
        self.wrong: list[int] = []
        """Offsets of the wrong digits."""

    def say(self, digit: str) -> bool:
        """Check the next digit; return False if it is wrong."""
        right = self.digits[self.said : self.said + 1] == digit.encode()
        if not right:
            self.wrong.append(self.said)
        self.said += 1
        return right

    @property
    def score(self) -> int:
        """Return the number of right digits before the first mistake."""
        return self.wrong[0] if self.wrong else self.said

    @property
    def is_over(self) -> bool:
        """Return True if no digits are left to recite."""
        return self.said >= len(self.digits)
