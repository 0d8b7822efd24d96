"""What is said of the process that has a run open, and when that process is believed to live."""

from __future__ import annotations

from pi_tui.checkpoints.locking.process import (
    is_alive,
    is_me,
    is_stopped,
    is_unlocked,
    me,
    pid_in,
    words_of,
)
from pi_tui.errors import AlreadyOpenError

WITHOUT_LOCKS = (
    "a start of this run elsewhere is not refused: the run then goes on there, "
    "and stops here with its last checkpoint safe"
)
"""What the user must know where no lock can be had."""


def already_open(what: str, mark: str) -> AlreadyOpenError:
    """Return the error for a run or database that a process with this mark has open."""
    who, first = words_of(mark), "quit that one first"
    if who == me() and not is_me(mark):
        who += ", in a container of its own"
    if is_stopped(mark):
        who += ", which is stopped"
        first = f"`fg` where it was stopped or `kill -CONT {pid_in(mark)}` wakes it, then quit it"
    inside = f" ({who})" if who else ""
    return AlreadyOpenError(f"{what} is already open in another process{inside}; {first}")


def refuse_living(what: str, owner: str) -> None:
    """Raise AlreadyOpenError if the owner can be seen to run: for where no lock tells it."""
    if is_alive(owner) and not is_me(owner):
        raise already_open(what, owner)


def computes_unlocked(owner: str) -> bool:
    """Return True if the owner said that it has no lock, and is not known to be dead."""
    return is_unlocked(owner) and is_alive(owner) is not False
