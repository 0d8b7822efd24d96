"""After SIGKILL the guardian waits until the shell has the terminal again, and then restores it."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.helpers import PI_TUI, wait_until
from tests.terminal.emulator import Terminal
from tests.terminal.shell import holder, state_of

SHELL = """
import os, signal, subprocess, sys

def give(group):  # as a shell gives the terminal to a job
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, group)
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)

leads_session, *command = sys.argv[1:]
if leads_session == "no":
    if os.fork():
        os.wait()
        sys.exit()
    os.setpgid(0, 0)
signal.alarm(300)  # if the test ends early
app = subprocess.Popen(command, process_group=0)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
give(app.pid)
following = subprocess.Popen(["sleep", "600"], process_group=0)
signal.sigwait([signal.SIGUSR1])
give(following.pid)
app.kill()
app.wait()
signal.sigwait([signal.SIGUSR1])
give(os.getpgrp())
following.kill()
signal.sigwait([signal.SIGUSR1])
"""
"""A shell whose next command has the terminal before the killed program's guardian wakes up."""


def guardian_of(pid: int) -> int:
    """Return the pid of the guardian of this process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (found,) = (
        int(child)
        for child in children
        if Path(f"/proc/{child}/comm").read_text() == "terminal-guard\n"
    )
    return found


def parent_of(pid: int) -> int:
    """Return the pid of the parent of this process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def looks_of(pid: int) -> int:
    """Return how often this process has gone to sleep, once for each look at the terminal."""
    status = Path(f"/proc/{pid}/status").read_text()
    (count,) = re.findall(r"(?m)^voluntary_ctxt_switches:\s+(\d+)", status)
    return int(count)


@pytest.mark.parametrize("leads_session", ["yes", "no"])
def test_guardian_of_a_killed_app_restores_the_terminal_only_when_the_shell_has_it_again(
    leads_session: str, tmp_path: Path, database: Path
) -> None:
    shell = tmp_path / "shell.py"
    shell.write_text(SHELL)
    run = ("--db", database, "--digits", 90_000, "--checkpoint-every", 0)
    with Terminal(leads_session, *PI_TUI, *run, program=(str(shell),)) as terminal:
        terminal.see("running")
        pid = holder(database)
        guardian, shell_pid = guardian_of(pid), parent_of(pid)
        os.kill(shell_pid, signal.SIGUSR1)
        wait_until(lambda: not state_of(pid))
        before = looks_of(guardian)
        wait_until(lambda: not state_of(guardian) or looks_of(guardian) > before + 2)
        assert not terminal.has_left_the_alternate_screen
        os.kill(shell_pid, signal.SIGUSR1)
        wait_until(lambda: not state_of(guardian))
        assert terminal.left_behind_by_a_job() == []
        assert "its last checkpoint stands" in terminal.screen
