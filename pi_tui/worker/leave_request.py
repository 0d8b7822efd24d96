"""Being asked to leave: once is a wish, twice may be the same wish again."""

from __future__ import annotations

import time
from collections.abc import Callable

AT_ONCE_AFTER = 2.0
"""Seconds of saving, for all to see, after which being asked again means at once.

Before, it is the same wish: of one closed window the kernel and the shell both tell, `timeout`
tells a child twice, a held key repeats.
"""


class Asked:
    """How it was asked to leave."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self.signal = 0
        """The first signal that asked, or 0."""
        self.at_once = False
        """It was asked again while the saving had been seen for long enough."""

    def __bool__(self) -> bool:
        return self._since is not None

    @property
    def is_long_ago(self) -> bool:
        """Asked now, it would be at once."""
        return self._since is not None and self._clock() - self._since >= AT_ONCE_AFTER

    def ask(self, signal: int = 0) -> None:
        """Somebody asks, by a key or by a signal."""
        self.at_once = self.at_once or self.is_long_ago
        self.signal = self.signal or signal
        if self._since is None:
            self._since = self._clock()

    def forget(self) -> None:
        """Nobody asked: it was taken back."""
        self._since, self.signal, self.at_once = None, 0, False
