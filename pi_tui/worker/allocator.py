"""Make the C library return the memory of freed big numbers to the system at once."""

from __future__ import annotations

import os
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of two parameters of glibc's mallopt, from malloc.h."""
_BIG = 2 * 2**20
_KEPT = 2**20
"""Free bytes that may stay at the end of the heap, or short products would ask for them again."""


def return_freed_memory() -> None:
    """Let glibc map each allocation of at least 2 MiB by itself, and unmap it when it is freed.

    By default glibc stops doing so for all allocations shorter than the longest one freed so far,
    up to 32 MiB. They then come from heaps with gaps: a run that peaked at 198 MB takes 160 MB
    without gaps, for 1 to 2 % more CPU time.
    Other C libraries have no such setting. If the environment has any setting for glibc's malloc,
    nothing is changed.
    """
    is_set = any(name.startswith("MALLOC_") for name in os.environ)
    is_set = is_set or "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "")
    if platform.libc_ver()[0] != "glibc" or is_set:
        return
    import ctypes

    library = ctypes.CDLL(None)
    library.mallopt(_MMAP_THRESHOLD, _BIG)
    library.mallopt(_TRIM_THRESHOLD, _KEPT)
