"""The app in a real terminal: ways out that are harder than a key."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.helpers import saved
from tests.terminal.emulator import Terminal

RUN = ("--digits", 300_000, "--pace", 2_000, "--checkpoint-every", 0)
"""Nothing is saved but by the way out."""


def watch_for_a_while(terminal: Terminal) -> None:
    """At least 1,000 digits are on the screen."""
    terminal.see("running")
    terminal.see(r"digits [\d,]+ – [\d,]*\d,\d{3} ")


def test_while_the_disk_hangs_a_second_sigterm_ends_it(database: Path) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        with closing(sqlite3.connect(database)) as other:
            other.execute("BEGIN EXCLUSIVE")
            terminal.signal(signal.SIGTERM)
            terminal.see("Saving")
            terminal.signal(signal.SIGTERM)
            assert (terminal.wait(), terminal.left_behind()) == (128 + signal.SIGTERM, [])


def test_ctrl_z_saves_and_stops_and_comes_back_whole(database: Path) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        terminal.send("\x1a")
        terminal.until(lambda: terminal.has_left_the_alternate_screen)
        assert saved(database) > 1_000
        terminal.signal(signal.SIGCONT)
        terminal.until(lambda: not terminal.has_left_the_alternate_screen)
        terminal.see("running")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


def test_the_first_start_asks_and_leaving_there_leaves(database: Path) -> None:
    with Terminal("--db", database) as terminal:
        terminal.see("How many digits")
        terminal.send("\x03")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


BROKEN_FACE = """
import sys
from pi_tui.cli import main
from pi_tui.ui.main_screen import MainScreen

show = MainScreen.show

def broken(self, frame, **options):
    if frame.snapshot.made > 1000:
        raise RuntimeError("a bug in the face")
    show(self, frame, **options)

MainScreen.show = broken
sys.exit(main(sys.argv[1:]))
"""


def test_a_bug_in_the_face_loses_no_digit(database: Path) -> None:
    with Terminal("--db", database, *RUN, program=("-c", BROKEN_FACE)) as terminal:
        assert (terminal.wait(), terminal.left_behind()) == (1, [])
        assert b"a bug in the face" in terminal.raw
    assert saved(database) > 1_000
