"""Find a text in the output of a run while the output grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

Output = bytes | bytearray
"""The output of a run, which the worker may be appending to. Slice and search it only."""
BLOCK = 2 * 2**20
"""Bytes searched at once: about 2 ms, for which no other thread can run."""
_NONE = -1
"""In place of an offset: there is no such hit."""


def find_in(output: Output, text: bytes, start: int, stop: int) -> int:
    """Return the offset of the first `text` from `start` to `stop`, or -1; let other threads run.

    >>> find_in(b"1929", b"9", 2, 4), find_in(b"1929", b"29", 0, 3)
    (3, -1)
    """
    for first in range(start, stop, BLOCK):
        at = output.find(text, first, min(first + BLOCK + len(text) - 1, stop))
        if at >= 0:
            return at
    return _NONE


class Needle:
    """A text to find, and the number of its hits so far; hits may overlap.

    The output is searched in blocks, and a hit belongs to the block in which it ends. The number
    of hits before each block is kept. So the next hit is found, and the hits before a hit are
    counted, without a search of the whole output.
    """

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self.hits = 0
        self.searched = 0
        """Bytes of the output in which all hits are counted."""
        self._before = [0]
        """The number of hits before each block that was reached."""
        self._reach = len(self.text) - 1
        self._overlaps = any(
            self.text.startswith(self.text[shift:]) for shift in range(1, len(self.text))
        )

    # Counting

    def feed(self, output: Output, stop: int) -> None:
        """Count the hits in the first `stop` bytes of the output that were not counted before."""
        while self.feed_block(output, stop):
            pass

    def feed_block(self, output: Output, stop: int) -> bool:
        """Count hits in the output, but go on to the end of the current block of BLOCK bytes only.

        Returns True if the hits in the first `stop` bytes are not all counted yet: call again.
        """
        border = len(self._before) * BLOCK
        end = min(stop, border)
        if end > self.searched:
            self.hits += self.count_in(output, max(0, self.searched - self._reach), end)
            self.searched = end
            if end == border:
                self._before.append(self.hits)
        return self.searched < stop

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

    def number_of(self, output: Output, offset: int) -> int:
        """Return the number of the hit at `offset`: 1 if it is the first, 2 if it is the second, ….

        Returns 0 if the hits in the blocks before it are not all counted yet.
        """
        end = offset + len(self.text)
        block = end // BLOCK
        if block >= len(self._before):
            return 0
        return self._before[block] + self.count_in(output, self._first_start(block), end)

    # Finding

    def hits_in(self, output: Output, start: int, stop: int) -> Iterator[int]:
        """Yield the offsets of all hits that reach into the output from `start` to `stop`."""
        base = max(0, start - self._reach)
        window = bytes(output[base : stop + self._reach])
        return (base + at for at in self._find_all(window, 0, len(window)))

    def next_after(self, output: Output, offset: int, stop: int) -> int | None:
        """Return the offset of the first hit after `offset`; without one, of the first hit of all.

        Only the first `stop` bytes of the output are searched. Returns None if they have no hit, or
        if more of them must be counted before the hit can be found.

        >>> Needle("9").next_after(b"1929", 1, 4), Needle("9").next_after(b"1929", 3, 4)
        (3, 1)
        """
        at = self._first(output, offset + 1, stop)
        at = self._first(output, 0, stop) if at == _NONE else at
        return None if at == _NONE else at

    def last_before(self, output: Output, offset: int, stop: int) -> int | None:
        """Return the offset of the last hit before `offset`; without one, of the last hit of all.

        Only the first `stop` bytes of the output are searched. Returns None if they have no hit, or
        if more of them must be counted before the hit can be found.

        >>> Needle("1").last_before(b"1921", 1, 4), Needle("1").last_before(b"1921", 0, 4)
        (0, 3)
        """
        at = self._last(output, min(offset + self._reach, stop)) if offset > 0 else _NONE
        at = self._last(output, stop) if at == _NONE else at
        return None if at == _NONE else at

    def _find_all(self, output: Output, start: int, stop: int) -> Iterator[int]:
        at = output.find(self.text, start, stop)
        while at >= 0:
            yield at
            at = output.find(self.text, at + 1, stop)

    def _first(self, output: Output, start: int, stop: int) -> int | None:
        """Return the offset of the first hit from `start` to `stop`.

        Returns _NONE (-1) if there is no hit, and None if that is not known yet.
        """

        def search(first: int, end: int) -> int:
            return output.find(self.text, max(start, first), min(end, stop))

        blocks = range((start + self._reach) // BLOCK, -(-stop // BLOCK))
        return self._in_blocks(blocks, search)

    def _last(self, output: Output, stop: int) -> int | None:
        """Return the offset of the last hit that ends at or before `stop`.

        Returns _NONE (-1) if there is no hit, and None if that is not known yet.
        """

        def search(first: int, end: int) -> int:
            at = bytes(output[first : min(end, stop)]).rfind(self.text)
            return first + at if at >= 0 else _NONE

        return self._in_blocks(range((stop - 1) // BLOCK, -1, -1), search)

    def _in_blocks(self, blocks: range, search: Callable[[int, int], int]) -> int | None:
        """Search the blocks with these numbers, in this order; return the offset of the first hit.

        `search` is a function that returns the offset of a hit between two offsets, or -1. Returns
        _NONE (-1) if there is no hit. Blocks known to have no hit are skipped. Of the blocks whose
        hits are not counted yet only one is searched, because more would take too long. If a second
        one would have to be searched, returns None.
        """
        is_known = True
        for block in blocks:
            is_counted = block + 1 < len(self._before)
            if is_counted and self._before[block] == self._before[block + 1]:
                continue
            if not (is_counted or is_known):
                return None
            is_known = is_known and is_counted
            if (at := search(self._first_start(block), (block + 1) * BLOCK)) >= 0:
                return at
        return _NONE

    def _first_start(self, block: int) -> int:
        """Return the lowest offset at which a hit that ends in block number `block` can begin.

        A hit that crosses the border begins in the block before.
        """
        return max(0, block * BLOCK - self._reach)
