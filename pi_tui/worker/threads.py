"""Threads of this process: starting them, and letting those of the screen go first."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from pi_tui.errors import StorageError

Result = TypeVar("Result")
NICENESS = 10
"""Of the computing threads while a screen runs beside them."""


def start_all(*threads: threading.Thread) -> None:
    """The threads run; StorageError if the system does not give us so many."""
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:
        raise StorageError(
            f"no thread can be started ({error}); look at `ulimit -u` and at the memory left"
        ) from error


def give_way() -> None:
    """This thread, and those it starts, let the others of this process go first.

    With as many threads as cores the screen would wait its turn: at full speed the event
    loop was late by 12 to 14 ms (p99), so by 8. Only Linux has niceness per thread; elsewhere it
    would slow the screen down too.
    """
    if sys.platform == "linux":
        me = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, me)  # whoever is nicer may not become less so
        os.setpriority(os.PRIO_PROCESS, me, max(own, NICENESS))


async def in_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """Await `work(*arguments)` in a thread that the end of the process does not wait for.

    Threads of asyncio.to_thread are joined at the end, for ever if one writes into a pipe that
    nobody reads.
    """
    import asyncio
    from concurrent.futures import Future

    future: Future[Result] = Future()

    def live() -> None:
        future.set_running_or_notify_cancel()  # or a cancelled one raises below
        try:
            future.set_result(work(*arguments))
        except BaseException as error:
            future.set_exception(error)

    start_all(threading.Thread(target=live, name="beside the screen", daemon=True))
    return await asyncio.wrap_future(future)
