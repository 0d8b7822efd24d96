"""Killed at a bad moment."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.helpers import wait_until
from tests.terminal.test_under_a_shell import bash, state_of, watched


def test_killed_while_the_window_takes_no_byte_the_screen_is_given_back_when_it_does(
    database: Path,
) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        wait_until(lambda: terminal.is_stuck)  # nobody reads, and it goes on drawing
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not state_of(pid))
        terminal.see("its last checkpoint stands")
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])
