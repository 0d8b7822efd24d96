"""Task: what to compute. Its parameters are stored, and read back exactly.

Import it from `machine.py`.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Parameter = int | float | str | bool | bytes
"""The type of a parameter's value. A path (`os.PathLike`) is accepted and becomes a str."""
LARGEST_GOAL = 2**53
LARGEST_INT = 2**63 - 1
LONGEST_TEXT = 10_000
"""Maximum characters of all parameters together, as stored."""
_ALLOWED = "int, float, str, bool, bytes or a path"


@dataclass(frozen=True, slots=True)
class Task:
    """What to compute; it is the same at every start of the program.

    Kind, goal and parameters identify a run: another seed is another run. Parameters that change
    only the speed are listed in `Kind.tuning`.

    Raises TypeError or ValueError for a goal or a parameter that cannot be stored.
    """

    goal: int
    """How far to compute, 1 to 2^53: an exponent, a last row, a size."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict, compare=False)
    """All values besides the goal that the result depends on, by name. Cannot be changed later."""
    text: str = field(init=False, repr=False)
    """The parameters as canonical JSON text, which `of_text` reads.

    Tasks are compared by this text, as runs are in the database: to Python, 1, 1.0 and True are
    equal, but a computation may tell them apart.
    """

    def __post_init__(self) -> None:
        """Check goal and parameters; convert the parameters to what a later start reads back.

        A path, for instance, becomes a str.
        """
        _check_goal(self.goal)
        text = _encode(self.parameters)
        if len(text) > LONGEST_TEXT:
            raise ValueError(
                f"the parameters take {len(text):,} characters, and {LONGEST_TEXT:,} are allowed; "
                "give a path or a digest instead of the data"
            )
        object.__setattr__(self, "parameters", MappingProxyType(_decode(text)))
        object.__setattr__(self, "text", text)

    def __reduce__(self) -> tuple[object, ...]:
        """Return what copying and pickling need, because a read-only mapping cannot be pickled."""
        return Task, (self.goal, dict(self.parameters))

    @classmethod
    def of_text(cls, goal: int, text: str) -> Task:
        """Return the task with the parameters in JSON `text`.

        Raises TypeError, ValueError or RecursionError if the goal or the text is not one of a task.
        """
        return cls(goal, _decode(text))

    def identity(self, tuning: Collection[str] = ()) -> str:
        """Return a digest of the parameters, except those named in `tuning`."""
        telling = {name: value for name, value in self.parameters.items() if name not in tuning}
        return hashlib.sha256(_encode(telling).encode()).hexdigest()


def _check_goal(goal: object) -> None:
    if isinstance(goal, bool) or not isinstance(goal, int):
        raise TypeError(f"a goal is an int, not {type(goal).__name__} {goal!r}")
    if not 1 <= goal <= LARGEST_GOAL:
        raise ValueError(f"a goal is an int from 1 to 2^53, not {goal}")


def _encode(parameters: Mapping[str, object]) -> str:
    if not isinstance(parameters, Mapping):
        raise TypeError(f"parameters are a mapping, not {type(parameters).__name__}")
    for name in parameters:
        if not isinstance(name, str):
            raise TypeError(f"a parameter has a str as its name, not {name!r}")
    ready = {name: _ready(name, value) for name, value in parameters.items()}
    return json.dumps(ready, sort_keys=True)


def _ready(name: str, value: object) -> object:
    """Convert a value to one that JSON can hold: bytes become {"bytes": HEX}, a path a str.

    Raises TypeError or ValueError, with the parameter's `name`, if the value cannot be stored.
    """
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"the parameter {name} is {value}; a float must be finite")
    if isinstance(value, int) and abs(value) > LARGEST_INT:
        raise ValueError(f"the parameter {name} is too large; an int is at most 2^63 - 1")
    if not isinstance(value, int | float | str):
        raise TypeError(f"the parameter {name} is of type {type(value).__name__}, not {_ALLOWED}")
    return value


def _decode(text: str) -> dict[str, Parameter]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("parameters are a mapping")
    return {name: _value(value) for name, value in found.items()}


def _value(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"bytes"}:
        return bytes.fromhex(value["bytes"])
    return value
