"""Estimate the memory that a run needs, and warn if less is free."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pi_tui.pi.settings import BYTES_PER_DIGIT
from pi_tui.words import size

_BASE = 80 * 10**6
"""Bytes that Python, the app and the store take before the first digit."""
_CGROUP = Path("/sys/fs/cgroup")


def warning(digits: int, root: Path = Path("/")) -> str:
    """Return a warning if a run of so many digits may not fit in memory, else ""."""
    need = digits * BYTES_PER_DIGIT + _BASE
    left, whose = min(_limits(root), default=(need, ""))
    if left >= need:
        return ""
    return (
        f"{digits:,} digits take about {size(need)} of memory, and {whose} has {size(left)} left; "
        "it may be ended in the middle, and then goes on from its last checkpoint"
    )


def _limits(root: Path) -> list[tuple[int, str]]:
    """Return the bytes left under each limit that applies, with the name of the limit."""
    found: list[tuple[int, str]] = []
    with suppress(OSError, ValueError, StopIteration):
        lines = (root / "proc/meminfo").read_text().splitlines()
        free = next(line for line in lines if line.startswith("MemAvailable:"))
        found.append((int(free.split()[1]) * 1024, "this machine"))
    for folder in _groups(root):
        with suppress(OSError, ValueError):
            most = int((folder / "memory.max").read_text())  # ValueError: "max", no limit
            used = int((folder / "memory.current").read_text())
            found.append((max(0, most - used), "its control group"))
    with suppress(ImportError, OSError, ValueError):
        import resource

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        if most != resource.RLIM_INFINITY:
            pages = int((root / "proc/self/statm").read_text().split()[0])
            used = pages * os.sysconf("SC_PAGE_SIZE")
            found.append((max(0, most - used), "`ulimit -v`"))
    return found


def _groups(root: Path) -> list[Path]:
    """Return the control group of this process and its ancestors, whose limits apply too."""
    with suppress(OSError, IndexError):
        own = (root / "proc/self/cgroup").read_text().rpartition("::")[2].strip().strip("/")
        top = root / _CGROUP.relative_to("/")
        return [top / own, *(top / parent for parent in Path(own).parents)] if own else [top]
    return []
