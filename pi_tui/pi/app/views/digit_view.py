"""The view of the digits, in lines that begin with a position."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pi_tui.app.looks.themes import inks
from pi_tui.app.widgets.output_view import FRESH, HELD, SAVED, OutputView
from pi_tui.pi.app.views.digit_segments import COLORED, COLORED_FRESH, GUTTER, PLAIN, segments
from pi_tui.pi.digits.digit_lines import GROUP, DigitLines


class DigitView(OutputView):
    """Digits in groups of ten; follows the newest digits until the user scrolls away."""

    def __init__(self, digits: int, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.digits = digits
        self.lines = DigitLines.fitting(80, digits)  # render_line comes before the first Resize
        self.colored = False

    # Lines and offsets

    def line_total(self) -> int:
        """Return the number of lines, held digits included."""
        return max(1, -(-(self.count + len(self._held)) // self.lines.per_line))

    def line_of(self, offset: int) -> int:
        """Return the number of the line, from 0, that has the digit at `offset`."""
        return max(0, offset) // self.lines.per_line

    def start_of(self, line: int) -> int:
        """Return the offset of the first digit of line number `line`, from 0."""
        return line * self.lines.per_line

    def offset_at(self, line: int, column: int) -> int:
        """Return the offset of the digit at a line and column; in a gap, of the digit after it.

        Left of the digits, return the offset of the line's first one; right of them, of the next
        line's first one.
        """
        return self.start_of(line) + self.lines.digits_before(column)

    @property
    def page(self) -> int:
        """Return the number of digits that fit in the window."""
        return self.size.height * self.lines.per_line

    def fit(self) -> None:
        """Choose the number of groups per line that fits the width."""
        self.lines = DigitLines.fitting(self.scrollable_content_region.width, self.digits)

    def line_as_text(self) -> str:
        """Return the highlighted line, or else the top one: its position and settled digits.

        Returns "" if no digit of the line is settled.
        """
        start = self.start_of(self._line_to_copy)
        digits = self.text_between(start, start + self.lines.per_line)
        groups = (digits[at : at + GROUP] for at in range(0, len(digits), GROUP))
        return " ".join((str(start + 1), *groups)) if digits else ""

    # Drawing

    def paint(self, line: int) -> Strip:
        """Return a line as a Strip: position and digits in groups; blank below the last digit."""
        looks = self.styles_of_looks
        width = self.scrollable_content_region.width
        start = self.start_of(line)
        digits = self._text(start, start + self.lines.per_line)
        if not digits and line:
            return Strip.blank(width, looks[PLAIN])
        position = f"{start + 1:>{self.lines.gutter},} " + ("3." if line == 0 else "  ")
        painted = segments(digits, self._look_of_digits(line, start, digits), looks)
        made = [Segment(position, looks[GUTTER]), *painted]
        strip = Strip(made).adjust_cell_length(width, looks[PLAIN])
        return strip.apply_offsets(0, line)

    def _text(self, start: int, stop: int) -> bytes:
        """Return the digits from offset `start` to before `stop`: settled ones, then held ones."""
        settled = bytes(self._source[start : min(stop, self.count)])
        missing = stop - max(start, self.count)
        if missing <= 0:
            return settled
        begin = max(0, start - self.count)
        return settled + self._held[begin : begin + missing]

    def _look_of_digits(self, line: int, start: int, digits: bytes) -> bytearray:
        """Return a number for each digit in the line, which stands for its style.

        It stands for the last of these that is true of the digit: saved, fresh, held, in a hit, in
        the highlight, selected. With colours on, it also tells which digit a saved or fresh one is.
        """
        size = len(digits)
        saved = min(max(self.saved - start, 0), size)
        settled = min(max(self.count - start, 0), size)
        if self.colored:
            look = bytearray(COLORED + digit - 48 for digit in digits[:saved])
            look += bytearray(COLORED_FRESH + digit - 48 for digit in digits[saved:])
        else:
            look = bytearray(bytes([SAVED]) * saved + bytes([FRESH]) * (size - saved))
        look[settled:] = bytes([HELD]) * (size - settled)
        self.stain_finds(look, line, start, settled)
        return look

    def make_styles(self) -> list[Style]:
        """Return a list of styles: item n is the style of look n (see digit_segments.py)."""
        plain, colors = self.rich_style, inks(self.app, "spectrum", 10)
        looks = super().make_styles()
        looks += [plain + ink for ink in colors]
        looks += [plain + ink + Style(bold=True) for ink in colors]
        return [*looks, self.get_component_rich_style("output--gutter"), plain]
