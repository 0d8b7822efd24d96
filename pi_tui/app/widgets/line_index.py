"""Find where the lines of a growing text begin, without a copy of the text."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

from pi_tui.needle import Output

CHUNK = 500_000
"""Bytes indexed at a time: about 20 ms, so that the screen stays responsive."""
_EVERY = 64
"""Lines per stored start of a line: with one in 64, 100 MB of short lines take 3 MB."""


class LineIndex:
    r"""The lines of a text: each ends at a line break, or after `width` bytes or a few less.

    A line ends before a character that would be split. Only if `width` is less than 4 may one be
    split, because no character has more than 4 bytes. A character takes at most as many cells as
    bytes, so a line fits in `width` cells.

    >>> index = LineIndex(4)
    >>> index.feed(b"ab\ncdefgh\n", 10)
    False
    >>> index.lines, [index.start_of(line) for line in range(4)]
    (3, [0, 3, 7, 10])
    """

    def __init__(self, width: int) -> None:
        self.width = max(1, width)
        self._line = re.compile(
            rb"[^\n]{0,%d}\n|[^\n]{1,%d}(?![\x80-\xbf])|[^\n]{1,%d}"
            % (self.width, self.width, self.width)
        )
        self._marks = array("Q", [0])
        self._whole = 0
        """Number of lines that will not change any more."""
        self.indexed = 0
        """Offset after the last line that will not change any more."""
        self._stop = 0
        self._output: Output = b""
        self._known: tuple[int, list[int]] = (-1, [])

    @property
    def lines(self) -> int:
        """Return the number of lines so far; at least one."""
        return max(1, self._whole + (self.indexed < self._stop))

    def feed(self, output: Output, stop: int) -> bool:
        """Find the lines in the first `stop` bytes of `output`, a part of them at each call.

        A call reads at most CHUNK bytes after those that `indexed` counts. Returns True if some of
        the first `stop` bytes are left: call again.
        """
        self._output, self._known = output, (-1, [])
        end = min(stop, self.indexed + CHUNK)
        starts = self._starts(self.indexed, end)
        self._stop = end
        if not starts:
            return False
        ends = [*starts[1:], end]
        whole = len(ends) if bytes(output[end - 1 : end]) == b"\n" else len(ends) - 1
        for number, begin in enumerate(ends[:whole], start=self._whole + 1):
            if number % _EVERY == 0:
                self._marks.append(begin)
        self._whole += whole
        self.indexed = ends[whole - 1] if whole else self.indexed
        return end < stop

    def _starts(self, start: int, stop: int) -> list[int]:
        """Return the offsets before `stop` at which lines begin; the first one is `start`."""
        piece = bytes(self._output[start:stop])
        return [start + found.start() for found in self._line.finditer(piece)]

    def start_of(self, line: int) -> int:
        """Return the offset at which line number `line` begins; the first line is 0.

        For a number after the last line, return the end of the text.
        """
        if line >= self.lines:
            return self._stop
        block, within = divmod(max(0, line), _EVERY)
        return self._block(block)[within]

    def line_of(self, offset: int) -> int:
        """Return the number of the line with the byte at `offset`; the first line is 0.

        For an offset after the text, return the number of the last line.
        """
        block = bisect_right(self._marks, max(0, offset)) - 1
        within = bisect_right(self._block(block), offset) - 1
        return min(block * _EVERY + max(0, within), self.lines - 1)

    def _block(self, block: int) -> list[int]:
        """Return the offsets at which the lines of a block begin; the last result is cached.

        They are 64, or fewer at the end of the text.
        """
        if self._known[0] != block:
            start = self._marks[block]
            stop = self._marks[block + 1] if block + 1 < len(self._marks) else self._stop
            self._known = block, self._starts(start, stop) or [start]
        return self._known[1]
