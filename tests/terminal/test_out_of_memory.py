"""Deaths that Python cannot handle: GMP without memory, a kill while the terminal is full."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.pi.spigot.kind import SpigotKind
from tests.helpers import pi_tui, saved, wait_until
from tests.terminal.emulator import Terminal
from tests.terminal.shell import bash, state_of, typed, watched

DONE = 300_000
"""Digits of the run that is complete when memory gets short; ten times as many take 60 MB."""


def begun_with(megabytes: int, terminal: Terminal, database: Path) -> int:
    """Start the app on a complete run, limit its memory, and begin a longer run in it.

    `megabytes` is how much the app may grow, as by `ulimit -v`. Returns the pid of the app.
    """
    assert pi_tui("run", "--digits", DONE, "--db", database).returncode == 0
    terminal.send(typed("--db", database, "--digits", DONE))
    terminal.see("complete, verified")
    (pid,) = map(
        int, Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()
    )
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + megabytes * 10**6
    resource.prlimit(pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    press_x(terminal)
    return pid


def press_x(terminal: Terminal) -> None:
    """Press x to begin a run of ten times as many digits."""
    terminal.send("x")
    terminal.see("Begin another run")
    terminal.send("y")
    terminal.until(lambda: "complete, verified" not in terminal.screen)


def test_app_out_of_memory_in_a_larger_run_leaves_a_clean_terminal_and_saved_data(
    database: Path,
) -> None:
    with bash() as terminal:
        pid = begun_with(80, terminal, database)
        terminal.until(lambda: not state_of(pid))
        # GMP ends the process by SIGABRT or SIGSEGV, if the screen does not lack memory first.
        said = terminal.see("its last checkpoint stands|not enough memory")[0]
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])
        terminal.send("echo code=$?; stty -a | grep -o ' icanon'\n")
        terminal.see(f"(?m)^code={'6' if said == 'not enough memory' else '1(34|39)'}$")
        terminal.see(r"(?m)^ icanon")
    assert saved(database) == DONE
    done = pi_tui("export", "--digits", DONE, "--from", 762, "--to", 767, "--db", database)
    assert done.stdout == "999999\n"


LACKING = """
import sys
from pi_tui.app.app import RunApp
from pi_tui.cli import main

def without_memory(app):
    raise MemoryError

RunApp.action_help = without_memory
sys.exit(main(sys.argv[1:]))
"""


def test_screen_without_memory_saves_and_ends_with_code_6_and_one_line(database: Path) -> None:
    command = ("--digits", 20_000, "--db", database)
    with Terminal(*command, program=("-c", LACKING)) as terminal:
        terminal.see("running")
        terminal.send("?")
        assert (terminal.wait(), terminal.left_behind()) == (6, [])
        assert terminal.raw.count(b"not enough memory; what was saved is safe") == 1
        assert b"Traceback" not in terminal.raw
    with CheckpointStore.open(str(database), SpigotKind(), write=False) as store:
        run = store.latest_run()
        assert run is not None
        assert store.checkpoints(run)


def test_terminal_that_accepts_no_bytes_is_restored_after_a_kill_once_it_accepts_some(
    database: Path,
) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        wait_until(lambda: terminal.is_stuck)  # nobody reads, and it goes on drawing
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not state_of(pid))
        terminal.see("its last checkpoint stands")
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])
