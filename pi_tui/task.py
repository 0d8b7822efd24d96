"""Task: what to compute. Its parameters are values that are read back exactly as they were stored.

`machine.py` hands it out; import it from there.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Parameter = int | float | str | bool | bytes
"""A value of a parameter. A path (`os.PathLike`) is taken too, and becomes its text."""
LARGEST_GOAL = 2**53
LARGEST_INT = 2**63 - 1
LONGEST_TEXT = 10_000
"""Characters of all parameters together, as they are stored."""
_ALLOWED = "int, float, str, bool, bytes or a path"


@dataclass(frozen=True, slots=True)
class Task:
    """What to compute: fixed when it begins, and the same at every start.

    Kind, goal and parameters are what tells runs apart: another seed is another run. A kind lists
    in `Kind.tuning` the parameters that change only how fast it computes, not what.

    Raises TypeError or ValueError for a goal or a parameter that cannot be stored.
    """

    goal: int
    """The number that says how far to compute: an exponent, a last row, a size. 1 to 2^53."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """Everything else that the result depends on, by name. It cannot be changed later."""

    def __post_init__(self) -> None:
        """Check goal and parameters, and keep the parameters as they will be read back."""
        _check_goal(self.goal)
        text = _encode(self.parameters)
        if len(text) > LONGEST_TEXT:
            raise ValueError(
                f"the parameters take {len(text):,} characters, and {LONGEST_TEXT:,} are allowed; "
                "give a path or a digest instead of the data"
            )
        object.__setattr__(self, "parameters", MappingProxyType(_decode(text)))

    def __reduce__(self) -> tuple[object, ...]:
        """Allow copying and pickling, which a read-only mapping does not know."""
        return Task, (self.goal, dict(self.parameters))

    def __hash__(self) -> int:
        """Allow tasks as keys; a read-only mapping has no hash."""
        return hash((self.goal, frozenset(self.parameters.items())))

    @property
    def text(self) -> str:
        """The parameters as JSON text: equal for equal parameters, and read back by `of_text`."""
        return _encode(self.parameters)

    @classmethod
    def of_text(cls, goal: int, text: str) -> Task:
        """Return the task with the parameters that `text` holds. Raises TypeError or ValueError."""
        return cls(goal, _decode(text))

    def identity(self, tuning: Collection[str] = ()) -> str:
        """Return a digest of the parameters, those named in `tuning` left out."""
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
    """Return the value in a form that JSON has. Bytes become a small object of their own."""
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


def _value(value: object) -> Parameter:
    if isinstance(value, dict) and value.keys() == {"bytes"}:
        return bytes.fromhex(value["bytes"])
    if not isinstance(value, int | float | str):
        raise TypeError(f"a parameter is {_ALLOWED}")
    return value
