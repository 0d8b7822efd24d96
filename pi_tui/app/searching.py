"""Search in the output of the run while more of it is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from pi_tui.app.face import tell
from pi_tui.app.widgets.output_view import OutputView
from pi_tui.needle import Needle, Output

if TYPE_CHECKING:
    from pi_tui.app.widgets.search_bar import SearchBar


class Searching:
    """Controls the search bar, and finds and highlights hits."""

    def __init__(self, screen: Screen[Any], view: Callable[[], OutputView]) -> None:
        self._screen, self._view = screen, view
        self.bar_class: Callable[[], type[SearchBar]] = _usual_bar
        self.source: Output = b""
        self.count = self.total = 0
        self._origin = 0
        """Offset from which the first hit is searched."""
        self._number = 0
        """Number of the highlighted hit, from 1; 0 if there is none."""
        self._awaited = ""
        """A text not found yet; its first hit is shown as soon as there is one."""

    async def open(self) -> None:
        """Open the search bar and move the focus to it."""
        if not self._screen.query("#search"):
            await self._screen.mount(self.bar_class()(id="search"), before="#status")
        bar = self.bar
        assert bar is not None
        self._screen.set_class(True, "-searching")
        self._origin = self._view().in_view[0]
        self.show_hits()
        self._screen.set_focus(bar.input)  # `focus()` would take effect after the next key

    @property
    def bar(self) -> SearchBar | None:
        """Return the search bar; None if it was never opened."""
        found = self._screen.query("#search")
        return found.first() if found else None  # type: ignore[return-value]

    def feed(self, source: Output, count: int, total: int | None) -> None:
        """Search in new output; `total` is the length of the whole output, None if unknown."""
        self.source, self.count = source, count
        self.total = count + 1 if total is None else total
        self.show_hits()
        needle = self._view().needle
        if needle is not None and needle.hits and needle.text.decode() == self._awaited:
            self._awaited = ""
            self._go_to(needle.next_after(self.source, -1, self.count))

    @property
    def missed(self) -> str:
        """Return the text that was searched and not found; "" if there is none."""
        needle = self._view().needle
        return "" if needle is None or needle.hits else needle.text.decode()

    async def search_on(self, text: str) -> None:
        """Search in output that is not computed yet; scroll to the first hit when there is one."""
        await self.open()
        assert self.bar is not None
        self.bar.input.value = text
        self.search_for(text, from_start=True)
        self._awaited = text

    def search_for(self, text: str, *, from_start: bool = False) -> None:
        """Highlight all hits of `text`, and scroll to the first one after the top of the view.

        With `from_start`, scroll to the first one of all.
        """
        if from_start:
            self._origin = 0
        view = self._view()
        view.here, self._number = None, 0
        view.needle = Needle(text) if text else None
        view.forget_lines()
        if view.needle is not None:
            view.needle.feed(self.source, self.count)
            self._go_to(view.needle.next_after(self.source, self._origin - 1, self.count))
        self.show_hits()

    def _go_to(self, offset: int | None) -> None:
        view = self._view()
        if offset is None or view.needle is None:
            return
        self._number = view.needle.number_of(self.source, offset)
        view.mark(offset, offset + len(view.needle.text))
        self.show_hits()

    def show_hits(self) -> None:
        """Search in new output, and show the number of hits."""
        bar, view = self.bar, self._view()
        if bar is None or not self._screen.has_class("-searching"):
            return
        if view.needle is not None:
            view.needle.feed(self.source, self.count)
        hit = view.here[0] if view.here and self._number else None
        bar.show(view.needle, self.count, hit, self._number, is_all=self.count >= self.total)

    def forget_hit(self) -> None:
        """Forget the current hit, because something else is highlighted."""
        self._number = 0

    def accept(self) -> None:
        """Move the focus to the output; close the bar if nothing is searched."""
        if self._view().needle is None:
            self.close()
        self._view().focus()

    def close(self) -> None:
        """End the search and close the bar."""
        if (bar := self.bar) is not None:
            self._screen.set_class(False, "-searching")
            bar.input.value = ""
        self._awaited = ""
        self.search_for("")
        self._view().focus()

    def turn(self, *, forward: bool) -> None:
        """Scroll to the next hit or the previous one; continue at the other end."""
        view = self._view()
        if view.needle is None:
            tell(self._screen, "Nothing is searched; / searches.", seconds=3)
            return
        at = view.here[0] if view.here else view.in_view[0] - 1
        to = view.needle.next_after if forward else view.needle.last_before
        self._go_to(to(self.source, at, self.count))


def _usual_bar() -> type[SearchBar]:
    from pi_tui.app.widgets.search_bar import SearchBar

    return SearchBar
