"""Every way out of the app saves first and leaves a clean terminal: tried in real terminals."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.ui.terminal import LEFT_ALTERNATE_SCREEN, Terminal, saved_digits, terminal

RUN = ("--digits", 300_000, "--pace", 2_000, "--checkpoint-every", 0)
"""Nothing is saved but by the way out."""


def watch_for_a_while(child: Terminal) -> None:
    child.wait_for("running")
    child.wait_for_digits(1_000)


@pytest.mark.parametrize("keys", ["q", "\x03", "\x11"], ids=["q", "ctrl+c", "ctrl+q"])
def test_a_key_saves_and_leaves_a_clean_terminal(database: Path, keys: str) -> None:
    with terminal("--db", database, *RUN) as child:
        watch_for_a_while(child)
        child.press(keys)
        assert child.exit_code() == 0
        assert LEFT_ALTERNATE_SCREEN in child.written
        assert b"\x1b[?1000l" in child.written
        assert "are saved" in child.text
    assert saved_digits(database) > 1_000


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_saves_and_leaves_a_clean_terminal(database: Path, name: str) -> None:
    number = signal.Signals[name]
    with terminal("--db", database, *RUN) as child:
        watch_for_a_while(child)
        child.send(number)
        assert child.exit_code() == 128 + number
        assert LEFT_ALTERNATE_SCREEN in child.written
    assert saved_digits(database) > 1_000


def test_a_closed_terminal_saves_and_the_process_ends(database: Path) -> None:
    with terminal("--db", database, *RUN) as child:
        watch_for_a_while(child)
        child.hang_up()
        assert child.exit_code() == 128 + signal.SIGHUP
    assert saved_digits(database) > 1_000


def test_sigterm_twice_in_a_row_ends_it_too(database: Path) -> None:
    with terminal("--db", database, *RUN) as child:
        watch_for_a_while(child)
        child.send(signal.SIGTERM)
        child.send(signal.SIGTERM)
        assert child.exit_code() == 128 + signal.SIGTERM


def test_killed_it_goes_on_where_the_last_checkpoint_was(database: Path) -> None:
    with terminal("--db", database, *RUN) as child:
        watch_for_a_while(child)
        child.press("p")
        child.wait_for("paused")
        paused = saved_digits(database)
        assert paused > 1_000
        child.send(signal.SIGKILL)
        assert child.exit_code() == -signal.SIGKILL
    assert saved_digits(database) == paused
    with terminal("--db", database) as child:
        child.wait_for("running")
        child.press("q")
        assert child.exit_code() == 0
    assert saved_digits(database) >= paused


def test_ctrl_z_saves_and_stops_and_comes_back_whole(database: Path) -> None:
    with terminal("--db", database, *RUN) as child:
        watch_for_a_while(child)
        child.press("\x1a")
        child.wait_for_bytes(LEFT_ALTERNATE_SCREEN)
        assert saved_digits(database) > 1_000
        child.written.clear()
        child.send(signal.SIGCONT)
        child.wait_for_bytes(b"\x1b[?1049h")
        child.wait_for("running")
        child.press("q")
        assert child.exit_code() == 0


def test_the_first_start_asks_and_ctrl_c_there_leaves(database: Path) -> None:
    with terminal("--db", database) as child:
        child.wait_for("How many digits")
        child.press("\x03")
        child.press("\x1b")
        assert child.exit_code() == 0


BROKEN_FACE = """
import sys
from pi_tui.cli import main
from pi_tui.ui.main_screen import MainScreen

show = MainScreen.show

def broken(self, frame, **options):
    if frame.snapshot.count > 1000:
        raise RuntimeError("a bug in the face")
    show(self, frame, **options)

MainScreen.show = broken
sys.exit(main(sys.argv[1:]))
"""


def test_a_bug_in_the_face_loses_no_digit(database: Path) -> None:
    with terminal("--db", database, *RUN, code=BROKEN_FACE) as child:
        assert child.exit_code() == 1
        assert LEFT_ALTERNATE_SCREEN in child.written
        assert "a bug in the face" in child.written.decode(errors="replace")
    assert saved_digits(database) > 1_000
