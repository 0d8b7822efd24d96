r"""Make a generator function resumable: it yields its state and new output.

    @resumable
    def squares(goal, number=0):
        while number < goal:
            number += 1
            yield {"number": number}, f"{number * number}\n"

Each `yield` is a step. State and new output are saved together or not at all. After a kill the
function is called again with the last saved state as its arguments. Arguments after a `*` are
parameters: they do not change during a run, and other parameters are another run.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Generator, Iterator, Mapping
from copy import deepcopy
from typing import Any, SupportsFloat

from pi_tui.errors import BrokenRule
from pi_tui.machine import BadState, Kind, Machine, Poll, Refused, State, Task, Work, unwatched
from pi_tui.recipes.code import digest_of_code, note_on_code
from pi_tui.recipes.inputs import texts_of_data
from pi_tui.recipes.values import is_immutable, is_plain, pieces_of, small_copy, values_of
from pi_tui.words import one_line

Yielded = Iterator[Any]
"""A generator that yields `state`, `(state, new)` or `(state, new, share)`.

`state` is a dict of all the function's arguments but the goal and the parameters. `new` is text or
bytes to append to the output, or None. `share` is the share of the work done, 0 to 1, for the
progress bar and the time left.
"""


class GeneratorKind(Kind):
    """The kind of machine that runs one generator function.

    The constructor raises TypeError for an async function, and for a function with a signature
    that cannot be resumed.
    """

    def __init__(self, function: Callable[..., Yielded], name: str, version: int) -> None:
        self.function, self.name, self.version = function, name, version
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{name} is async; a resumable function is a generator, a plain def")
        found = list(inspect.signature(function).parameters.values())
        if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in found):
            raise TypeError(f"{name}: *args and **kwargs have no names to save them under")
        if any(one.kind is one.POSITIONAL_ONLY for one in found[1:]):
            raise TypeError(f"{name}: arguments before a / have no names to hand them back by")
        if not found or found[0].kind is inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{name}: the first argument must be the goal")
        self.parameters = {one.name: one for one in found if one.kind is one.KEYWORD_ONLY}
        state = [one for one in found[1:] if one.name not in self.parameters]
        self.arguments = {one.name: one.default for one in state}
        """The first values of the arguments that are the state."""
        if missing := [one.name for one in state if one.default is one.empty]:
            raise TypeError(f"{name}: {missing[0]} is part of the state and needs a first value")

    def task(self, goal: int, **parameters: Any) -> Task:
        """Return the task for that goal; parameters that are not given have their defaults.

        Raises TypeError for an unknown parameter, or if one without a default is missing, and
        ValueError or TypeError for a goal or value that cannot be stored.
        """
        return Task(goal, self.all_parameters(parameters))

    def all_parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the given parameters, and the defaults of those that are not given.

        Raises TypeError for an unknown parameter, or if one without a default is missing.
        """
        if unknown := [name for name in given if name not in self.parameters]:
            raise TypeError(f"{self.name} has no parameter {unknown[0]}")
        first = {n: p.default for n, p in self.parameters.items() if p.default is not p.empty}
        values = {**first, **given}
        if missing := [name for name in self.parameters if name not in values]:
            raise TypeError(f"{self.name} needs the parameter {missing[0]}")
        return values

    def first_values(self) -> dict[str, Any]:
        """Return a copy of each default of the arguments that are the state, by name.

        A new machine calls the function with them. Copies are needed because Python shares a
        default between all calls. Raises BrokenRule for a default that cannot be copied.
        """
        try:
            return deepcopy(self.arguments)
        except MemoryError:
            raise
        except Exception as error:  # a lock or a module, which cannot be saved either
            raise BrokenRule(f"{self.name}: a first value cannot be copied: {error}") from error

    def new(self, task: Task) -> GeneratorMachine:
        """Return a machine for a new run; its first step begins to run the generator function.

        Raises what the constructor of GeneratorMachine raises.
        """
        return GeneratorMachine(self, task, code=self.code)

    @functools.cached_property
    def code(self) -> str:
        """Return a text, saved when a run begins, that changes with the function's code or data.

        It has a digest of the code, and a hash of the values that `data_of` yields, such as a
        default argument or a closure variable.
        """
        return _hashed(" ".join([digest_of_code(self.function), *texts_of_data(self.function)]))

    def from_state(self, task: Task, state: State, output: bytes) -> GeneratorMachine:
        """Return a machine that calls the function with the saved state as its arguments.

        Raises BadState for an invalid state. Raises Refused if an older version of the function
        saved it, or if its names are not those of the arguments. Raises what the constructor of
        GeneratorMachine raises, too.
        """
        if state.version is not None and state.version < self.version:
            raise Refused(
                f"this run was saved by version {state.version} of {self.name}, whose states do "
                f"not fit version {self.version}: run the code that saved it, or begin again"
            )
        values = values_of(state)
        steps, share = values.pop("!steps", None), values.pop("!share", None)
        done, code = values.pop("!done", None), _hashed(str(values.pop("!code", "")))
        if type(steps) is not int or type(done) is not bool or not isinstance(share, int | float):
            raise BadState("it has no count of steps")
        # A function that returned before its first yield has no values.
        if (values or (steps and not done)) and sorted(values) != sorted(self.arguments):
            raise Refused(
                f"the saved state holds {', '.join(values) or 'nothing'}, and {self.name} takes "
                f"{', '.join(self.arguments)}: run the code that saved it, or begin again"
            )
        return GeneratorMachine(self, task, values, steps, output, share, done=done, code=code)


def _hashed(code: str) -> str:
    """Replace the data in the text "DIGEST DATA" by a hash; return a text without data as it is.

    The data may be large, or a password. Earlier versions saved them as they are, so texts that
    were read from a state are passed here too.
    """
    digest, _, data = code.partition(" ")
    return digest + (hashlib.sha256(data.encode()).hexdigest()[:16] if data else "")


class GeneratorMachine(Machine):
    """A machine that runs a generator: one `yield` is one step.

    The constructor calls the function. It raises Refused for an unknown or missing parameter of the
    task. It raises BrokenRule if a first value cannot be copied, and if the call returns no
    generator or other iterator, or raises StopIteration.
    """

    def __init__(
        self,
        kind: GeneratorKind,
        task: Task,
        values: Mapping[str, Any] | None = None,
        steps: int = 0,
        output: bytes = b"",
        share: float = 0.0,
        *,
        done: bool = False,
        code: str = "",
    ) -> None:
        self._kind, self._values, self._share, self._done = kind, dict(values or {}), share, done
        self.steps = steps
        self.output: bytearray = bytearray(output)
        self._code = code
        self.notes = note_on_code(kind.name, code, kind.code)
        self._handed_out = (steps, len(output), share)
        self._torn = False
        self._is_copy = False
        """True if the function can no longer change the values: they are a copy, or immutable."""
        self._storable: dict[tuple[type, ...], bool] = {}
        """The types of the values in a state, for each combination found storable.

        The value is True if all the types are immutable and have no parts.
        """
        try:
            kind.all_parameters(task.parameters)
        except TypeError as error:  # an unknown or missing parameter
            raise Refused(str(error)) from None
        begun = self._values or kind.first_values()
        try:
            self._generator = kind.function(task.goal, **begun, **task.parameters)
        except StopIteration as error:  # it would end the callers that are generators
            raise BrokenRule(f"{kind.name} raised StopIteration before its first yield") from error
        if not isinstance(self._generator, Iterator):
            raise BrokenRule(f"{kind.name} has no yield: a resumable function yields its state")

    @property
    def done(self) -> bool:
        """Return True once the function has returned."""
        return self._done

    def step(self, poll: Poll = unwatched) -> None:
        """Run the function to its next `yield`, or to its end.

        Raises BrokenRule if what is yielded is not as `Yielded` describes or cannot be stored, and
        whatever the function raises. The machine can then be saved, if `to_state` allows, but must
        not be stepped again: that would skip what was yielded, or count as the end if the function
        raised.
        """
        try:
            state, is_copy, new, share = self._parts(next(self._generator))
        except StopIteration:
            self._done, self.steps = True, self.steps + 1
            return
        except BaseException:
            self._go_back()
            raise
        self._values, self._is_copy, self._share = state, is_copy, share
        self.output += new
        self.steps += 1

    def _parts(self, yielded: object) -> tuple[dict[str, Any], bool, bytes, float]:
        """Split a yielded value; return state, `is_copy`, new output, and share of the work.

        `is_copy` is False if the function can still change the state. Raises BrokenRule if the
        value is not as `Yielded` describes, or cannot be stored.
        """
        parts = yielded if isinstance(yielded, tuple) else (yielded,)
        name, share = self._kind.name, self._share
        state, new = parts[0] if parts else None, parts[1] if len(parts) > 1 else None
        if not isinstance(state, dict) or len(parts) > 3:
            what = one_line(repr(yielded), 60)
            raise BrokenRule(f"{name} must yield a dict, or a dict and what is new, not {what}")
        if not state and self.steps:
            raise BrokenRule(
                f"{name} has no state, so a resumed run would begin again at its first step: "
                "give it an argument that says how far it is, and yield it"
            )
        if state.keys() != self._kind.arguments.keys():
            self._refuse_names(state)
        # Encoding every state would be slow, so one of each combination of types is tried.
        if (plain := self._storable.get(types := tuple(map(type, state.values())))) is None:
            pieces_of(state)
            plain = self._storable[types] = is_plain(types)
        if len(parts) == 3:
            share = max(share, self._share_of(parts[2]))
        kept = dict(state) if plain else small_copy(state)  # the function may change its dict
        return kept or dict(state), kept is not None, self._new_of(new), share

    def _new_of(self, yielded: object) -> bytes:
        try:
            if yielded is None or isinstance(yielded, str):
                return (yielded or "").encode()
        except UnicodeEncodeError:  # half of a surrogate pair, as in a file name that is no UTF-8
            wanted = "text that UTF-8 can hold, or bytes,"
        else:
            if isinstance(yielded, bytes | bytearray):
                return bytes(yielded)
            wanted = "text or bytes"
        what = one_line(repr(yielded), 60)
        raise BrokenRule(f"{self._kind.name} must yield {wanted} as what is new, not {what}")

    def _share_of(self, yielded: Any) -> float:
        # The usual type first: to look for the protocol takes 4 us, three times the rest of a step.
        is_number = type(yielded) is float or isinstance(yielded, SupportsFloat)
        try:
            share = float(yielded) if is_number else -1.0
        except OverflowError:
            share = 1.0 if yielded > 0 else -1.0
        except (TypeError, ValueError):  # an array of several numbers, a signaling NaN
            share = -1.0
        if share >= 0:
            return min(share, 1.0)  # a last step may go beyond the goal
        name = self._kind.name
        raise BrokenRule(
            f"{name} must yield a share from 0 to 1, not {one_line(repr(yielded), 60)}"
        )

    def _refuse_names(self, state: Mapping[str, object]) -> None:
        name, wanted = self._kind.name, self._kind.arguments
        if more := [one for one in state if one not in wanted]:
            raise BrokenRule(
                f"{name} yields the state {more[0]!r}, which is no argument of it: "
                "a resumed run could not hand it back"
            )
        less = [one for one in wanted if one not in state]
        raise BrokenRule(
            f"{name} does not yield its argument {less[0]!r}: a resumed run would start with the "
            "default; yield it, or make it a parameter (behind a * in the signature)"
        )

    def _go_back(self) -> None:
        """Undo, as far as possible, the step that raised an exception.

        Copied and immutable values are still those of the last `yield`, so nothing is to be done.
        The step may have changed any others: mutable values that were too large to be copied, or
        that were loaded from a saved state and not yielded since. Steps, output and share then go
        back to those of the state that the machine returned last or was made from. The values do
        not, so `to_state` raises BrokenRule from now on.
        """
        if not self._is_copy and not all(map(is_immutable, self._values.values())):
            self.steps, length, self._share = self._handed_out
            del self.output[length:]
            self._torn = True

    def to_state(self) -> State:
        """Return the state: the values of the last `yield`, and facts about the run.

        The facts are the number of steps, the share of the work done, whether the function has
        returned, and the text that `code` gave when the run began. Raises BrokenRule if a value
        cannot be stored, or if the function raised while it may have changed those values.
        """
        if self._torn:
            raise BrokenRule(f"{self._kind.name} raised while it changed its lists or arrays")
        facts = {"!steps": self.steps, "!share": self._share, "!done": self._done}
        state = State(pieces_of({**self._values, **facts, "!code": self._code}))
        self._handed_out = (self.steps, len(self.output), self._share)
        return state

    def close(self) -> None:
        """End the generator: GeneratorExit at its `yield` leaves its `with` and `finally` blocks.

        Raises what those raise, and BrokenRule if the function catches GeneratorExit and yields
        again.
        """
        if not isinstance(self._generator, Generator):
            return
        try:
            self._generator.close()
        except RuntimeError as error:
            if getattr(self._generator, "gi_frame", None) is None:  # it ended, by this error
                raise
            raise BrokenRule(
                f"{self._kind.name} yields again when it is told to end, because it catches "
                "GeneratorExit; catch Exception instead"
            ) from error

    def work(self) -> Work:
        """Return the largest share yielded so far as the work done, of a total of 1; at the end 1.

        The total is 0 while no share above 0 was yielded.
        """
        return Work(1.0 if self._done else self._share, 1.0 if self._share else 0.0)
