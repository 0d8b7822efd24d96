"""Find a text in the output of a run while the output grows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Output(Protocol):
    """The output of a run: bytes, or the worker's growing bytearray. Slice and search it only."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> bytes | bytearray: ...

    def find(self, sub: bytes, start: int = ..., end: int = ..., /) -> int:
        """Return the offset of `sub`, as `bytes.find` does."""

    def count(self, sub: bytes, start: int = ..., end: int = ..., /) -> int:
        """Return the number of times `sub` occurs, as `bytes.count` does."""


class Needle:
    """A text to find, and the number of its hits so far; hits may overlap."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self.hits = 0
        self._searched = 0
        self._overlaps = any(
            self.text.startswith(self.text[shift:]) for shift in range(1, len(self.text))
        )

    def feed(self, output: Output, stop: int) -> None:
        """Count the hits in new output: those that end at or before `stop`, not counted yet."""
        start = max(0, self._searched - len(self.text) + 1)
        if stop > self._searched:
            self.hits += self.count_in(output, start, stop)
            self._searched = stop

    def count_in(self, output: Output, start: int, stop: int) -> int:
        """Return the number of hits in the output from `start` to `stop`.

        A text that cannot overlap itself is counted by bytes.count: 10 ms in ten million bytes.
        Other texts are rare, and their hits are found one by one.

        >>> Needle("11").count_in(b"1112111", 0, 7)
        4
        """
        if not self._overlaps:
            return output.count(self.text, start, stop)
        return sum(1 for _ in self._find_all(output, start, stop))

    def _find_all(self, output: Output, start: int, stop: int) -> Iterator[int]:
        at = output.find(self.text, start, stop)
        while at >= 0:
            yield at
            at = output.find(self.text, at + 1, stop)

    def hits_in(self, output: Output, start: int, stop: int) -> Iterator[int]:
        """Yield the offsets of all hits that reach into the output from `start` to `stop`."""
        reach = len(self.text) - 1
        window = bytes(output[max(0, start - reach) : stop + reach])
        base = max(0, start - reach)
        return (base + at for at in self._find_all(window, 0, len(window)))

    def next_after(self, output: Output, offset: int, stop: int) -> int | None:
        """Return the offset of the first hit after `offset`, or else of the first; or None.

        >>> Needle("9").next_after(b"1929", 1, 4), Needle("9").next_after(b"1929", 3, 4)
        (3, 1)
        """
        at = output.find(self.text, offset + 1, stop)
        if at < 0:
            at = output.find(self.text, 0, stop)
        return None if at < 0 else at

    def last_before(self, output: Output, offset: int, stop: int) -> int | None:
        """Return the offset of the last hit before `offset`, or else of the last; or None.

        >>> Needle("1").last_before(b"1921", 1, 4), Needle("1").last_before(b"1921", 0, 4)
        (0, 3)
        """
        reach = len(self.text) - 1
        at = _rfind(output, self.text, offset + reach) if offset > 0 else -1
        if at < 0:
            at = _rfind(output, self.text, stop)
        return None if at < 0 else at

    def number_of(self, output: Output, offset: int) -> int:
        """Return the number of the hit at `offset`, from 1."""
        return self.count_in(output, 0, offset + len(self.text))


def _rfind(output: Output, text: bytes, stop: int) -> int:
    """Return the offset of the last hit that ends at or before `stop`; -1 if there is none.

    Searches back in growing pieces, because Output can only be sliced, counted and searched
    forward.
    """
    reach, piece = len(text) - 1, 4096
    while stop > 0:
        start = max(0, stop - piece)
        at = bytes(output[start:stop]).rfind(text)
        if at >= 0:
            return start + at
        if start == 0:
            break
        stop, piece = start + reach, piece * 4
    return -1
