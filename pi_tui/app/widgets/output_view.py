"""A view of growing output: it follows the end until scrolled away, and highlights hits.

Only the visible lines are ever made, so a gigabyte scrolls as fast as a hundred bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from pi_tui.app.looks.themes import selected
from pi_tui.needle import Needle, Output

SAVED, FRESH, HELD, HIT, HERE, SELECTED = range(6)
"""Looks of a byte: numbers that stand for a style. A later one overrides an earlier one."""
_NAMES = ("saved", "fresh", "held", "hit", "here")
"""The names of these looks in the style sheet, apart from the last."""
_MOST_COPIED = 10**7
"""Maximum bytes of a selection: a double click selects all, and all may be a gigabyte."""
_CACHED_LINES = 512
"""Maximum lines in the cache, more than a window shows; a line takes about 200 bytes."""


def stain(look: bytearray, start: int, stop: int, code: int) -> None:
    """Set `look[start:stop]` to `code`; ignore a part beyond the ends.

    `look` has one number for each byte, which stands for its style: see SAVED, FRESH, ….

    >>> look = bytearray(4)
    >>> stain(look, 2, 99, HIT)
    >>> list(look)
    [0, 0, 3, 3]
    """
    start, stop = max(start, 0), min(stop, len(look))
    if start < stop:
        look[start:stop] = bytes([code]) * (stop - start)


def runs(looks: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Yield start, stop and look of each longest part whose bytes all have the same look.

    >>> list(runs([SAVED, SAVED, HIT]))
    [(0, 2, 0), (2, 3, 3)]
    """
    start = 0
    for look, part in groupby(looks):
        stop = start + len(list(part))
        yield start, stop, look
        start = stop


class OutputView(ScrollView, can_focus=True):
    """The base class of views of output; a subclass defines the lines and draws them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"output--{name}" for name in (*_NAMES, "gutter")}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down"),
        Binding("k", "scroll_up"),
    ]

    virtual_size = Reactive(Size(0, 0), layout=False)
    """Size of all lines, seen or not. Textual would lay out the whole screen when this grows. Here
    it grows ten times a second, and only the scrollbar changes; leaving out the layout saves two
    thirds of the work of a frame.
    """

    class Moved(Message):
        """Posted when other lines may be visible, or the view may follow the end or no longer."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.following = True
        self.count = 0
        self.saved = 0
        self.needle: Needle | None = None
        self.here: tuple[int, int] | None = None
        self._source: Output = b""
        self._held = b""
        self._top = 0
        """Offset of the first visible byte."""
        self._cache: dict[int, Strip] = {}
        self._styles: list[Style] = []

    # Methods of a subclass

    line_total: Callable[[], int]
    """Returns the number of lines; at least one."""
    line_of: Callable[[int], int]
    """Returns the number, from 0, of the line that holds the byte at an offset."""
    start_of: Callable[[int], int]
    """Returns the offset of the first byte of the line with a number."""
    offset_at: Callable[[int, int], int]
    """Returns the offset of the byte at a line and a column; in a gap, that of the next byte."""
    paint: Callable[[int], Strip]
    """Returns the line with a number as a Strip: text in the styles of its bytes."""

    def is_final(self, line: int) -> bool:
        """Return True if this line, a number from 0, will not change, so that it can be cached.

        It must not be the last line, and all its bytes must be saved. During a search, as many
        bytes after it as the text has must be saved too: a hit may begin in this line and end in
        them.
        """
        reach = len(self.needle.text) if self.needle else 0
        return line + 1 < self.line_total() and self.start_of(line + 1) + reach <= self.saved

    def fit(self) -> None:
        """Adapt the lines to the width of the window. By default, do nothing."""

    def make_styles(self) -> list[Style]:
        """Return a list of styles: item n is the style of bytes with look n (SAVED is 0).

        A subclass with more looks appends their styles.
        """
        looks = [self.get_component_rich_style(f"output--{name}") for name in _NAMES]
        return [*looks, selected(self.app)]

    def text_between(self, start: int, stop: int) -> str:
        """Return the output between two offsets as text, for the clipboard; without held bytes."""
        return bytes(self._source[start : min(stop, self.count)]).decode("utf-8", "replace")

    def line_as_text(self) -> str:
        """Return the line with the highlight, or else the top visible line, as text."""
        line = self._line_to_copy
        return self.text_between(self.start_of(line), self.start_of(line + 1)).strip("\r\n")

    # Showing output

    def show(self, source: Output, count: int, saved: int, held: bytes = b"") -> None:
        """Show the first `count` bytes of `source`, then the bytes `held`, which may change.

        The first `saved` bytes are saved.
        """
        changed = [
            *((self.count, count) if (count, held) != (self.count, self._held) else ()),
            *((self.saved, saved) if saved != self.saved else ()),
        ]
        longest = max(self.count + len(self._held), count + len(held))
        self._source, self.count, self.saved, self._held = source, count, saved, held
        if changed:
            self.refresh_bytes(min(changed), longest)
            self.grow()

    def forget(self) -> None:
        """Clear the view, to show another run; leave `needle`, the search, as it is."""
        self._source, self.count, self.saved, self._held = b"", 0, 0, b""
        self.following, self.here, self._top = True, None, 0
        self.lay_out()

    def mark(self, start: int, stop: int) -> None:
        """Highlight bytes `start` to `stop`, and scroll to them.

        From then on follow the end of the output only if it is in view.
        """
        self.here = (start, stop)
        self.forget_lines()
        line = self.line_of(start)
        if not self.scroll_offset.y <= line < self.scroll_offset.y + self.size.height - 1:
            self.scroll_to(y=max(0, line - self.size.height // 3), animate=False)
        self._hold_if_at_end()

    def follow(self) -> None:
        """Scroll to the end, and stay there while the output grows."""
        self.following = True
        self.scroll_to(y=self.max_scroll_y, animate=False)
        self.post_message(self.Moved())

    def forget_lines(self) -> None:
        """Draw every line again, because its look changed."""
        self._cache.clear()
        self.refresh()

    @property
    def in_view(self) -> tuple[int, int]:
        """Return the offsets of the first visible byte, and of the first byte below the window."""
        top = self.start_of(self.scroll_offset.y)
        end = self.start_of(self._last_visible)
        return min(top, self.count), min(end, self.count)

    @property
    def page(self) -> int:
        """Return the number of bytes that fit in the window if each takes one cell."""
        return self.size.height * (self.scrollable_content_region.width or 1)

    @property
    def _line_to_copy(self) -> int:
        return self.line_of(self.here[0]) if self.here else self.scroll_offset.y

    @property
    def _last_visible(self) -> int:
        return self.scroll_offset.y + self.size.height

    def refresh_bytes(self, start: int, stop: int) -> None:
        """Draw again the visible lines that hold bytes between two offsets."""
        first = max(self.line_of(start), self.scroll_offset.y)
        last = min(self.line_of(stop), self._last_visible)
        if first <= last:
            self.refresh_lines(first, last - first + 1)

    # Layout and scrolling

    def grow(self) -> None:
        """Extend the scrollable area to all lines; scroll to the end if the view follows it."""
        size = Size(self.scrollable_content_region.width, self.line_total())
        if size != self.virtual_size:
            self.virtual_size = size
            if self.following:
                self.scroll_to(y=self.max_scroll_y, animate=False)

    def watch_virtual_size(self, size: Size) -> None:
        """Adapt the scrollbar to the new size."""
        self._scroll_update(size)

    def lay_out(self) -> None:
        """Adapt the lines to the window, and clear the selection.

        A view that follows the end stays there. Otherwise the byte at the top stays in view.
        """
        top, following = self._top, self.following
        self.fit()
        self.screen.clear_selection()
        self.forget_lines()
        self.grow()  # fewer lines may change the scroll offset; the user did not scroll
        y = self.max_scroll_y if following else self.line_of(top)
        self.scroll_to(y=y, animate=False, force=True)
        self._top, self.following = top, following
        self.post_message(self.Moved())

    def on_resize(self, event: events.Resize) -> None:
        """Lay the output out for the new size."""
        self.lay_out()

    def notify_style_update(self) -> None:
        """Draw all lines again, because theme or colours changed."""
        super().notify_style_update()
        self._styles.clear()
        self._cache.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the end once the user has scrolled there; stop once scrolled away."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._top = self.start_of(round(new_value))
            self._hold_if_at_end()

    def _hold_if_at_end(self) -> None:
        self.following = self.scroll_offset.y >= self.max_scroll_y
        self.post_message(self.Moved())

    # Drawing

    @property
    def styles_of_looks(self) -> list[Style]:
        """Return the list that `make_styles` makes; it is made once per theme."""
        self._styles = self._styles or self.make_styles()
        return self._styles

    def render_line(self, y: int) -> Strip:
        """Return the line at row `y` of the window as a Strip: text in the styles of its bytes."""
        line = self.scroll_offset.y + y
        if (strip := self._cache.get(line)) is None:
            strip = self.paint(line)
            if self.is_final(line) and self.text_selection is None:
                if len(self._cache) >= _CACHED_LINES:
                    self._cache.clear()
                self._cache[line] = strip
        return strip

    def stain_finds(self, look: bytearray, line: int, start: int, settled: int) -> None:
        """Set the looks of hits, of the highlight and of the selection in line number `line`.

        `look` has a number for each byte of the line, which stands for its style; the first byte is
        at offset `start`. A hit may cross the ends of the line, but must reach into its first
        `settled` bytes, as later ones may still change.
        """
        if self.needle is not None:
            for hit in self.needle.hits_in(self._source, start, start + settled):
                stain(look, hit - start, hit - start + len(self.needle.text), HIT)
        if self.here is not None:
            stain(look, self.here[0] - start, self.here[1] - start, HERE)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(line)) is not None:
            first = self.offset_at(line, span[0])
            last = start + len(look) if span[1] == -1 else self.offset_at(line, span[1])
            stain(look, first - start, last - start, SELECTED)

    # Selecting with the mouse

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        r"""Return the selected output, and the "\n" that ends it; None if nothing is selected.

        Of a longer selection only the first _MOST_COPIED bytes are returned.
        """
        start, stop = self._offset(selection.start, 0), self._offset(selection.end, self.count)
        stop = min(stop, start + _MOST_COPIED)
        return None if stop <= start else (self.text_between(start, stop), "\n")

    def _offset(self, place: tuple[int, int] | None, default: int) -> int:
        return default if place is None else self.offset_at(place[1], place[0])

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw again, because the selection changed."""
        self.forget_lines()
