"""Keep Python's garbage collector away from objects that live until the end.

Starting up makes some 60,000 such objects (modules, styles). A full collection traverses them all
while holding the GIL: the screen freezes for 35 to 60 ms, which was the event loop's p99 latency.
At exit it took a fifth of the time of a short run.
"""

from __future__ import annotations

import atexit
import gc


def postpone() -> None:
    """Disable the garbage collector. Every long computation must enable it again by `settle`.

    Also exclude all objects from the collection that Python makes at exit.
    """
    gc.disable()
    atexit.register(gc.freeze)  # Python collects once more at exit


def settle() -> None:
    """Exclude all current objects from garbage collections, and enable the collector again.

    Does nothing if the collector is enabled.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
