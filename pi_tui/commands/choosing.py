"""Find the saved run that a command line names by kind, goal and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.saved_runs import list_all_runs
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.errors import Hint, UsageError
from pi_tui.machine import Parameter, Task
from pi_tui.words import named

_LISTED = 5
"""Maximum number of runs named in one message."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run as described on the command line; a field is None or empty if it was not given."""

    kind: str | None = None
    goal: int | None = None
    parameters: Sequence[tuple[str, str]] = ()
    """Names and values of parameters, as typed."""

    @property
    def is_named(self) -> bool:
        """Return True if a kind, a goal or a parameter was given."""
        return self.kind is not None or bool(self.goal or self.parameters)

    def matches(self, run: Run) -> bool:
        """Return True if the run has the kind, goal and parameters that were given."""
        values = run.task.parameters
        return (
            self.kind in (None, run.kind)
            and self.goal in (None, run.goal)
            and all(n in values and _is(n, values[n], text) for n, text in self.parameters)
        )

    def matches_exactly(self, run: Run) -> bool:
        """Return True if every value was typed as it is listed: 1, 1.0 and '1' are different."""
        listed = named(run.task.parameters)
        return all(f"{name}={text}" in listed for name, text in self.parameters)

    def title(self, kinds: Kinds) -> str:
        """Return the name of the run that was asked for, for a message."""
        if self.kind == kinds.own.name and self.goal:
            return f"run of {kinds.own.title(Task(self.goal))}"
        goal = [f"{self.goal:,}"] if self.goal else []
        kind = "any kind" if self.kind is None else self.kind or "kind ''"
        told = [kind, *goal, *(f"{n}={v}" for n, v in self.parameters)]
        return f"run of {' '.join(told)}"


def choose(location: str, kinds: Kinds, wanted: Wanted) -> Run:
    """Return the run that was asked for.

    Raises UsageError if there is no such run, or if several match; NothingSavedError if there is no
    database.

    If nothing was given, choose among the runs of the program's own kind: the unfinished one that
    was worked on last or, if all are complete, the complete one that was worked on last. If there
    are no runs of that kind, choose the only run there is.
    """
    runs = list_all_runs(location, kinds)
    if not runs:
        raise UsageError(f"nothing is saved yet; {Hint.BEGIN}")
    found = matching(runs, kinds, wanted)
    own = [] if wanted.is_named else [run for run in runs if kinds.is_own(run)]
    if own:
        return min(own, key=lambda run: run.status == COMPLETE)
    if len(found) > 1:
        raise UsageError(_which(found, kinds))
    return found[0]


def matching(runs: Sequence[Run], kinds: Kinds, wanted: Wanted) -> list[Run]:
    """Return those of `runs` that match the kind, goal and parameters in `wanted`.

    If some of them have every wanted parameter listed exactly as it was typed, return only these.
    So 0.0, -0.0 and 0 can be told apart, and also 5 and '5'. Raises UsageError if something is
    wanted and no run matches.
    """
    found = [run for run in runs if wanted.matches(run)]
    found = [run for run in found if wanted.matches_exactly(run)] or found
    if wanted.is_named and not found:
        raise UsageError(f"there is no {wanted.title(kinds)}; `pi-tui runs` lists what there is")
    return found


def _is(name: str, value: Parameter, typed: str) -> bool:
    r"""Return True if `typed` is the value of the parameter, in full or as it is listed.

    >>> _is("n", 3, "3"), _is("n", 2.5, "2.50"), _is("n", True, "true"), _is("n", bytes(2), "0000")
    (True, True, True, True)
    >>> _is("n", "a", "b"), _is("n", "first\nsecond", "first"), _is("n", "5", "'5'")
    (False, False, True)
    """
    if isinstance(value, float):
        with suppress(ValueError):
            return float(typed) == value
    if isinstance(value, bool):
        return typed.lower() == str(value).lower()
    full = value.hex() if isinstance(value, bytes) else str(value)
    return typed == full or f"{name}={typed}" in named({name: value})


def _which(found: Sequence[Run], kinds: Kinds) -> str:
    """Return a message that lists up to five of the runs found and asks for a more exact name."""
    listed = "; ".join(kinds.title(run) for run in found[:_LISTED])
    more = f"; and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
    return f"{len(found):,} runs match: {listed}{more}; {Hint.NAME_ONE}"
