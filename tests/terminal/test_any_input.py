"""No bytes from a terminal end pi-tui, or count as keys that were not pressed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from pi_tui.app.terminal.keyboard import Keyboard
from tests.terminal.emulator import Terminal

ODD = {
    "latin-1": b"\xe9j",
    "no utf-8": b"\xff",
    "mouse of X10": b"\x1b[M \xe9\xff",
    "mouse of X10, short": b"\x1b[M",
    "key beyond Unicode": b"\x1b[99999999u",
    "half a character": b"\x1b[55296;1;55296u",
    "text beyond Unicode": b"\x1b[97;1;99999999u",
    "number of 5,000 digits": b"\x1b[" + b"9" * 5000 + b"u",
    "size reported": b"\x1b[48;99999;99999;0;0t",
    "mouse far away": b"\x1b[<0;99999999999;99999999999M",
    "mouse below zero": b"\x1b[<35;-5;-9M",
    "paste without an end": b"\x1b[200~abc",
    "paste with escapes": b"\x1b[200~\x1b[\x1b]11;\x1b[201~",
    "C1": b"\x9b31m\xc2\x9b31m",
    "NUL": b"\0\0",
    "cut off": b"\x1b[?1;2",
    "function keys of a console": b"\x1b[[A\x1b[[E",
}
ANSWERS = {
    "colour": b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
    "colour, other end": b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "attributes": b"\x1b[?62;22;4c",
    "second attributes": b"\x1b[>41;370;0c",
    "third attributes": b"\x1bP!|00000000\x1b\\",
    "version": b"\x1bP>|XTerm(370)\x1b\\",
    "status": b"\x1b[0n",
    "cursor": b"\x1b[12;40R",
    "window size": b"\x1b[8;24;80t",
    "mode": b"\x1b[?2048;2$y",
    "keyboard": b"\x1b[?25u",
    "termcap": b"\x1bP1+r544e=787465726d\x1b\\",
    "title": b"\x1b]lqbx\x1b\\",
    "graphics": b"\x1b_Gi=1;OK\x1b\\",
    "day or night": b"\x1b[?997;1n",
}


class Clock:
    """A clock that a test advances by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def parsed(*parts: bytes) -> list[Message]:
    """Return all events parsed from these bytes, including those after a time-out."""
    clock = Clock()
    keyboard = Keyboard(clock=clock)
    found = [event for part in parts for event in keyboard.feed(part)]
    clock.now += 10
    return [*found, *keyboard.tick()]


def keys(*parts: bytes) -> list[str]:
    return [event.key for event in parsed(*parts) if isinstance(event, events.Key)]


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_keyboard_fed_any_bytes_parses_a_key_after_ends_of_sequences(parts: list[bytes]) -> None:
    assert keys(*parts, b"\x1b[201~\x18\x1b\\", b"q")[-1:] == ["q"]


_PIECES = st.sampled_from([*ODD.values(), *ANSWERS.values(), b"\x1b", b"\x1b[", b"a", b"\x1b]"])


@given(st.lists(_PIECES, max_size=8))
def test_keyboard_fed_odd_sequences_in_any_order_does_not_fail(parts: list[bytes]) -> None:
    assert keys(*parts, b"\x1b[201~\x18\x1b\\", b"q")[-1:] == ["q"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_answer_of_the_terminal_split_anywhere_is_never_read_as_keys(answer: str) -> None:
    text = ANSWERS[answer]
    for cut in range(1, len(text)):
        assert keys(text[:cut], text[cut:]) == [], cut


def test_keyboard_names_usual_keys_as_textual_does_also_if_split_and_ignores_releases() -> None:
    typed = b"q\x03\x1b[A\x1bOP\x1b[15~\x1b[1;5C\x1b[99;5u\x1b[97u\x1b\x1b[B\xc3\xa9\r\x7f"
    assert keys(typed) == [
        *("q", "ctrl+c", "up", "f1", "f5", "ctrl+right", "ctrl+c", "a"),
        *("escape", "down", "é", "enter", "backspace"),
    ]
    assert keys(b"\x1b", b"a", b"\x1b") == ["alt+a", "escape"]
    assert keys(b"\xc3", b"\xa9") == ["é"]
    assert keys(b"q" * 999 + b"\x1b[", b"A")[-1] == "up", "a sequence split after much other input"
    assert keys(b"\x1b[99;5:1u\x1b[99;5:3u\x1b[105;1:3u") == ["ctrl+c"], "kitty's releases"


@pytest.mark.parametrize("cut", range(30))
def test_paste_is_one_event_wherever_it_is_split(cut: int) -> None:
    pasted = b"\x1b[200~a\x1b[Bq\x03\xc3\xa9\x1b[201~x"
    (paste, key) = parsed(pasted[:cut], pasted[cut:])
    assert isinstance(paste, events.Paste)
    assert paste.text == "a\x1b[Bq\x03é"
    assert isinstance(key, events.Key)
    assert key.key == "x"


def a_finished_run(database: Path, *program: str) -> Terminal:
    arguments = ("--digits", 2000, "--pace", "max", "--db", database)
    return Terminal(*arguments, program=program)


def test_app_fed_odd_bytes_keeps_working_and_quits(database: Path) -> None:
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        for odd in ODD.values():
            terminal.send(odd)
            terminal.send("\x1b[H")
        terminal.send("\x1b[201~\x1b[I\x1b[27u")  # Escape: a function key has opened the help
        terminal.until(lambda: "Esc ends it" not in terminal.screen)
        terminal.send("?")
        terminal.see("Esc ends it")
        terminal.send("\x03")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        assert "Traceback" not in terminal.screen


def test_key_pressed_after_10_000_mouse_movements_waits_for_fewer_than_1_000_events(
    database: Path,
) -> None:
    moves = b"".join(b"\x1b[<35;%d;%dM" % (1 + at % 80, 1 + at % 24) for at in range(10_000))
    counting = (
        "import sys; from textual import events; from pi_tui.app.app import RunApp; "
        "from pi_tui.cli import main; whole = RunApp.on_event; seen = []\n"
        "async def on_event(self, event):\n"
        "    seen.append(event)\n"
        "    await whole(self, event)\n"
        "RunApp.on_event = on_event; code = main(sys.argv[1:])\n"
        "print('moves', sum(isinstance(event, events.MouseMove) for event in seen))\n"
    )
    words = ("--digits", 2000, "--db", database)
    with Terminal(*words, program=("-c", counting)) as terminal:
        terminal.see("running")
        terminal.send(moves + b"?")
        terminal.see("Esc ends it")
        terminal.send("\x03")
        assert terminal.wait() == 0
        assert 0 < int(terminal.see(r"moves (\d+)")[1]) < 1_000


def test_late_answers_of_the_terminal_open_no_dialog(database: Path) -> None:
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        terminal.send("\x1b[H")
        terminal.see("1415926535")
        before = terminal.screen
        for answer in ANSWERS.values():
            terminal.send(answer)
        terminal.send("d")  # handled after them
        terminal.until(lambda: terminal.cell(*terminal.place_of("1415926535"))[1] != "default")
        assert terminal.screen.splitlines()[3:15] == before.splitlines()[3:15]
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


COUNTING = """
import sys
from pi_tui.cli import main
from pi_tui.pi.app.pi_screen import PiScreen

turn, turned = PiScreen.action_color_digits, []

def counted(self):
    turned.append(1)
    turn(self)

PiScreen.action_color_digits = counted
code = main(sys.argv[1:])
print("obeyed:", len(turned))
sys.exit(code)
"""


@pytest.mark.parametrize("ctrl_c", [b"\x03", b"\x1b[99;5u"], ids=["plain", "kitty"])
def test_ctrl_c_overtakes_100_kilobytes_typed_ahead(ctrl_c: bytes, database: Path) -> None:
    with a_finished_run(database, "-c", COUNTING) as terminal:
        terminal.see("complete")
        terminal.send(b"d" * 100_000 + ctrl_c)
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        obeyed = int(terminal.see(r"obeyed: (\d+)")[1])
        assert obeyed < 50_000
