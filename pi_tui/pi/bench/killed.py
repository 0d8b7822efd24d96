"""Kill a program again and again, and measure whether it finishes and at what cost."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pi_tui.errors import PiTuiError


@contextmanager
def started(
    command: list[str], environment: Mapping[str, str], output: IO[bytes] | int
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command with its standard output in `output` and its standard error in a pipe.

    Yields the process, and waits at the end of the `with` block until it has ended. If an exception
    ends the block, first kills the process and the others in its group, which it has started.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        env=environment,
        process_group=0,
    ) as child:
        try:
            yield child
        except BaseException:  # also ctrl+c, which the child does not get in a group of its own
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise


def killed_every(
    seconds: float, command: list[str], output: Path, environment: Mapping[str, str], give_up: float
) -> dict[str, float]:
    """Start the command, kill it after `seconds`, and repeat until it ends by itself.

    Returns whether it `ended`, the number of `kills`, and the `cpu` seconds of all its starts. Once
    these CPU seconds reach `give_up`, the command is not started again, and `ended` is False. The
    kill is SIGKILL. `output` is the file for the standard output of the last start. Raises
    PiTuiError if the command fails.
    """
    kills, ended, before = 0, False, _cpu_of_children()
    while not ended and _cpu_of_children() - before < give_up:
        try:
            with output.open("wb") as said, started(command, environment, said) as child:
                _, complaint = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            kills += 1
            continue
        if child.returncode:
            raise PiTuiError(f"killed {kills} times, then failed: {complaint.decode().strip()}")
        ended = True
    return {"ended": ended, "kills": kills, "cpu": _cpu_of_children() - before}


def _cpu_of_children() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
