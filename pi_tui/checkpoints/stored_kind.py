"""Stand-ins for kinds whose code is missing: their runs can be listed, read, watched and deleted.

This module imports nothing slow, such as SQLAlchemy.
"""

from __future__ import annotations

from typing import NoReturn

from pi_tui.checkpoints.records import Run
from pi_tui.machine import Kind, Limits, Refused, State, Task
from pi_tui.words import one_line

_MOST = 2**53
_NEWEST = 2**31 - 1


class StoredKind(Kind):
    """A stand-in for a kind of which only the name is known. It cannot compute its runs."""

    version = _NEWEST
    """The highest version there is, so that no run is refused as newer. States are not read."""

    def __init__(self, name: str, unit: str | None = None) -> None:
        self.name, self.unit = name, unit or Kind.unit
        self.goes_on = f"start the program that computes {one_line(name, 40)} to go on with it"
        """Advice in messages: how to go on with its runs."""

    def new(self, task: Task) -> NoReturn:
        """Raise Refused, because the code of the kind is missing."""
        raise Refused(f"only watched here; {self.goes_on}")

    def from_state(self, task: Task, state: State, output: bytes) -> NoReturn:
        """Raise Refused, because the code of the kind is missing."""
        self.new(task)

    def limits(self, task: Task) -> Limits:
        """Return limits that nothing exceeds."""
        return Limits(_MOST, _MOST, _MOST)


class Kinds:
    """Finds a kind by its name: the program's own kind, or a stand-in for any other."""

    def __init__(self, own: Kind) -> None:
        self.own = own
        """The program's own kind, the default where a command names no kind."""

    def find(self, name: str, unit: str | None = None) -> Kind:
        """Return the program's own kind if it is named `name`, else a stand-in with that name.

        `unit` is what the output of the stand-in is counted in; None for the usual unit.
        """
        return self.own if name == self.own.name else StoredKind(name, unit=unit)

    def is_own(self, run: Run) -> bool:
        """Return True for a run of the program's own kind."""
        return run.kind == self.own.name

    def title(self, run: Run) -> str:
        """Return the name of the run, as messages and lists show it."""
        return self.find(run.kind).title(run.task)
