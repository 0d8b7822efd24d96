"""The output of any machine: as lines if it is text, otherwise as bytes in hex."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pi_tui import words
from pi_tui.app.terminal.timers import certain
from pi_tui.app.widgets.line_index import LineIndex
from pi_tui.app.widgets.output_view import FRESH, SAVED, OutputView, runs
from pi_tui.needle import Output

_GUTTER, _PLAIN = 6, 7
"""Additional looks: the offset before a line of hex, and empty cells."""
_BUSY = 0.01
"""Seconds between two chunks while the index catches up with the output."""
_CHUNKS_A_FRAME = 10
"""Chunks between two drawings while the index catches up: a few frames a second."""
_LOOKED_AT = 65_536
"""Bytes tested at the beginning; if they are text, the output is shown as text."""


class OutputTail(OutputView):
    """All output so far, to scroll through: text in lines that fit the window, or bytes in hex.

    It follows the end until the user scrolls back.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.is_text = True
        self._lines = LineIndex(80)  # render_line comes before the first Resize
        self._per_line = 16
        self._looked_at = 0
        self._busy = False
        self._chunks = 0

    def show(self, source: Output, count: int, saved: int, held: bytes = b"") -> None:
        """Show the output made so far: the first `count` bytes of `source`, `saved` of them saved.

        `held` is not shown.
        """
        self._look_for_text(source, count)
        gutter = self._gutter
        super().show(source, count, saved)
        if not self.is_text and self._gutter != gutter:  # in all lines, for they are aligned
            self.lay_out()
        if not self._busy:
            self._catch_up()

    def forget(self) -> None:
        """Clear the view, to show another run."""
        self.is_text, self._looked_at = True, 0
        self._lines = LineIndex(self._lines.width)
        super().forget()

    def _look_for_text(self, source: Output, count: int) -> None:
        """Switch to hex if the beginning of the output is not text."""
        if not self.is_text or self._looked_at >= min(count, _LOOKED_AT):
            return
        self._looked_at = min(count, _LOOKED_AT)
        if not is_text(bytes(source[: self._looked_at])):
            self.is_text = False
            self.forget_lines()

    def _catch_up(self) -> None:
        """Index the lines of new output, one chunk at a time."""
        was_busy = self._busy
        self._busy = self.is_attached and self.is_text
        self._busy = self._busy and self._lines.feed(self._source, self.count)
        self._chunks += 1
        if not self._busy or self._chunks % _CHUNKS_A_FRAME == 0:
            self.grow()
            if was_busy:
                self._find_place()
        if self._busy:
            certain(self.set_timer(_BUSY, self._catch_up))

    def _find_place(self) -> None:
        """Scroll to the place to be shown, once its line is indexed, unless the view follows."""
        line, top = self.line_of(self._top), self._top
        if not self.following and (line < self.max_scroll_y or not self._busy):
            self.scroll_to(y=line, animate=False)
            self._top, self.following = top, False  # the user did not scroll

    def mark(self, start: int, stop: int) -> None:
        """Highlight bytes `start` to `stop`, and scroll to them as soon as they are indexed."""
        super().mark(start, stop)
        if self._busy and start >= self._lines.indexed:
            self._top, self.following = start, False

    # Lines and offsets

    def line_total(self) -> int:
        """Return the number of lines."""
        return self._lines.lines if self.is_text else max(1, -(-self.count // self._per_line))

    def line_of(self, offset: int) -> int:
        """Return the number, from 0, of the line that holds the byte at `offset`."""
        return self._lines.line_of(offset) if self.is_text else max(0, offset) // self._per_line

    def start_of(self, line: int) -> int:
        """Return the offset of the first byte of line number `line`, counted from 0."""
        return self._lines.start_of(line) if self.is_text else max(0, line) * self._per_line

    def offset_at(self, line: int, column: int) -> int:
        """Return the offset of the byte at `column` of `line`, both counted from 0.

        The second column of a wide character counts as the next character. In hex, the columns
        before the first byte count as this byte, and the letters at the right as the line's end.
        """
        start, stop = self.start_of(line), min(self.start_of(line + 1), self.count)
        if not self.is_text:  # the blank after a byte counts as the next one
            return min(start + max(0, column - self._gutter + 1) // 3, stop)
        data, cells = bytes(self._source[start:stop]), 0
        for at, character in enumerate(shown(data)):
            if cells >= column:
                text = data.decode("utf-8", "surrogateescape")[:at]
                return start + len(text.encode("utf-8", "surrogateescape"))
            cells += Segment(character).cell_length
        return stop

    @property
    def _gutter(self) -> int:
        return len(f"{self.count:,}") + 2

    def fit(self) -> None:
        """Wrap the lines of output again, to the present width of the window.

        Output that is not text gets 1, 4, 8, 16 or 32 bytes a line.
        """
        width = self.scrollable_content_region.width
        self._per_line = next((n for n in (32, 16, 8, 4) if self._gutter + 4 * n <= width), 1)
        if width != self._lines.width:
            self._lines = LineIndex(width)
        if self.is_text:
            self._lines.feed(self._source, self.count)
            if not self._busy:
                self._catch_up()

    # Drawing

    def paint(self, line: int) -> Strip:
        """Return line number `line`, from 0, as styled segments as wide as the window."""
        styles, width = self.styles_of_looks, self.scrollable_content_region.width
        start, stop = self.start_of(line), min(self.start_of(line + 1), self.count)
        if start >= stop:
            return Strip.blank(width, styles[_PLAIN])
        data = bytes(self._source[start:stop])
        saved = min(max(self.saved - start, 0), len(data))
        look = bytearray(bytes([SAVED]) * saved + bytes([FRESH]) * (len(data) - saved))
        self.stain_finds(look, line, start, len(data))
        made = self._text(data, look) if self.is_text else self._hex(start, data, look)
        strip = Strip([Segment(text, styles[code]) for text, code in made])
        return strip.adjust_cell_length(width, styles[_PLAIN]).apply_offsets(0, line)

    def _text(self, data: bytes, look: bytearray) -> list[tuple[str, int]]:
        """Return a line of text as pairs: a piece of the line, and the number of its style.

        `data` is the bytes of the line, and `look` has the number of the style of each byte.
        """
        data = data.rstrip(b"\r\n")
        return [(shown(data[at:end]), code) for at, end, code in runs(look[: len(data)])]

    def _hex(self, start: int, data: bytes, look: bytearray) -> list[tuple[str, int]]:
        """Return a hex line (offset, bytes, ASCII) as pairs: a piece, and the number of its style.

        `data` is the bytes from offset `start` on, and `look` has the number of the style of each
        byte.
        """
        made = [(f"{start:>{self._gutter - 2},}  ", _GUTTER)]
        made += [(f"{byte:02x} ", code) for byte, code in zip(data, look, strict=True)]
        made.append((" " * (3 * (self._per_line - len(data)) + 1), _PLAIN))
        letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in data)
        return [*made, (letters, _GUTTER)]

    def make_styles(self) -> list[Style]:
        """Return a list of styles; the index of a style is its number, such as `_GUTTER`."""
        gutter = self.get_component_rich_style("output--gutter")
        return [*super().make_styles(), gutter, self.rich_style]


def is_text(data: bytes) -> bool:
    r"""Return True if the bytes are UTF-8 text, apart from a character cut off at the end.

    Text has no control characters of ASCII except tab, line ends, form feed, escape and delete.

    >>> is_text("Größe\n".encode()), is_text("Größe".encode()[:3]), is_text(b"\0\1")
    (True, True, False)
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(data) - error.start > 3 or "unexpected end" not in error.reason:
            return False
        text = data[: error.start].decode("utf-8")
    return not any(character < " " and character not in "\t\n\r\f\x1b" for character in text)


def shown(data: bytes) -> str:
    r"""Return the bytes as text that is safe to show: "·" for what could control the terminal.

    These are control and formatting characters, and each byte that is no UTF-8. A tab becomes a
    space.

    >>> shown(b"a\tb\x1b[2J\xff")
    'a b·[2J·'
    """
    return words.plain(data.decode("utf-8", "surrogateescape").replace("\t", " "))
