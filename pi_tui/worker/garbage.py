"""Python's search for cyclic garbage, kept from walking through what stays anyway.

A start makes some 60,000 objects, modules and styles, that live until the end. A full collection
walks through all of them with the interpreter locked: 35 to 60 ms in which the screen stands
still, which was the event loop's p99, and at exit a fifth of the time of a short run.
"""

from __future__ import annotations

import atexit
import gc


def postpone() -> None:
    """Nothing is collected until `settle`, which all that runs for long must call."""
    gc.disable()
    atexit.register(gc.freeze)  # Python's last act is a collection


def settle() -> None:
    """What is there now is never walked through again; from now on garbage is collected.

    Does nothing where collection was not postponed.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
