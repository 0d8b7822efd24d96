"""Exits of the app under difficult conditions, in a real terminal."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections import deque
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.worker.leave_request import AT_ONCE_AFTER
from tests.helpers import PI_TUI, saved, wait_until
from tests.terminal.emulator import Terminal
from tests.terminal.test_guardian import looks_of

RUN = ("--digits", 90_000, "--pace", 2_000, "--checkpoint-every", 0)
"""Arguments of a run that saves only when it exits."""
WITHOUT_HANGUP = (
    "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Runs a program with SIGHUP blocked."""


def watch_for_a_while(terminal: Terminal) -> None:
    """Wait until at least 1,000 digits are on the screen."""
    terminal.see("running")
    terminal.see(r"digits [\d,]+ – [\d,]*\d,\d{3} ")


def test_sigterm_while_the_database_is_locked_exits_and_says_what_is_lost(
    database: Path,
) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        with closing(sqlite3.connect(database)) as other:
            other.execute("BEGIN EXCLUSIVE")
            terminal.signal(signal.SIGTERM)
            terminal.see("Saving")
            assert (terminal.wait(), terminal.left_behind()) == (6, [])
            terminal.see("[1-9][0-9,]* digits not saved; saved 0 of 90,000 digits")


@pytest.mark.parametrize("put_back", [True, False], ids=["put back", "not put back"])
def test_database_moved_while_paused_is_reported_before_the_app_exits(
    put_back: bool, database: Path
) -> None:
    with Terminal("--db", database, *RUN, size=(200, 24)) as terminal:
        watch_for_a_while(terminal)
        terminal.send("p")
        terminal.see("paused")
        moved = database.rename(database.with_name("moved"))
        terminal.send("q")
        terminal.see("What was saved is gone")
        if put_back:
            moved.rename(database)
            terminal.send("\r")
            assert terminal.wait() == 0
        else:
            terminal.send("\x1b[B\r")
            assert terminal.wait() == 6
            terminal.see("in the file that was moved, deleted or replaced")
    assert not put_back or saved(database) > 1_000


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_quit_after_the_database_was_deleted_says_where_the_saved_digits_were(
    replaced: bool, database: Path
) -> None:
    often = ("--checkpoint-every", "1s")
    with Terminal("--db", database, *RUN[:-2], *often, size=(200, 24)) as terminal:
        terminal.until(lambda: saved(database))
        database.unlink()
        if replaced:
            database.write_text("my notes\n" * 200)
        terminal.see("NOT SAVED since")
        terminal.send("q")
        terminal.see("cannot be saved")
        terminal.send("\x1b[B\r")
        assert (terminal.wait(), terminal.left_behind()) == (6, [])
        terminal.see(
            r"digits not saved; saved [\d,]+ of 90,000 digits, in the file that was moved, deleted "
            "or replaced"
        )


def test_closed_window_exits_with_6_if_nothing_could_be_saved(database: Path) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        with closing(sqlite3.connect(database)) as other:
            other.execute("BEGIN EXCLUSIVE")
            terminal.close()
            assert terminal.wait() == 6


def test_closed_window_that_sends_no_signal_saves_and_ends_the_app(database: Path) -> None:
    with Terminal(*PI_TUI, "--db", database, *RUN, program=("-c", WITHOUT_HANGUP)) as terminal:
        watch_for_a_while(terminal)
        terminal.close()
        assert terminal.wait() == 129
    assert saved(database) > 1_000


RARELY_LOOKING = """
import signal, sys
from pi_tui import cli
from pi_tui.app.terminal import signals
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
signals._TTY_LOOK = 8.0
sys.exit(cli.main())
"""
"""Runs the app with SIGHUP blocked; in 8 s it writes more than its queue of 30 writes holds."""


def test_app_notices_a_closed_window_after_many_failed_writes_to_it(database: Path) -> None:
    with Terminal("--db", database, *RUN, program=("-c", RARELY_LOOKING)) as terminal:
        watch_for_a_while(terminal)
        terminal.close()
        assert terminal.wait() == 129
    assert saved(database) > 1_000


@pytest.mark.parametrize(
    "first", ["q", "\x03", signal.SIGTERM, signal.SIGHUP], ids=["q", "ctrl+c", "TERM", "HUP"]
)
@pytest.mark.parametrize("second", ["q", "\x03", signal.SIGTERM], ids=["q", "ctrl+c", "TERM"])
def test_app_saves_if_a_second_request_to_exit_directly_follows_the_first(
    first: str | signal.Signals, second: str | signal.Signals, database: Path
) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        for ask in (first, second):
            if isinstance(ask, str):
                terminal.send(ask)
            else:
                terminal.signal(ask)
        code = terminal.wait()
        assert terminal.left_behind() == []
        assert code in {0} | {128 + n for n in (first, second) if isinstance(n, signal.Signals)}
        assert "Traceback" not in terminal.screen
    assert saved(database) > 1_000


@pytest.mark.parametrize("milliseconds", [20, 60, 100, 150, 200, 250, 300, 400, 600])
def test_sighup_during_start_leaves_a_clean_terminal(milliseconds: int, database: Path) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        time.sleep(milliseconds / 1000)  # the signal may come at any moment
        terminal.signal(signal.SIGHUP)
        assert terminal.wait() in (129, -1)
        assert terminal.left_behind() == []
        assert "Traceback" not in terminal.screen


def test_sigterm_during_exit_by_key_q_shows_no_traceback(database: Path) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        terminal.send("q")
        while terminal.is_running and terminal.screen:
            terminal.signal(signal.SIGTERM)
        assert terminal.wait() in (143, -15)
        assert terminal.left_behind() == []
        assert "Traceback" not in terminal.screen
    assert saved(database) > 1_000


def wait_until_the_screen_waits(pid: int) -> None:
    """Wait until the main thread sleeps, which it does once the full terminal blocks its writes.

    Some frames fit in queues before that.
    """
    wakings: deque[int] = deque(maxlen=50)

    def sleeps() -> bool:
        wakings.append(looks_of(pid))
        return wakings.count(wakings[0]) == 50

    wait_until(sleeps)


@pytest.mark.parametrize(
    ("way", "is_blocked"),
    [
        *((signal.SIGTERM, blocked) for blocked in (False, True)),
        *((b"\x03", blocked) for blocked in (False, True)),
        *((b"q", False), (b"?\x03", True)),
    ],
)
def test_app_in_a_window_that_accepts_no_bytes_saves_and_ends(
    way: signal.Signals | bytes, is_blocked: bool, database: Path
) -> None:
    with Terminal("--db", database, "--digits", 90_000, "--checkpoint-every", 0) as terminal:
        terminal.see("running")
        wait_until(lambda: terminal.is_stuck)
        if is_blocked:
            wait_until_the_screen_waits(terminal.pid)
        if isinstance(way, bytes):
            terminal.type_unread(way)
        else:
            terminal.signal(way)
        wait_until(lambda: not terminal.is_running)
        assert not terminal.is_raw
    assert saved(database) > 0


@pytest.mark.parametrize("number", [signal.SIGSTOP, None], ids=["stopped", "never stopped"])
@pytest.mark.parametrize("leave", ["q", signal.SIGTERM, signal.SIGHUP], ids=["q", "TERM", "HUP"])
def test_app_exits_as_usual_after_sigcont_from_outside(
    number: signal.Signals | None, leave: str | signal.Signals, database: Path
) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        for _ in range(2):
            if number is not None:
                terminal.signal(number)
            terminal.signal(signal.SIGCONT)
        terminal.see("running")
        if isinstance(leave, str):
            terminal.send(leave)
        else:
            terminal.signal(leave)
        code = 0 if isinstance(leave, str) else 128 + leave
        assert (terminal.wait(), terminal.left_behind()) == (code, [])
    assert saved(database) > 1_000


def test_ctrl_z_without_a_shell_saves_and_does_not_suspend_the_app(database: Path) -> None:
    with Terminal("--db", database, *RUN) as terminal:
        watch_for_a_while(terminal)
        terminal.send("\x1a")
        wait_until(lambda: saved(database) > 1_000)
        terminal.until(lambda: terminal.raw.count(b"\x1b[?1049h") > 1 and terminal.is_raw)
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


def test_first_start_asks_for_a_goal_and_can_be_quit_there(database: Path) -> None:
    with Terminal("--db", database) as terminal:
        terminal.see("How many digits")
        terminal.send("\x03")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


HANGING = """
import time
from pathlib import Path
from pi_tui import resumable

@resumable
def steps(goal, step=0):
    while step < goal:
        if step == 3:
            Path(__file__).with_suffix(".hangs").touch()
            time.sleep(3600)
        step += 1
        yield {"step": step}, f"{step}\\n"

steps.main()
"""


@pytest.mark.parametrize("key", ["q", "\x03", "\x11"], ids=["q", "ctrl+c", "ctrl+q"])
def test_second_quit_key_exits_from_a_hanging_step_and_tells_the_loss(
    key: str, database: Path
) -> None:
    hanging = database.with_name("hanging.py")
    hanging.write_text(HANGING)
    with Terminal(100, "--db", database, "--screen", program=(str(hanging),)) as terminal:
        terminal.until(hanging.with_suffix(".hangs").exists)
        terminal.see("running")
        terminal.send(key)
        terminal.see("Saving")
        time.sleep(AT_ONCE_AFTER)  # until then the key may be held down
        terminal.send(key)
        assert (terminal.wait(), terminal.left_behind()) == (6, [])
        terminal.see("6 bytes not saved; saved step 0")


BROKEN_FACE = """
import sys
from pi_tui.cli import main
from pi_tui.pi.app.pi_screen import PiScreen

show = PiScreen.show

def broken(self, frame, **options):
    if frame.snapshot.made > 1000:
        raise RuntimeError("a bug in the face")
    show(self, frame, **options)

PiScreen.show = broken
sys.exit(main(sys.argv[1:]))
"""


def test_app_that_fails_by_a_bug_saves_its_digits_and_exits_with_1(database: Path) -> None:
    with Terminal("--db", database, *RUN, program=("-c", BROKEN_FACE)) as terminal:
        assert (terminal.wait(), terminal.left_behind()) == (1, [])
        assert b"a bug in the face" in terminal.raw
    assert saved(database) > 1_000
