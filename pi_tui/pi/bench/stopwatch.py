"""Run one command and print its seconds, CPU seconds and peak memory, as JSON.

    python -I -S stopwatch.py OUTPUT COMMAND ...

This is a small program of its own because on Linux a process's peak memory starts with that of the
process that started it. A big parent would hide the peak of every small child.
"""

from __future__ import annotations

import json
import os
import sys
import time

KILOBYTE = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of peak memory: the system counts in kilobytes, macOS in bytes."""


def main(output: str, command: list[str]) -> int:
    """Run a command with its standard output in the file `output`; return its exit code.

    Prints JSON with its elapsed time and CPU time in seconds, and its peak memory in bytes.
    """
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    began = time.perf_counter()
    child = os.posix_spawnp(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, file, 1)]
    )
    _, status, usage = os.wait4(child, 0)
    figures = {
        "seconds": time.perf_counter() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * KILOBYTE,
    }
    print(json.dumps(figures))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
