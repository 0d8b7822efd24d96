"""Stand-ins for kinds whose code is missing: their runs can be listed, read, watched and deleted.

This module imports only the standard library and `machine`.
"""

from __future__ import annotations

from typing import NoReturn

from pi_tui.checkpoints.records import Run
from pi_tui.machine import Kind, Limits, Refused, State, Task
from pi_tui.words import one_line

_MOST = 2**53
_NEWEST = 2**31 - 1


class StoredKind(Kind):
    """A stand-in for a kind of which only the name is known. It cannot compute its runs.

    With the real kind as `like`, its methods answer as that kind does.
    """

    version = _NEWEST
    """The highest version there is, so that no run is refused as newer. States are not read."""

    def __init__(
        self, name: str, like: Kind | None = None, unit: str | None = None, goes_on: str = ""
    ) -> None:
        """Make a stand-in; `goes_on` says how its runs go on, if a message can say it better."""
        self.name, self._like = name, like
        start_it = f"start the program that computes {one_line(name, 40)} to go on with it"
        self.goes_on = goes_on or start_it
        if unit is not None:
            self.unit = unit
        if like is not None:
            self.unit, self.tuning = like.unit, like.tuning

    @property
    def refusal(self) -> str:
        """Return the message that runs of this kind are not computed here, and what to do."""
        return f"only watched here; {self.goes_on}"

    def new(self, task: Task) -> NoReturn:
        """Raise Refused, because the code of the kind is missing."""
        raise Refused(self.refusal)

    def from_state(self, task: Task, state: State, output: bytes) -> NoReturn:
        """Raise Refused, because the code of the kind is missing."""
        raise Refused(self.refusal)

    def title(self, task: Task) -> str:
        """Return the name of a run: its kind, goal and parameters."""
        return self._like.title(task) if self._like else super().title(task)

    def length(self, task: Task) -> int | None:
        """Return the bytes of the whole output; None without the real kind."""
        return self._like.length(task) if self._like else None

    def share(self, task: Task, steps: int, length: int) -> float | None:
        """Return the share of the work done, 0 to 1; None without the real kind."""
        return self._like.share(task, steps, length) if self._like else None

    def figures(self, task: Task, steps: int, length: int) -> object:
        """Return the figures for these steps and bytes of output; None without the real kind."""
        return self._like.figures(task, steps, length) if self._like else None

    def limits(self, task: Task) -> Limits:
        """Return the limits of the real kind, or else limits that nothing exceeds."""
        return self._like.limits(task) if self._like else Limits(_MOST, _MOST, _MOST)

    def accepts(self, output: bytes) -> bool:
        """Return True if the bytes can be output; always True without the real kind."""
        return self._like.accepts(output) if self._like else True


class Kinds:
    """Finds a kind by its name: the program's own kind, or a stand-in for any other."""

    def __init__(self, own: Kind) -> None:
        self.own = own
        """The program's own kind; it is meant where no kind is named."""

    def find(self, name: str, unit: str | None = None) -> Kind:
        """Return the kind of that name, or a stand-in for it with the unit that is saved of it."""
        return self.own if name == self.own.name else StoredKind(name, unit=unit)

    def is_own(self, run: Run) -> bool:
        """Return True for a run of the program's own kind."""
        return run.kind == self.own.name

    def title(self, run: Run) -> str:
        """Return the name of the run, as messages and lists show it."""
        return self.find(run.kind).title(run.task)
