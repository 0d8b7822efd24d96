"""Kill a program again and again, and measure whether it finishes and at what cost."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pi_tui.errors import PiTuiError


@dataclass(frozen=True, slots=True)
class Struggle:
    """The result for a program that was killed at regular intervals."""

    ended: bool
    """True if the program finished; False if the measurement was given up."""
    kills: int
    cpu: float
    """CPU seconds of all its starts together."""


def killed_every(
    seconds: float, command: list[str], output: Path, environment: Mapping[str, str], give_up: float
) -> Struggle:
    """Start the command, kill it after so many seconds, and repeat until it ends by itself.

    Gives up once its starts have used `give_up` CPU seconds. The kill is SIGKILL. `output` is the
    file for the standard output of the last start. Raises PiTuiError if the command fails.
    """
    kills, before = 0, _cpu_of_children()
    while (used := _cpu_of_children() - before) < give_up:
        with output.open("wb") as said:
            child = subprocess.Popen(command, stdout=said, stderr=subprocess.PIPE, env=environment)
        try:
            _, complaint = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            kills += 1
            continue
        if child.returncode:
            raise PiTuiError(f"killed {kills} times, then failed: {complaint.decode().strip()}")
        return Struggle(True, kills, _cpu_of_children() - before)
    return Struggle(False, kills, used)


def _cpu_of_children() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
