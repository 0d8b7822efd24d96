"""Pi from memory: what was typed, against the digits."""

from __future__ import annotations


class Recital:
    """What was typed so far, against what is right.

    >>> recital = Recital(b"14159")
    >>> [recital.say(digit) for digit in "1425"], recital.score
    ([True, True, False, True], 2)
    """

    def __init__(self, digits: bytes) -> None:
        self.digits = digits
        self.said = 0
        self.wrong: list[int] = []
        """Offsets of the digits that were not known."""

    def say(self, digit: str) -> bool:
        """Take the next digit; return False if it is wrong."""
        right = self.digits[self.said : self.said + 1] == digit.encode()
        if not right:
            self.wrong.append(self.said)
        self.said += 1
        return right

    @property
    def score(self) -> int:
        """Digits right from the first one on, without a mistake."""
        return self.wrong[0] if self.wrong else self.said

    @property
    def is_over(self) -> bool:
        """There are no more digits to know."""
        return self.said >= len(self.digits)
