"""Kinds of runs whose code is not at hand: enough to list, read, watch and delete them.

This module imports nothing but the standard library and `machine`.
"""

from __future__ import annotations

from typing import NoReturn

from pi_tui.checkpoints.records import Run
from pi_tui.machine import Kind, Limits, Refused, State, Task
from pi_tui.words import one_line

_MOST = 2**53
_NEWEST = 2**31 - 1


class StoredKind(Kind):
    """A kind known by its name alone. Its runs can be looked at, and not computed.

    With the kind itself as `like`, lengths, shares and words are those of that kind.
    """

    version = _NEWEST
    """No run is from a newer version: nothing of a state is read."""

    def __init__(
        self, name: str, like: Kind | None = None, unit: str | None = None, goes_on: str = ""
    ) -> None:
        """Make a stand-in; `goes_on` says how its runs go on, if a message can say it better."""
        self.name, self._like = name, like
        self.goes_on = goes_on or f"the program that computes {one_line(name, 40)} goes on with it"
        if unit is not None:
            self.unit = unit
        if like is not None:
            self.unit, self.tuning = like.unit, like.tuning

    @property
    def refusal(self) -> str:
        """Return why a run of this kind is not computed, and what to do."""
        return f"only watched here; {self.goes_on}"

    def new(self, task: Task) -> NoReturn:
        """Refuse: there is no code."""
        raise Refused(self.refusal)

    def from_state(self, task: Task, state: State, output: bytes) -> NoReturn:
        """Refuse: there is no code."""
        raise Refused(self.refusal)

    def title(self, task: Task) -> str:
        """Return the name of a run: its kind, goal and parameters."""
        return self._like.title(task) if self._like else super().title(task)

    def length(self, task: Task) -> int | None:
        """Return the bytes of the whole output, if the kind itself is there to tell."""
        return self._like.length(task) if self._like else None

    def share(self, task: Task, steps: int, length: int) -> float | None:
        """Return the share of the work, if the kind itself is there to tell."""
        return self._like.share(task, steps, length) if self._like else None

    def figures(self, task: Task, steps: int, length: int) -> object:
        """Return what steps and output tell, if the kind itself is there to tell."""
        return self._like.figures(task, steps, length) if self._like else None

    def limits(self, task: Task) -> Limits:
        """Return no limits: only the kind itself knows what is impossible."""
        return self._like.limits(task) if self._like else Limits(_MOST, _MOST, _MOST)

    def accepts(self, output: bytes) -> bool:
        """Return True for any bytes, unless the kind itself is there to tell."""
        return self._like.accepts(output) if self._like else True


class Kinds:
    """The kinds whose code a program has; all others are known by what is saved of them."""

    def __init__(self, own: Kind) -> None:
        self.own = own
        """The program's own kind, of which a run is meant if no kind is named."""

    def find(self, name: str, unit: str | None = None) -> Kind:
        """Return the kind of that name, or a stand-in for it with the unit that is saved of it."""
        return self.own if name == self.own.name else StoredKind(name, unit=unit)

    def is_own(self, run: Run) -> bool:
        """Return True for a run of the program's own kind."""
        return run.kind == self.own.name

    def title(self, run: Run) -> str:
        """Return how messages and lists name the run."""
        return self.find(run.kind).title(run.task)
