"""Messages about the process that has a run open, and checks whether it still runs."""

from __future__ import annotations

from pi_tui.checkpoints.locking.process import is_alive, is_me, is_stopped, me, pid_in, words_of
from pi_tui.errors import AlreadyOpenError

WITHOUT_LOCKS = (
    "if this run is started elsewhere too, it goes on there and stops here; what is saved is safe"
)
"""Warning for the user where locks do not work."""


def already_open(what: str, mark: str) -> AlreadyOpenError:
    """Return the error for a run or database, `what`, that a process has open already.

    `mark` identifies that process (process.py), which may be this one.
    """
    if is_me(mark):
        return AlreadyOpenError(f"{what} is already open in this process; let that end first")
    who, first = words_of(mark), "quit that one first"
    if who == me():
        who += ", in another container"
    if is_stopped(mark):
        who += ", which is stopped"
        first = f"continue it by `fg` in its shell, or by `kill -CONT {pid_in(mark)}`, then quit it"
    inside = f" ({who})" if who else ""
    return AlreadyOpenError(f"{what} is already open in another process{inside}; {first}")


def refuse_living(what: str, owner: str) -> None:
    """Raise AlreadyOpenError if another process, identified by the mark `owner`, is known to run.

    Used where locks do not work.
    """
    if is_alive(owner) and not is_me(owner):
        raise already_open(what, owner)
