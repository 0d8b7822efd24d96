"""Parse the bytes of a terminal into keys, mouse events and pastes; any bytes are allowed.

Textual's parser raises exceptions for some input. It also takes unknown sequences for keys: a late
answer to OSC 11 opens dialogs. So this module first splits the input into sequences, by the rules
of ECMA-48, and drops an unknown sequence as a whole.
"""

from __future__ import annotations

import re
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterator

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

_TEXT = re.compile(rb"[^\x1b]+")
_SEQUENCE = re.compile(
    rb"\x1b(?:"
    rb"\[\[[A-E]"  # function keys of the Linux console
    rb"|\[M[\0-\xff]{3}"  # the mouse as X10 reports it
    rb"|\[[0-?]*[ -/]*[@-LN-Z\\-~]"
    rb"|\[[0-?]+[ -/]*[@-~]"
    rb"|O[ -~]"
    rb"|(?:\][0-9lL]|P[0-9>!$+|]|_G)[^\x07\x1b]*(?:\x07|\x1b\\)"  # answers of the terminal
    rb"|[^\x1b\[O\]P_]|\](?=[^0-9lL])|P(?=[^0-9>!$+|])|_(?=[^G])"  # a key with alt
    rb")"
)
_BEGINS_ANSWER = re.compile(rb"\x1b(?:\][0-9lL]|P[0-9>!$+|]|_G)[^\x07\x1b]*\x1b?\Z")
_MAY_BEGIN_ANSWER = re.compile(rb"\x1b[\]P_]\Z")
_BEGINS = re.compile(rb"\x1b(?:\[(?:\[|M[\0-\xff]{0,2}|[0-?]*[ -/]*)|O)?\Z")
_MALFORMED = re.compile(rb"\x1b(?:\[\[?[0-?]*[ -/]*|[\]P_][^\x07\x1b]*|O)?")
_PASTE, _PASTED = b"\x1b[200~", b"\x1b[201~"
_CURSOR_REPORT = re.compile(r"\x1b\[\d+;\d+R")
_MOUSE = re.compile(r"\x1b\[<\d{1,4};-?\d{1,6};-?\d{1,6}[Mm]")
_PRESSED = re.compile(r"(;\d+):[12](?=[;A-Zu~])")
"""Finds the mark that kitty adds to a key that is pressed or repeats; that of a release differs."""
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026;[1-4]\$y")
_LONGEST = 1_000
"""Maximum bytes of a sequence; a longer one is dropped."""
_PATIENCE = 0.5
"""Seconds without input after which an unfinished answer or paste is given up."""


class Keyboard:
    """Parses terminal input; calls `on_answer` with the terminal's answers (OSC, DCS, APC)."""

    def __init__(
        self,
        on_answer: Callable[[bytes], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_answer, self._clock = on_answer, clock
        self._keys = XTermParser()
        self._decoder = getincrementaldecoder("utf-8")(errors="ignore")
        self._rest = b""
        self._paste: bytearray | None = None
        self._deadline = 0.0

    @property
    def is_waiting(self) -> bool:
        """Return True if a sequence or a paste has begun and not ended."""
        return bool(self._rest) or self._paste is not None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the events in `data`; keep an incomplete sequence for the next call."""
        data, self._rest = self._rest + data, b""
        at = 0
        while at < len(data):
            if self._paste is not None:
                at = yield from self._continue_paste(data, at)
            elif text := _TEXT.match(data, at):
                for character in self._decoder.decode(text[0]):
                    yield from self._keys_of(character)
                at = text.end()
            elif whole := _SEQUENCE.match(data, at):
                self._decoder.reset()
                yield from self._sequence(whole[0])
                at = whole.end()
            elif self._may_go_on(data, at):
                self._rest = data[at:]
                break
            else:
                at = yield from self._give_up(data, at)
        if self.is_waiting:
            is_escape = self._rest == b"\x1b"
            self._deadline = self._clock() + (constants.ESCAPE_DELAY if is_escape else _PATIENCE)

    def tick(self) -> Iterator[Message]:
        """Yield the events of input whose end did not come in time.

        An escape, a key with alt and a cut-off paste are events; any other input is dropped.
        """
        if not self.is_waiting or self._clock() < self._deadline:
            return
        rest, self._rest = self._rest, b""
        if self._paste is not None:
            yield from self._end_paste(bytes(self._paste) + rest)
        elif rest == b"\x1b":
            yield events.Key("escape", "\x1b")
        elif len(rest) == 2:
            yield from self._alt(rest[1:])

    def _may_go_on(self, data: bytes, at: int) -> bool:
        begins = (_BEGINS, _MAY_BEGIN_ANSWER, _BEGINS_ANSWER)
        return len(data) - at < _LONGEST and any(begin.match(data, at) for begin in begins)

    def _give_up(self, data: bytes, at: int) -> Generator[Message, None, int]:
        """Drop a malformed sequence at offset `at`; if it is a single escape, yield the escape key.

        Returns the offset after the sequence.
        """
        malformed = _MALFORMED.match(data, at)
        assert malformed is not None
        if malformed[0] == b"\x1b":
            yield events.Key("escape", "\x1b")
        return malformed.end()

    # Pasting

    def _continue_paste(self, data: bytes, at: int) -> Generator[Message, None, int]:
        assert self._paste is not None
        end = data.find(_PASTED, at)
        if end >= 0:
            yield from self._end_paste(bytes(self._paste) + data[at:end])
            return end + len(_PASTED)
        split = data.rfind(b"\x1b", max(at, len(data) - len(_PASTED) + 1))
        keep = split if split >= 0 and _PASTED.startswith(data[split:]) else len(data)
        self._paste += data[at:keep]
        self._rest = data[keep:]
        return len(data)

    def _end_paste(self, pasted: bytes) -> Iterator[Message]:
        self._paste = None
        yield events.Paste(pasted.decode(errors="ignore").replace("\0", ""))

    # Sequences

    def _sequence(self, sequence: bytes) -> Iterator[Message]:
        if sequence == _PASTE:
            self._paste = bytearray()
        elif sequence[1:2] in b"]P_" and len(sequence) > 2:
            self._on_answer(sequence)
        elif len(sequence) <= _LONGEST:
            text = _PRESSED.sub(r"\1", sequence.decode("latin-1"))
            if text == "\x1b[I":
                yield events.AppFocus()
            elif text == "\x1b[O":
                yield events.AppBlur()
            elif _SYNCHRONIZED.fullmatch(text):
                yield TerminalSupportsSynchronizedOutput()
            elif _MOUSE.fullmatch(text):
                if (event := self._keys.parse_mouse_code(text)) is not None:
                    yield event
            elif not _CURSOR_REPORT.fullmatch(text):
                known = list(self._keys_of(text))
                yield from known or (self._alt(sequence[1:]) if len(sequence) == 2 else ())

    def _alt(self, key: bytes) -> Iterator[Message]:
        yield from self._keys_of(key.decode("ascii", "ignore"), alt=True)

    def _keys_of(self, sequence: str, *, alt: bool = False) -> Iterator[Message]:
        """Yield the keys of a sequence or a character, as pressed with alt if `alt` is True.

        Keys with an invalid character are left out, and sequences to be ignored.
        """
        try:
            keys = list(self._keys._sequence_to_key_events(sequence, alt=alt))
        except (ValueError, OverflowError):
            return
        for key in keys:
            if key.key != Keys.Ignore and not _is_odd(key.character or ""):
                yield key


def _is_odd(text: str) -> bool:
    """Return True if `text` has a surrogate or a control character beyond ASCII."""
    return any("\ud800" <= c <= "\udfff" or "\x80" <= c <= "\x9f" for c in text)
