"""Finding a string of digits among all that are there, while more arrive."""

from __future__ import annotations

from collections.abc import Iterator

from pi_tui.pi.digits.chance import chance as chance
from pi_tui.pi.digits.chance import chance_in_words as chance_in_words
from pi_tui.pi.digits.statistics import Digits


class Needle:
    """A string of digits to find; counts its hits as the digits come, overlapping ones too."""

    def __init__(self, text: str) -> None:
        self.text = text.encode("ascii")
        self.hits = 0
        self._searched = 0
        self._overlaps = any(
            self.text.startswith(self.text[shift:]) for shift in range(1, len(self.text))
        )

    def feed(self, digits: Digits, stop: int) -> None:
        """Count the hits that end before offset `stop` and were not counted yet."""
        start = max(0, self._searched - len(self.text) + 1)
        if stop > self._searched:
            self.hits += self.count_in(digits, start, stop)
            self._searched = stop

    def count_in(self, digits: Digits, start: int, stop: int) -> int:
        """How often it occurs within the digits from `start` to `stop`.

        A needle that cannot overlap itself is counted by bytes.count: 10 ms in ten million
        digits. Others occur at most n / 10^length times, and are found one by one.

        >>> Needle("11").count_in(b"1112111", 0, 7)
        4
        """
        if not self._overlaps:
            return digits.count(self.text, start, stop)
        return sum(1 for _ in self._find_all(digits, start, stop))

    def _find_all(self, digits: Digits, start: int, stop: int) -> Iterator[int]:
        at = digits.find(self.text, start, stop)
        while at >= 0:
            yield at
            at = digits.find(self.text, at + 1, stop)

    def hits_in(self, digits: Digits, start: int, stop: int) -> Iterator[int]:
        """Offsets of all hits that reach into the digits from `start` to `stop`."""
        reach = len(self.text) - 1
        window = bytes(digits[max(0, start - reach) : stop + reach])
        base = max(0, start - reach)
        return (base + at for at in self._find_all(window, 0, len(window)))

    def next_after(self, digits: Digits, offset: int, stop: int) -> int | None:
        """The first hit behind `offset`, or from the beginning if there is none; None without hits.

        >>> Needle("9").next_after(b"1929", 1, 4), Needle("9").next_after(b"1929", 3, 4)
        (3, 1)
        """
        at = digits.find(self.text, offset + 1, stop)
        if at < 0:
            at = digits.find(self.text, 0, stop)
        return None if at < 0 else at

    def last_before(self, digits: Digits, offset: int, stop: int) -> int | None:
        """The last hit before `offset`, or the very last if there is none; None without hits.

        >>> Needle("1").last_before(b"1921", 1, 4), Needle("1").last_before(b"1921", 0, 4)
        (0, 3)
        """
        reach = len(self.text) - 1
        at = _rfind(digits, self.text, offset + reach) if offset > 0 else -1
        if at < 0:
            at = _rfind(digits, self.text, stop)
        return None if at < 0 else at

    def number_of(self, digits: Digits, offset: int) -> int:
        """Which hit, counted from 1, stands at `offset`."""
        return self.count_in(digits, 0, offset + len(self.text))


def _rfind(digits: Digits, text: bytes, stop: int) -> int:
    """The last hit that ends at or before `stop`; looks back in pieces that grow.

    The worker's buffer is only ever sliced, counted and searched forward.
    """
    reach, piece = len(text) - 1, 4096
    while stop > 0:
        start = max(0, stop - piece)
        at = bytes(digits[start:stop]).rfind(text)
        if at >= 0:
            return start + at
        if start == 0:
            break
        stop, piece = start + reach, piece * 4
    return -1
