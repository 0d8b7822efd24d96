"""The digits, live: ten million scroll like a hundred, for only the visible lines are ever made."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from pi_tui.pi.digits.search import Needle
from pi_tui.pi.digits.statistics import Digits
from pi_tui.ui.digit_lines import GROUP, DigitLines
from pi_tui.ui.digit_paint import (
    COLORED,
    COLORED_FRESH,
    FRESH,
    GUTTER,
    HELD,
    HERE,
    HIT,
    PLAIN,
    SAVED,
    SELECTED,
    segments,
    stain,
)
from pi_tui.ui.themes import inks, selected

_CACHED_LINES = 512
"""More than any window shows; a line is about 200 bytes."""


class DigitView(ScrollView, can_focus=True):
    """Digits in groups of ten behind their position; follows the tail until scrolled away."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "digits--gutter",
        "digits--saved",
        "digits--fresh",
        "digits--held",
        "digits--hit",
        "digits--here",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    virtual_size = Reactive(Size(0, 0), layout=False)
    """Textual lays out the whole screen when this grows; ours grows ten times a second and moves
    nothing but the scrollbar. That is two thirds of the work of a frame saved."""

    class Moved(Message):
        """Other lines are in view, or the view took or lost hold of the tail."""

    def __init__(self, digits: int, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.digits = digits
        self.lines = DigitLines.fitting(80, digits)  # render_line comes before the first Resize
        self.following = True
        self.count = 0
        self.saved = 0
        self.needle: Needle | None = None
        self.here: tuple[int, int] | None = None
        self.colored = False
        self._source: Digits = b""
        self._held = b""
        self._top = 0
        self._cache: dict[int, Strip] = {}
        self._looks: list[Style] = []

    # What is shown

    def show(self, source: Digits, count: int, saved: int, held: bytes = b"") -> None:
        """Show the first `count` digits of `source`, and behind them what is still held."""
        changed = [
            *((self.count, count) if count != self.count else ()),
            *((self.saved, saved) if saved != self.saved else ()),
            *((count,) if held != self._held else ()),
        ]
        longest = max(self.count + len(self._held), count + len(held))
        self._source, self.count, self.saved, self._held = source, count, saved, held
        if not changed:
            return
        self._refresh_digits(min(changed), longest)
        self._grow()

    def restart(self, digits: int) -> None:
        """Show another run, from nothing."""
        self.digits = digits
        self._source, self._held, self.count, self.saved = b"", b"", 0, 0
        self.following, self.here, self._top = True, None, 0
        self._lay_out()

    def mark(self, start: int, stop: int) -> None:
        """Light up the digits from offset `start` to `stop`, and bring them into view."""
        self.here = (start, stop)
        self.forget_lines()
        line = self.lines.line_of(start)
        if not self.scroll_offset.y <= line < self.scroll_offset.y + self.size.height - 1:
            self.scroll_to(y=max(0, line - self.size.height // 3), animate=False)
        self._hold_if_at_end()

    def follow(self) -> None:
        """Go to the tail and stay there."""
        self.following = True
        self.scroll_to(y=self.max_scroll_y, animate=False)
        self.post_message(self.Moved())

    def forget_lines(self) -> None:
        """Make every line anew: the look of digits changed, not the digits."""
        self._cache.clear()
        self.refresh()

    @property
    def in_view(self) -> tuple[int, int]:
        """Offsets of the first digit in view, and one past the last."""
        top = self.scroll_offset.y * self.lines.per_line
        end = top + self.page
        return min(top, self.count), min(end, self.count)

    def line_as_text(self) -> str:
        """The line that is marked, or else the top one: its position and its settled digits."""
        line = self.lines.line_of(self.here[0]) if self.here else self.scroll_offset.y
        start = line * self.lines.per_line
        digits = bytes(self._source[start : min(start + self.lines.per_line, self.count)]).decode()
        groups = (digits[at : at + GROUP] for at in range(0, len(digits), GROUP))
        return " ".join((str(start + 1), *groups)) if digits else ""

    @property
    def page(self) -> int:
        """Digits that the window holds."""
        return self.size.height * self.lines.per_line

    @property
    def _last_visible(self) -> int:
        return self.scroll_offset.y + self.size.height

    def _refresh_digits(self, start: int, stop: int) -> None:
        first = max(self.lines.line_of(start), self.scroll_offset.y)
        last = min(self.lines.line_of(stop), self._last_visible)
        if first <= last:
            self.refresh_lines(first, last - first + 1)

    # Layout and scrolling

    def _grow(self) -> None:
        lines = self.lines.lines(self.count + len(self._held))
        size = Size(self.lines.width, lines)
        if size != self.virtual_size:
            self.virtual_size = size
            if self.following:
                self.scroll_to(y=self.max_scroll_y, animate=False)

    def watch_virtual_size(self, size: Size) -> None:
        """The scrollbar fits."""
        self._scroll_update(size)

    def _lay_out(self) -> None:
        """Fit the lines to the width; the digit at the top stays at the top."""
        top, following = self._top, self.following
        self.lines = DigitLines.fitting(self.scrollable_content_region.width, self.digits)
        self.screen.clear_selection()
        self.forget_lines()
        self._grow()  # fewer lines may clamp the scroll: that must not pass for scrolling
        y = self.max_scroll_y if following else self.lines.line_of(top)
        self.scroll_to(y=y, animate=False, force=True)
        self._top, self.following = top, following
        self.post_message(self.Moved())

    def on_resize(self, event: events.Resize) -> None:
        """Lay the digits out for the new width."""
        self._lay_out()

    def notify_style_update(self) -> None:
        """Theme or colours changed."""
        super().notify_style_update()
        self._looks.clear()
        self._cache.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Take hold of the tail at the bottom, let go anywhere else."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._top = round(new_value) * self.lines.per_line
            self._hold_if_at_end()

    def _hold_if_at_end(self) -> None:
        self.following = self.scroll_offset.y >= self.max_scroll_y
        self.post_message(self.Moved())

    # Painting

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        line = self.scroll_offset.y + y
        if (strip := self._cache.get(line)) is None:
            strip = self._paint(line)
            if self._is_final(line):
                if len(self._cache) >= _CACHED_LINES:
                    self._cache.clear()
                self._cache[line] = strip
        return strip

    def _is_final(self, line: int) -> bool:
        """No digit of the line will look otherwise, not even by a hit that ends behind it."""
        reach = len(self.needle.text) if self.needle else 0
        end = (line + 1) * self.lines.per_line + reach
        return end <= self.saved and self.text_selection is None

    def _paint(self, line: int) -> Strip:
        looks = self._looks or self._make_looks()
        width = self.scrollable_content_region.width
        start = line * self.lines.per_line
        digits = self._text(start, start + self.lines.per_line)
        if not digits and line:
            return Strip.blank(width, looks[PLAIN])
        position = f"{start + 1:>{self.lines.gutter},} " + ("3." if line == 0 else "  ")
        painted = segments(digits, self._look_of_digits(line, start, digits), looks)
        made = [Segment(position, looks[GUTTER]), *painted]
        strip = Strip(made).adjust_cell_length(width, looks[PLAIN])
        return strip.apply_offsets(0, line)

    def _text(self, start: int, stop: int) -> bytes:
        """The digits in sight, settled and held alike."""
        settled = bytes(self._source[start : min(stop, self.count)])
        missing = stop - max(start, self.count)
        if missing <= 0:
            return settled
        begin = max(0, start - self.count)
        return settled + self._held[begin : begin + missing]

    def _look_of_digits(self, line: int, start: int, digits: bytes) -> bytearray:
        """The look of each digit in the line; later rules win."""
        size = len(digits)
        saved = min(max(self.saved - start, 0), size)
        settled = min(max(self.count - start, 0), size)
        if self.colored:
            look = bytearray(COLORED + digit - 48 for digit in digits[:saved])
            look += bytearray(COLORED_FRESH + digit - 48 for digit in digits[saved:])
        else:
            look = bytearray(bytes([SAVED]) * saved + bytes([FRESH]) * (size - saved))
        look[settled:] = bytes([HELD]) * (size - settled)
        if self.needle is not None:
            for hit in self.needle.hits_in(self._source, start, start + settled):
                stain(look, hit - start, hit - start + len(self.needle.text), HIT)
        if self.here is not None:
            stain(look, self.here[0] - start, self.here[1] - start, HERE)
        if (span := self._selected(line)) is not None:
            stain(look, *span, SELECTED)
        return look

    def _make_looks(self) -> list[Style]:
        names = ("saved", "fresh", "held", "hit", "here")
        self._looks = [self.get_component_rich_style(f"digits--{name}") for name in names]
        self._looks.append(selected(self.app))
        plain = self.rich_style
        colors = inks(self.app, "digit", 10)
        self._looks += [plain + ink for ink in colors]
        self._looks += [plain + ink + Style(bold=True) for ink in colors]
        self._looks += [self.get_component_rich_style("digits--gutter"), plain]
        return self._looks

    # Selecting with the mouse

    def _selected(self, line: int) -> tuple[int, int] | None:
        """The part of the line that is selected, as indexes into its digits."""
        selection = self.text_selection
        if selection is None or (span := selection.get_span(line)) is None:
            return None
        start, end = span
        last = self.lines.per_line if end == -1 else self.lines.digits_before(end)
        return self.lines.digits_before(start), last

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected digits, settled ones only, plain: no gaps, no positions, no line ends."""
        start, stop = self._offset(selection.start, 0), self._offset(selection.end, self.count)
        if stop <= start:
            return None
        return bytes(self._source[start : min(stop, self.count)]).decode("ascii"), "\n"

    def _offset(self, place: tuple[int, int] | None, default: int) -> int:
        if place is None:
            return default
        column, line = place
        return line * self.lines.per_line + self.lines.digits_before(column)

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse selected other digits."""
        self.forget_lines()
