"""Call the methods of a user's kind or machine, and check the type of what they return.

Each function calls the method of its name. It raises BrokenRule, which names the method, if the
result has the wrong type.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, SupportsFloat, SupportsInt, TypeVar

from pi_tui.errors import BrokenRule
from pi_tui.machine import Kind, Limits, Machine, Poll, State, Task, Work
from pi_tui.words import one_line

_T = TypeVar("_T")


def new(kind: Kind, task: Task) -> Machine:
    """Return a machine at the start of the task. Raises Refused if the kind cannot compute now."""
    return _checked("new", kind.new(task), Machine, "a Machine")


def from_state(kind: Kind, task: Task, state: State, output: bytes) -> Machine:
    """Return a machine restored from this state and this output.

    Raises BadState or WrongState if the state is invalid, and Refused if the kind cannot compute
    now.
    """
    return _checked("from_state", kind.from_state(task, state, output), Machine, "a Machine")


def limits(kind: Kind, task: Task) -> Limits:
    """Return the most steps, bytes of state and bytes of output that a task can have.

    Raises BadState if the kind considers the task impossible, and Refused if the kind cannot
    compute it now.
    """
    found = _checked("limits", kind.limits(task), Limits, "Limits")
    if not all(isinstance(most, Real) for most in found):
        raise BrokenRule(f"limits() returned {one_line(found, 100)}, and each must be a number")
    return found


def length(kind: Kind, task: Task) -> int | None:
    """Return the length in bytes of the whole output; None if it is unknown until the end."""
    found = kind.length(task)
    return None if found is None else int(_checked("length", found, Integral, "an int or None"))


def verify(
    kind: Kind, task: Task, output: bytes | bytearray, poll: Poll, machine: Machine | None = None
) -> bool:
    """Check the output by an independent method; return False if the kind has none.

    Raises WrongOutput if the output is wrong.
    """
    found = kind.verify(task, output, poll, machine)
    return bool(_checked("verify", found, SupportsInt, "a bool"))


def overture(kind: Kind, task: Task, poll: Poll) -> bytes:
    """Return the first bytes of the output, found fast by another method; b"" if there is none."""
    return _checked("overture", kind.overture(task, poll), bytes, "bytes")


def to_state(machine: Machine) -> State:
    """Return the state of a machine. Raises BrokenRule if the machine returns no State."""
    return _checked("to_state", machine.to_state(), State, "a State")


def work(machine: Machine) -> Work:
    """Return the work of a machine, done and in total; both are 0 if one is beyond any float."""
    found = _checked("work", machine.work(), tuple | list, "a Work")
    if len(found) != 2 or not all(isinstance(number, SupportsFloat) for number in found):
        raise BrokenRule(f"work() returned {one_line(found, 40)}, not a Work")
    try:
        return Work(*map(float, found))
    except OverflowError:  # ints beyond any float
        return Work(0.0, 0.0)


def verifying_work(machine: Machine) -> float:
    """Return the part of a machine's total work that `Kind.verify` takes, in the unit of `work`."""
    return _number("verifying_work", machine.verifying_work, "a number") or 0.0


def share(kind: Kind, task: Task, steps: int, length: int) -> float | None:
    """Return the share of the work done as the kind estimates it; None if unknown.

    It should be 0 to 1, but this is not checked.
    """
    found = kind.share(task, steps, length)
    return None if found is None else _number("share", found, "a number or None")


def notes(machine: Machine) -> tuple[str, ...]:
    """Return the messages that a machine has for the user."""
    return tuple(map(str, _checked("notes", machine.notes, tuple | list, "a tuple of texts")))


def _number(method: str, value: SupportsFloat, what: str) -> float | None:
    try:
        return float(_checked(method, value, SupportsFloat, what))
    except OverflowError:  # an int beyond any float
        return None


def _checked(method: str, value: _T, wanted: Any, what: str) -> _T:
    if isinstance(value, wanted):
        return value
    was = "None" if value is None else type(value).__name__
    raise BrokenRule(f"{method}() returned {was}, not {what}")
