"""A program that is killed again and again: does it come to its end, and at what cost?"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pi_tui.errors import PiTuiError


@dataclass(frozen=True, slots=True)
class Struggle:
    """What became of a program that was killed every so many seconds."""

    ended: bool
    """True if it came to its end; False if that was given up."""
    kills: int
    cpu: float
    """CPU seconds of all its lives together."""


def killed_every(
    seconds: float, command: list[str], output: Path, environment: Mapping[str, str], give_up: float
) -> Struggle:
    """The command is started until it ends by itself, or has used more than `give_up` CPU seconds.

    Each start gets so many seconds, then SIGKILL. `output` is what the last start said.
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
    """CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
