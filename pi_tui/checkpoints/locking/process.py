"""Marks: names of processes that let another process tell whether they still run.

A pid is not enough: pids are reused, and every container has a process with pid 1. So a mark also
holds the start time of the process, the boot id of its system and its pid namespace. Only Linux
provides these; elsewhere a mark is only text.
"""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from pathlib import Path

from pi_tui.words import one_line

_HOST = one_line(socket.gethostname(), 30)
_UNLOCKED = "!"
"""Suffix of the mark of a process that could not take a lock."""
_MARK = re.compile(
    r"(?P<words>(pid (?P<pid>[0-9]{1,9}) on )?.*?)"
    r"( #(?P<boot>[0-9a-f-]+)\.(?P<namespace>[0-9]+)\.(?P<start>[0-9]+)(?P<unlocked>!?))?"
)


_Identity = tuple[str, str, str]
"""Id of the boot of the system, number of the pid namespace, start in ticks since the boot."""


def me() -> str:
    """Return the readable name of this process, as "pid 7 on mill"; other processes show it."""
    return f"pid {os.getpid()} on {_HOST}"


def my_mark(*, unlocked: bool = False) -> str:
    """Return the mark of this process: its readable name and, on Linux, its identity.

    `unlocked` tells that this process could not take a lock. Without an identity, the mark does
    not say so.
    """
    identity = _identity_of("self")
    return f"{me()} #{'.'.join(identity)}{_UNLOCKED * unlocked}" if identity else me()


def words_of(mark: str) -> str:
    """Return the readable part of a mark.

    >>> words_of("pid 7 on mill #1c2d.4026531836.99"), words_of("pid 7 on mill"), words_of("")
    ('pid 7 on mill', 'pid 7 on mill', '')
    """
    return one_line(_parts(mark)["words"], 80)


def is_unlocked(mark: str) -> bool:
    """Return True if the process that `mark` names could not take a lock."""
    return bool(_parts(mark)["unlocked"])


def computes_unlocked(mark: str) -> bool:
    """Return True if the process that `mark` names has no lock, and may still run."""
    return is_unlocked(mark) and is_alive(mark) is not False


def is_me(mark: str) -> bool:
    """Return True if the mark (name and identity of a process) is that of this process."""
    return mark.rstrip(_UNLOCKED) == my_mark()


def is_alive(mark: str) -> bool | None:
    """Return whether the process that `mark` names runs; None if this process cannot tell."""
    parts, mine = _parts(mark), _identity_of("self")
    if not mine or not parts["pid"] or (parts["boot"], parts["namespace"]) != mine[:2]:
        return None
    if os.readlink("/proc/self") != str(os.getpid()):
        return None  # /proc shows the pids of another namespace
    return _identity_of(parts["pid"]) == (*mine[:2], parts["start"])


def is_stopped(mark: str) -> bool:
    """Return True if the process that `mark` names runs here, but was stopped by a signal."""
    return bool(is_alive(mark)) and _stat_of(str(pid_in(mark)))[:1] in (["T"], ["t"])


def has_open_though_deleted(mark: str, path: Path) -> bool:
    """Return True if the process that `mark` names runs here and has deleted file `path` open.

    False if this cannot be known, as of a process of another user.
    """
    if not is_alive(mark):
        return False
    wanted = f"{os.path.realpath(path)} (deleted)"
    with suppress(OSError):  # of a process of another user, nothing is known
        for entry in Path(f"/proc/{pid_in(mark)}/fd").iterdir():
            with suppress(OSError):  # closed by now
                if os.readlink(entry) == wanted:
                    return True
    return False


def pid_in(mark: str) -> int:
    """Return the pid in `mark`, which names a process; 0 if it has none."""
    return int(_parts(mark)["pid"] or 0)


def _parts(mark: str) -> dict[str, str]:
    found = _MARK.fullmatch(one_line(mark, 200))
    return found.groupdict("") if found else {}


def _identity_of(pid: str) -> _Identity | None:
    """Return our boot and namespace, and the start of process `pid`; None if not known to run."""
    with suppress(OSError, IndexError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")
        stat = _stat_of(pid)
        if stat and stat[0] not in "ZX":
            return boot, namespace, stat[19]
    return None


def _stat_of(pid: str) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; [] if there is no such process."""
    with suppress(OSError):
        told = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
        return told.rpartition(")")[2].split()
    return []
