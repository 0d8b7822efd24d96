"""The memory and disk that a run may take: what the user allows, or what this machine has free."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pi_tui.files.location import parse_location
from pi_tui.pi.forecast import forecast
from pi_tui.words import size

_FILES = {
    "": ("memory.max", "memory.current", "inactive_file "),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
}
"""For both versions of control groups: the files with the limit and the bytes in use, and the line
of memory.stat with the bytes that only cache files and are given up when needed. The key is the
folder of the controller; version 2 has none.
"""


class Allowance(NamedTuple):
    """The bytes of memory that this process may take in all, and a sentence that says why."""

    bytes: int
    sentence: str
    """A sentence with braces for the bytes, like "this machine has {} left"."""


def allowance(asked: int = 0, root: Path = Path("/")) -> Allowance | None:
    """Return an Allowance: how many bytes of memory a run may take; None if unknown.

    If `asked` is not 0, that is the number. Otherwise the smallest limit on this process decides;
    limits other than `ulimit -v` are read from files in `root`, the root of the file system.
    """
    if asked:
        return Allowance(asked, "--memory allows {}")
    return min(_limits(root), default=None)


def refusal(digits: int, allowed: Allowance | None) -> str:
    """Return why `digits` digits cannot be computed in the memory `allowed`, even by one thread.

    Returns "" if they can, or if `allowed` is None.
    """
    need = forecast(digits, 1).memory
    if allowed is None or need <= allowed.bytes:
        return ""
    more = f"--memory {-(-need // 10**8) / 10:g}G"
    by_user = allowed.sentence.startswith("--")
    advice = f"it needs {more}" if by_user else f"free some, or try {more}"
    told = allowed.sentence.format(size(allowed.bytes))
    return f"{digits:,} digits take about {size(need)} of memory, and {told}: {advice}"


def lack_of_disk(need: int, location: str, *, saved: bool = False) -> str:
    """Return a clause about the free space on the database's disk; "" if `need` bytes fit there.

    If a part of the run is `saved`, the bytes of the database file count as free too. The result is
    also "" if the free space is unknown: of a server, or if the folder or file cannot be read.
    Raises errors as `parse_location` does.
    """
    path = parse_location(location).path
    if path is None:
        return ""
    with suppress(OSError):
        there = path.stat().st_size if saved else 0
        free = shutil.disk_usage(path.parent).free
        if free + there < need:
            return f", but {path.parent} has only {size(free)} free"
    return ""


def _limits(root: Path) -> list[Allowance]:
    """Return an Allowance for each limit on this process: free memory, control groups, `ulimit -v`.

    Each counts the bytes of memory that the process holds now, plus those it may still take.
    """
    own = _pages(root, 1)
    found: list[Allowance] = []
    with suppress(OSError, ValueError, StopIteration):
        lines = (root / "proc/meminfo").read_text().splitlines()
        free = next(line for line in lines if line.startswith("MemAvailable:"))
        found.append(Allowance(int(free.split()[1]) * 1024 + own, "this machine has {} left"))
    for controller, folder in _groups(root):
        with suppress(OSError, ValueError):
            left = _left_in(folder, *_FILES[controller])
            found.append(Allowance(max(0, left) + own, "its control group has {} left"))
    with suppress(ImportError, OSError, ValueError):
        import resource

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        if most != resource.RLIM_INFINITY:
            left = max(0, most - _pages(root, 0))
            found.append(Allowance(left + own, "`ulimit -v` has {} left"))
    return found


def _pages(root: Path, column: int) -> int:
    """Return a column of /proc/self/statm in bytes, 0 if there is none.

    Column 0 is the address space, column 1 the resident memory.
    """
    with suppress(OSError, ValueError, IndexError):
        pages = int((root / "proc/self/statm").read_text().split()[column])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def _left_in(folder: Path, most: str, used: str, cached: str) -> int:
    """Return the bytes of memory left in a control group; below 0 if it uses more than its limit.

    Bytes that only cache files count as left. `folder` is that of the group; the other arguments
    are as in _FILES. Raises ValueError if a group of version 2 has no limit; in version 1, that is
    a very high limit. Raises OSError if the limit or the bytes in use cannot be read.
    """
    limit = int((folder / most).read_text())  # ValueError: "max"
    given_up = 0
    with suppress(OSError, ValueError, StopIteration):
        lines = (folder / "memory.stat").read_text().splitlines()
        given_up = int(next(line for line in lines if line.startswith(cached)).split()[1])
    return limit - int((folder / used).read_text()) + given_up


def _groups(root: Path) -> list[tuple[str, Path]]:
    """Return a pair for each control group of this process that may limit memory, and its parents.

    A pair is a controller, which is a key of _FILES, and the folder of the group.
    """
    found: list[tuple[str, Path]] = []
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, own = (*line.split(":", 2), "", "")[:3]
            below = Path(own.strip("/"))
            for controller in _FILES.keys() & controllers.split(","):
                top = root / "sys/fs/cgroup" / controller
                found += [(controller, top / each) for each in (below, *below.parents)]
    return found
