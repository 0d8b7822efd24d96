"""Search in the output of the run while more of it is computed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.worker import Worker

from pi_tui import needle as search
from pi_tui.app.face import tell
from pi_tui.app.widgets.output_view import OutputView
from pi_tui.needle import Needle, Output
from pi_tui.worker.threads import for_a_moment, in_thread

if TYPE_CHECKING:
    from pi_tui.app.widgets.search_bar import SearchBar

_MOMENT = 0.05
"""Seconds that a thread counts hits until it looks whether another text is searched."""


class Searching:
    """Controls the search bar, and finds and highlights hits."""

    def __init__(self, screen: Screen[Any], view: Callable[[], OutputView]) -> None:
        self._screen, self._view = screen, view
        self.bar_class: Callable[[], type[SearchBar]] = _usual_bar
        self.bar: SearchBar | None = None
        """The search bar; None if it was never opened."""
        self.source: Output = b""
        self.count = self.total = 0
        self._origin = 0
        """Offset from which the first hit is searched."""
        self._is_hit = False
        """True if a hit is highlighted, and not something else."""
        self._number = 0
        """Number of the highlighted hit, from 1; 0 if it is not known yet."""
        self._awaited = ""
        """A text not found yet; its first hit is shown as soon as there is one."""
        self._sought: tuple[int, bool] | None = None
        """The offset from which a hit is searched, forward or not, while that is not found."""
        self._counting: Worker[None] | None = None
        """Counts hits in a thread; None before there was much output to search."""

    async def open(self) -> None:
        """Open the search bar and move the focus to it."""
        if self.bar is None:
            self.bar = self.bar_class()(self.search_for, self.accept, self.close)
            await self._screen.mount(self.bar, before="#status")
        self._screen.set_class(True, "-searching")
        self._origin = self._view().in_view[0]
        self.show_hits()
        self._screen.set_focus(self.bar.input)  # `focus()` would take effect after the next key

    def feed(self, source: Output, count: int, total: int | None) -> None:
        """Take the output shown so far; search in what is new if the bar is open.

        It is the first `count` bytes of `source`. If `search_on` waits for a hit, scrolls to the
        first one. `total` is the length of the whole output, None if unknown.
        """
        self.source, self.count = source, count
        self.total = count + 1 if total is None else total
        self.show_hits()
        needle = self._view().needle
        if needle is not None and needle.hits and needle.text.decode() == self._awaited:
            self._awaited = ""
            self._seek(-1)

    @property
    def missed(self) -> str:
        """Return the text that was searched and not found; "" if there is none."""
        needle = self._view().needle
        if needle is None or needle.hits or needle.searched < self.count:
            return ""
        return needle.text.decode()

    async def search_on(self, text: str) -> None:
        """Open the bar and search all output for `text`, also output that is not computed yet.

        Scrolls to the first hit as soon as there is one.
        """
        await self.open()
        assert self.bar is not None
        self._origin = 0  # also for the search that the next line starts
        self.bar.input.value = text
        self.search_for(text, from_start=True)
        self._awaited = text

    def search_for(self, text: str, *, from_start: bool = False) -> None:
        """Highlight all hits of `text`, and scroll to the first one; end the search if it is "".

        The first one is searched from the top that the view had when the bar opened or, with
        `from_start`, from the start of the output.
        """
        view = self._view()
        view.here, self._is_hit = None, False
        view.needle = Needle(text) if text else None
        view.forget_lines()
        self._sought = None
        if view.needle is not None:
            self._count_hits(view.needle)
            self._seek(-1 if from_start else self._origin - 1)
        self.show_hits()

    def _seek(self, offset: int, *, forward: bool = True) -> None:
        """Scroll to the first hit after `offset`; without `forward`, to the last hit before it.

        If there is none, wrap around at the end or the start of the output.
        If too little output is searched to know that hit, scroll as soon as enough is searched.
        """
        self._sought = offset, forward
        self._go_on()

    def _go_on(self) -> None:
        """Scroll to the hit that `_seek` looks for, if enough output is searched to know it."""
        needle, view = self._view().needle, self._view()
        if needle is None or self._sought is None:
            return
        offset, forward = self._sought
        find = needle.next_after if forward else needle.last_before
        hit = find(self.source, offset, self.count)
        if hit is not None:
            view.mark(hit, hit + len(needle.text))
            self._is_hit, self._number = True, 0
        if hit is not None or needle.searched >= self.count:
            self._sought = None
        self.show_hits()

    def _count_hits(self, needle: Needle) -> None:
        """Count the hits in new output: here if it is little, in a thread if it is much."""
        if self._counting is not None and not self._counting.is_finished:
            return
        if self.count - needle.searched <= search.BLOCK:
            needle.feed(self.source, self.count)
        else:
            self._counting = self._screen.run_worker(self._count_beside(), group="searching")

    async def _count_beside(self) -> None:
        """Count hits in a thread, in short turns, so that a new search text takes effect soon."""
        while (needle := self._view().needle) and needle.searched < self.count:
            feed = partial(needle.feed_block, self.source, self.count)
            await in_thread(for_a_moment, feed, _MOMENT)
            self._go_on()
            self.show_hits()

    def show_hits(self) -> None:
        """Search in new output, and show the number of hits; do nothing while the bar is closed."""
        bar, view = self.bar, self._view()
        if bar is None or not self._screen.has_class("-searching"):
            return
        if view.needle is not None:
            self._count_hits(view.needle)
        hit = view.here[0] if view.here and self._is_hit else None
        if hit is not None and view.needle is not None and not self._number:
            self._number = view.needle.number_of(self.source, hit)
        bar.show(view.needle, self.count, hit, self._number, is_all=self.count >= self.total)

    def forget_hit(self) -> None:
        """Forget the current hit, because something else is highlighted."""
        self._is_hit, self._sought = False, None

    def accept(self) -> None:
        """Move the focus to the output; close the bar if nothing is searched."""
        if self._view().needle is None:
            self.close()
        else:
            self.show_hits()
            self._view().focus()

    def close(self) -> None:
        """End the search, close the bar, and move the focus to the output."""
        if (bar := self.bar) is not None:
            self._screen.set_class(False, "-searching")
            bar.input.value = ""
        self._awaited = ""
        self.search_for("")
        self._view().focus()

    def turn(self, *, forward: bool) -> None:
        """Scroll to the next hit or, unless `forward`, the previous one; wrap around at an end.

        If nothing is searched, tell the user so.
        """
        view = self._view()
        if view.needle is None:
            tell(self._screen, "Nothing is searched; / searches.", seconds=3)
            return
        at = view.here[0] if view.here else view.in_view[0] - forward
        self._seek(at, forward=forward)


def _usual_bar() -> type[SearchBar]:
    from pi_tui.app.widgets.search_bar import SearchBar

    return SearchBar
