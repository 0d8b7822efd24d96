"""Start threads, and lower their priority below that of the screen's thread."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from pi_tui.errors import StorageError

Result = TypeVar("Result")
_TURN = 0.0001
"""Seconds that a thread beside the screen sleeps between two steps."""
NICENESS = 10
"""Niceness of the computing threads while a screen runs in the same process."""


def start_all(*threads: threading.Thread) -> None:
    """Start the threads, in this order.

    Raises StorageError if the system allows no more; threads started before then run on.
    """
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:
        raise StorageError(
            f"no thread can be started ({error}); look at `ulimit -u` and at the memory left"
        ) from error


def give_way() -> None:
    """Lower the priority of this thread, and of those it starts, in favour of the screen's thread.

    With as many busy threads as cores, the screen's thread waits for a core. At full speed its
    event loop was late by 12 to 14 ms (p99), and by 8 ms with this. Does nothing outside Linux: on
    other systems a priority holds for the whole process, so the screen's thread would be slowed
    down too.
    """
    if sys.platform == "linux":
        me = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, me)  # never lower the niceness
        os.setpriority(os.PRIO_PROCESS, me, max(own, NICENESS))


def for_a_moment(step: Callable[[], bool], seconds: float) -> bool:
    """Call `step` until it returns False or `seconds` have passed; return its last result.

    A step should take about 2 ms. After each one the interpreter is free for the screen's thread,
    which otherwise would wait for it 5 ms at every turn of its loop.
    """
    until = time.monotonic() + seconds
    while is_more := step():
        if time.monotonic() >= until:
            break
        time.sleep(_TURN)
    return is_more


async def in_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """Run `work(*arguments)` in a daemon thread, and await the result.

    Raises what `work` raises, and StorageError if no thread can be started.

    Threads of asyncio.to_thread are joined at exit, which hangs if one writes into a pipe that has
    no reader.
    """
    import asyncio
    from concurrent.futures import Future

    future: Future[Result] = Future()

    def live() -> None:
        if not future.set_running_or_notify_cancel():
            return  # it was cancelled before this thread ran
        try:
            future.set_result(work(*arguments))
        except BaseException as error:
            future.set_exception(error)

    start_all(threading.Thread(target=live, name="beside the screen", daemon=True))
    return await asyncio.wrap_future(future)


def cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not known on macOS and Windows
        return os.cpu_count() or 1
