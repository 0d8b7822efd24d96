"""Programs under an interactive bash, which sends signals in addition to the kernel's."""

from __future__ import annotations

import os
import re
import shlex
import signal
import time
from pathlib import Path

import pytest

from tests.commands.long_run import SLOW
from tests.helpers import PI_TUI, pi_tui, saved, started, wait_until
from tests.terminal.emulator import Terminal
from tests.terminal.shell import APP, UNSAVED, bash, holder, state_of, typed, watched


@pytest.mark.parametrize("attempt", range(3))
def test_run_in_a_closed_window_saves_although_kernel_and_shell_both_signal_it(
    attempt: int, database: Path
) -> None:
    with bash() as terminal:
        terminal.send(typed("run", *SLOW, *UNSAVED, "--db", database))
        terminal.see(r"running +\S+ +[1-9][\d,]*/100,000")
        terminal.close()
        wait_until(lambda: saved(database))


@pytest.mark.parametrize("between", [0.0, 0.02])
@pytest.mark.parametrize(
    "numbers", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGTERM)]
)
def test_run_command_saves_even_if_a_second_signal_follows_the_first_at_once(
    numbers: tuple[signal.Signals, signal.Signals], between: float, database: Path
) -> None:
    with started("run", *SLOW, *UNSAVED, "--db", database) as child:
        assert child.stderr
        while not re.match(rb"running: [1-9]", line := child.stderr.readline()):
            assert line, "it ended"
        child.send_signal(numbers[0])
        time.sleep(between)  # the time between the two signals
        child.send_signal(numbers[1])
        _, err = child.communicate(timeout=60)
        # The second may come when all is done and said: a shell sees 143 then, too.
        assert child.returncode in (128 + numbers[0], -numbers[1])
        assert b"saved " in err
    assert saved(database)


@pytest.mark.parametrize("attempt", range(2))
def test_app_in_a_closed_window_saves_although_kernel_and_shell_both_signal_it(
    attempt: int, database: Path
) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        terminal.close()
        wait_until(lambda: not state_of(pid))
    assert saved(database) > 1_000


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.03, 0.06, 0.1, 0.2])
def test_ctrl_z_and_a_closed_window_leave_no_stopped_process(
    seconds: float, database: Path
) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        terminal.send("\x1a")
        time.sleep(seconds)  # the signal may come at any moment of the start
        terminal.close()
        wait_until(lambda: not state_of(pid))
    assert saved(database) > 1_000


DIALOGS = {
    **{
        "?": "Esc ends it",
        "r": "Esc back",
        "l": "Esc goes back",
        "S": "Statistics",
        "w": "Esc back",
    },
    **{"b": "Esc goes back", "s": "Esc goes back", "e": "Esc goes back", "g": "Esc goes back"},
    **{"h": "Esc ends", "t": "Esc back", "\x10": "Search for commands"},
}
"""Keys that open a dialog, and words in the dialog."""


def test_ctrl_z_suspends_the_app_while_each_of_12_dialogs_is_open(database: Path) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        for key, words in DIALOGS.items():
            terminal.send(key)
            terminal.see(words)
            terminal.send("\x1a")
            terminal.until(lambda: state_of(pid) == "T")
            terminal.send("fg\n")
            terminal.see(words)
            terminal.send("\x1b")
            terminal.until(lambda words=words: words not in terminal.screen)  # type: ignore[misc]
        terminal.send("q")
        terminal.until(lambda: not state_of(pid))
        assert terminal.left_behind_by_a_job() == []


def test_ctrl_z_saves_and_suspends_the_app_and_fg_shows_it_again(database: Path) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        terminal.send("\x1a")
        terminal.until(lambda: state_of(pid) == "T")
        terminal.see("ready>")
        assert terminal.left_behind_by_a_job() == []
        assert saved(database) > 1_000
        terminal.send("bg\n")
        terminal.see("&")
        terminal.until(lambda: state_of(pid) == "T")
        terminal.send("fg\n")
        terminal.until(lambda: terminal.is_raw and not terminal.has_left_the_alternate_screen)
        terminal.send("q")
        terminal.until(lambda: not state_of(pid))
        terminal.read("goes on from there")
        assert terminal.left_behind_by_a_job() == []


def test_app_started_in_the_background_is_shown_by_fg(database: Path) -> None:
    with bash() as terminal:
        terminal.send(typed("--db", database, *APP).rstrip() + " &\n")
        shown_by_fg(terminal)
        pid = holder(database)
        terminal.send("q")
        terminal.until(lambda: not state_of(pid))
        terminal.read("goes on from there")
        terminal.send("stty -a | grep -o ' icanon'; echo e''nd\n")
        terminal.see(r"(?m)^ icanon")
        assert terminal.left_behind_by_a_job() == []
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8])
def test_app_suspended_while_it_starts_is_shown_after_bg_and_then_fg(
    seconds: float, database: Path
) -> None:
    with bash() as terminal:
        terminal.send(typed("--db", database, *APP))
        time.sleep(seconds)  # the key may come at any moment of the start
        terminal.send("\x1a")
        terminal.see("(?s)Stopped.*ready>")
        terminal.send("bg\n")
        shown_by_fg(terminal)
        assert b"Traceback" not in terminal.raw


def test_app_that_no_shell_can_bring_to_the_foreground_says_so_and_makes_no_database(
    database: Path,
) -> None:
    with bash() as terminal:
        command = typed("--db", database, *APP).rstrip()
        terminal.send(f"sh -c {shlex.quote(f'{command} </dev/tty &')}\n")
        terminal.read("no shell can bring this one to the foreground; start it without `&`")
        assert b"Traceback" not in terminal.raw
        assert terminal.left_behind_by_a_job() == []
    assert not database.exists()


def shown_by_fg(terminal: Terminal) -> None:
    """Wait until the shell's only job is stopped in the background; show it by `fg`."""
    terminal.send("until jobs -s | grep -q .; do sleep 0.1; done; echo sus''pended\n")
    terminal.see("(?m)^suspended")
    terminal.send("fg\n")
    terminal.see(r"digits [\d,]+ – [\d,]*\d,\d{3} ")


def test_app_suspended_by_ctrl_z_and_ended_by_sigterm_leaves_a_clean_terminal(
    database: Path,
) -> None:
    """End the app by `kill %1`: bash also continues it, in the background."""
    with bash() as terminal:
        pid = watched(terminal, database)
        terminal.send("\x1a")
        terminal.until(lambda: state_of(pid) == "T")
        terminal.see("ready>")
        terminal.send("kill %1\n")
        terminal.until(lambda: not state_of(pid))
        assert terminal.left_behind_by_a_job() == []
    assert saved(database) > 1_000


LATE = """
import os, signal, threading, time
from pi_tui.app.terminal.foreground import suspend_in_background

def handle_late():
    while signal.SIGTERM not in signal.sigpending():
        time.sleep(0.001)
    time.sleep(0.05)  # as if a busy machine let this thread wait
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])

told = []
signal.signal(signal.SIGTERM, lambda *_: told.append("to leave"))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
threading.Thread(target=handle_late, daemon=True).start()
os.kill(0, signal.SIGTSTP)
suspend_in_background(lambda: bool(told))
print("told", *told)
"""
"""A stopped job in which a thread handles SIGTERM a moment after the main thread was continued."""


def test_stopped_job_exits_at_sigterm_although_another_thread_gets_the_signal(
    tmp_path: Path,
) -> None:
    script = tmp_path / "late.py"
    script.write_text(LATE)
    with bash() as terminal:
        terminal.send(f"{shlex.join([PI_TUI[0], str(script)])}\n")
        terminal.see("Stopped")
        terminal.send("kill %1\n")
        terminal.see("told to leave")


@pytest.mark.parametrize("leave", ["fg, q", "TERM", "HUP"])
def test_app_stopped_by_another_process_can_be_quit(leave: str, database: Path) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        os.kill(pid, signal.SIGSTOP)
        terminal.until(lambda: state_of(pid) == "T")
        terminal.see("Stopped")
        if leave == "fg, q":
            terminal.send("fg\n")
            terminal.until(lambda: state_of(pid) != "T")
            terminal.until(lambda: terminal.is_raw)
            terminal.send("q")
        else:
            os.kill(pid, getattr(signal, f"SIG{leave}"))
            os.kill(pid, signal.SIGCONT)
        terminal.until(lambda: not state_of(pid))
        terminal.send("stty -a | grep -o ' icanon'; echo e''nd\n")
        terminal.see(r"(?m)^ icanon")
        assert terminal.left_behind_by_a_job() == []
    assert saved(database) > 1_000


def test_run_command_refuses_the_run_of_a_stopped_process_and_names_kill_cont(
    database: Path,
) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        terminal.send("\x1a")
        terminal.until(lambda: state_of(pid) == "T")  # it stops once all its output is read
        done = pi_tui("run", "--digits", 90_000, "--db", database)
        assert done.returncode == 3
        assert f"pid {pid}" in done.stderr
        assert "stopped" in done.stderr
        assert f"kill -CONT {pid}" in done.stderr
        terminal.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT], ids=["KILL", "ABRT"])
@pytest.mark.parametrize("attempt", range(3))
def test_sigkill_or_sigabrt_under_a_shell_leaves_a_clean_terminal(
    number: signal.Signals, attempt: int, database: Path
) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        os.kill(pid, number)
        terminal.see("its last checkpoint stands")
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])
        terminal.send("stty -a | grep -o ' icanon'; echo e''nd\n")
        terminal.see(r"(?m)^ icanon")


def test_app_suspended_by_ctrl_z_and_killed_by_sigkill_leaves_a_clean_terminal(
    database: Path,
) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        terminal.send("\x1a")
        terminal.until(lambda: state_of(pid) == "T")
        terminal.see("ready>")
        terminal.send("kill -KILL %1; wait; echo e''nd\n")
        terminal.see("(?m)^end")
        assert terminal.left_behind_by_a_job() == []


def test_crash_test_is_not_reported_as_a_lack_of_memory(database: Path) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        terminal.send("\x10")
        terminal.see("Search for commands")
        terminal.send("crash test")
        terminal.see("Kill pi-tui with SIGKILL")
        terminal.send("\r")
        terminal.see("Kill this pi-tui now")
        terminal.send("\x1b[B\r")
        terminal.see("as you wished; `pi-tui --db")
        wait_until(lambda: is_gone(pid))
        terminal.send("echo sh''own\n")
        terminal.see("shown")
        assert b"ran out of memory" not in terminal.raw


def is_gone(group: int) -> bool:
    """Return True if no process of this group is left, so all its output is written."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False
