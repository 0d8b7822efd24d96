"""Threads of this process: starting them, and letting those of the screen go first."""

from __future__ import annotations

import os
import sys
import threading

from pi_tui.errors import StorageError

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
