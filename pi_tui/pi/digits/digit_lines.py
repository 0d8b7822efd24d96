"""Layout of the digits on the screen: positions, groups and lines, without a widget."""

from __future__ import annotations

from typing import NamedTuple

GROUP = 10
"""Digits in a group."""
_POINT = 2
"""Cells for the "3." before the first digit; blank on all other lines."""
_ROUND = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50)
"""Numbers of groups per line that are easy to count in; the largest that fits is used."""


class DigitLines(NamedTuple):
    """A layout of lines of digits in groups of ten; a line begins with its first digit's position.

    >>> lines = DigitLines.fitting(80, 20_000)
    >>> lines.groups, lines.gutter
    (6, 6)
    """

    groups: int
    """Groups of ten digits in a line."""
    gutter: int
    """Cells for the position, which is right-aligned."""

    @classmethod
    def fitting(cls, width: int, digits: int) -> DigitLines:
        """Return the layout with the most groups, of those in _ROUND, that fit into `width` cells.

        It has one group even if that does not fit. The gutter is as wide as the number `digits`,
        the digits of the whole run, so the lines do not move while digits are computed.
        """
        gutter = len(f"{digits:,}")
        room = max(1, (width - gutter - _POINT) // (GROUP + 1))
        return cls(max(groups for groups in _ROUND if groups <= room), gutter)

    @property
    def per_line(self) -> int:
        """Return the number of digits in a full line."""
        return self.groups * GROUP

    @property
    def left(self) -> int:
        """Return the column, from 0, of a line's first digit."""
        return self.gutter + 1 + _POINT

    def digits_before(self, column: int) -> int:
        """Return how many digits of a full line are to the left of `column`.

        >>> lines = DigitLines(groups=2, gutter=1)
        >>> [lines.digits_before(column) for column in (0, 4, 5, 14, 15, 99)]
        [0, 0, 1, 10, 10, 20]
        """
        cells = column - self.left
        if cells <= 0:
            return 0
        groups, rest = divmod(cells, GROUP + 1)
        return min(groups * GROUP + min(rest, GROUP), self.per_line)
