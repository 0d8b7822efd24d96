"""Helpers for tests: wait for conditions, run processes, compute pi independently."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import mpmath

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from pi_tui.pi.spigot.kind import SpigotKind
from tests import fork_server

LIMIT = 60.0
"""Seconds after which a condition counts as failed. Only failures take so long."""
_POLL = 0.02
"""Seconds between two checks of a condition; checking slows down what it waits for."""
SCRIPTS = Path(sys.executable).parent
PI_TUI = (sys.executable, "-W", "error", str(SCRIPTS / "pi-tui"))
"""The command of a child process, in which warnings are errors."""


def wait_until(condition: Callable[[], object], *, limit: float = LIMIT) -> None:
    """Wait until the condition is true; raise AssertionError at the limit."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"not within {limit:g} s: {condition}"
        time.sleep(_POLL)


async def until(condition: Callable[[], object], *, limit: float = LIMIT) -> None:
    """Wait until the condition is true, while the event loop of an app runs."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"not within {limit:g} s: {condition}"
        await asyncio.sleep(_POLL)


_PRECISION = threading.Lock()
"""Lock for mpmath, which has one precision for all threads: two at once would give wrong digits."""


@cache
def pi(digits: int) -> bytes:
    """Return the first decimals of pi after "3.", computed independently by mpmath."""
    with _PRECISION:
        return _pi(digits)


def _pi(digits: int) -> bytes:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        with mpmath.workdps(digits + 20):
            text = mpmath.nstr(mpmath.mp.pi, digits + 15, strip_zeros=False)
    finally:
        sys.set_int_max_str_digits(before)
    return str(text)[2 : digits + 2].encode()


def pi_tui(
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
    fresh: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run `pi-tui` to its end without a terminal, forked from a warm process or started fresh."""
    words, variables = list(map(str, arguments)), os.environ if env is None else env
    if fresh or not fork_server.can_serve(variables):
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "timeout": LIMIT, "umask": umask}
        options |= {"cwd": cwd, "env": variables, "capture_output": True, "text": True}
        return subprocess.run([*PI_TUI, *words], check=False, **options)
    request = fork_server.Request(words, str(cwd or Path.cwd()), dict(variables), umask)
    return fork_server.call(request, timeout=LIMIT)


@contextmanager
def started(*arguments: object, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """Start `pi-tui` in the background; end it when the `with` block ends."""
    command = [*PI_TUI, *map(str, arguments)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **(pipes | options)) as child:  # type: ignore[call-overload]
        try:
            yield child
        finally:
            child.kill()


def saved(database: Path) -> int:
    """Return the committed digits of the longest run, read like another process."""
    try:
        with CheckpointStore.open(str(database), SpigotKind(), write=False) as store:
            return max((run.committed for run in store.runs()), default=0)
    except StorageError:  # not there yet
        return 0
