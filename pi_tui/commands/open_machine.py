"""`pi-tui open module:name GOAL [name=value …]`: compute a machine that the user has written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from pi_tui.carry_on import carry_on
from pi_tui.commands.asking import may_begin_again
from pi_tui.errors import UsageError
from pi_tui.files.location import own_file, resolved
from pi_tui.machine import BadState, Kind, Parameter, Refused, Task
from pi_tui.recipes.generator import GeneratorKind
from pi_tui.recipes.program import reader_of, type_of
from pi_tui.reports.standard_output import is_in_browser, is_tty, tell, to_stdout
from pi_tui.words import one_line
from pi_tui.worker.crash_report import in_words
from pi_tui.worker.given import refuse_unusable_kind

_BOOLS = {"true": True, "yes": True, "false": False, "no": False}


def open_machine(
    named_location: str,
    machine: str,
    goal: int | None,
    parameters: Sequence[tuple[str, str]],
    *,
    fresh: bool,
    yes: bool,
) -> int:
    """Compute or resume the task on a screen; return the exit code.

    With `fresh`, begin again and lose what is saved, but ask first unless `yes`; 0 if the user
    declines. Without a terminal, show a line of progress instead of the screen. In both cases write
    the whole output to standard output, unless that is a terminal or the app is in a browser tab.
    Without a location, save where the machine's own program does: in a file named after the
    machine. Raises UsageError if the kind or the task cannot be made, or nobody can be asked, and
    AlreadyOpenError if `fresh` is set and another process computes the run. Raises StorageError if
    standard output cannot be written, and SystemExit if a step raised that without a screen.
    """
    kind, task = task_to_open(machine, goal, parameters)
    location = named_location or own_file(kind.name)
    if fresh and not may_begin_again(location, kind, task, sure=yes):
        return 0
    if not named_location:
        tell(f"{kind.name}: saved in {one_line(location)} in this folder; --db names another file")
    code, output = carry_on(kind, task, location, fresh=fresh, face="auto")
    if (code == 0 or output) and not (is_tty(sys.stdout) or is_in_browser()):
        to_stdout([output])
    return code


def task_to_open(
    machine: str, goal: int | None, parameters: Sequence[tuple[str, str]]
) -> tuple[Kind, Task]:
    """Return the kind and the task that the command line names.

    If the kind has a method `task`, that method makes the task. Functions with `@resumable` and
    Items have this method; a class of a user may. Raises UsageError if the kind cannot be found or
    the task not be made.
    """
    kind = find_kind(machine)
    make: Callable[..., Any] = getattr(kind, "task", None) or _plain_task
    values = _values(kind, parameters)
    try:
        task = make(**values) if goal is None else make(goal, **values)
    except (TypeError, ValueError, BadState, Refused) as error:
        raise UsageError(f"{kind.name}: {_reason(str(error), goal)}") from error
    if not isinstance(task, Task):
        raise UsageError(f"{kind.name}: its task() returns {one_line(repr(task), 40)}, no Task")
    return kind, task


def find_kind(name: str) -> Kind:
    """Import the module of `module:attribute`; return the kind, made if the attribute is a class.

    The module may be a file, as in `folder/file.py:attribute`. Its folder, or else the working
    folder, is added to the end of `sys.path`, so that a file in it cannot replace a module of
    Python. Raises UsageError if there is no usable kind, StorageError if the working folder was
    deleted or the file's folder cannot be reached.
    """
    module_name, colon, attribute = name.partition(":")
    folder, slash, module_name = module_name.removesuffix(".py").rpartition("/")
    if not (module_name and colon and attribute):
        raise UsageError(f"{name!r} names no machine; write module:name, like collatz:collatz")
    sys.path.append(str(resolved(folder or slash or ".")))
    module = _imported(module_name)
    if not hasattr(module, attribute):
        raise UsageError(f"{module_name} has no {attribute}; {_offered(module)}")
    kind = _as_kind(getattr(module, attribute), name, module)
    refuse_unusable_kind(kind)
    return kind


def _imported(name: str) -> ModuleType:
    """Import the module. Raises UsageError with the reason in one line."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            where = one_line(sys.path[-1])
            raise UsageError(f"there is no module {name} in {where}, or installed") from None
        raise UsageError(f"{name} cannot be imported: {one_line(error)}") from error
    except SystemExit:
        raise UsageError(
            f"{name} runs a program when it is imported; "
            'put that under `if __name__ == "__main__":`'
        ) from None
    except Exception as error:
        raise UsageError(f"{name} cannot be imported: {one_line(in_words(error))}") from error


def _as_kind(found: object, name: str, module: ModuleType) -> Kind:
    """Return `found` if it is a Kind; if it is a subclass of Kind, make an object of it.

    Raises UsageError for anything else, and for a class that cannot be made without arguments.
    """
    if isinstance(found, Kind):
        return found
    if not (isinstance(found, type) and issubclass(found, Kind)):
        raise UsageError(f"{name} is no kind of machine; {_offered(module)}")
    try:
        return found()
    except TypeError as error:
        raise UsageError(f"{name} cannot be made without arguments: {one_line(error)}") from error


def _offered(module: ModuleType) -> str:
    """Return the end of an error message: up to five names in the module that can be opened.

    Without such a name, return advice.
    """

    def can_be_opened(value: object) -> bool:
        if isinstance(value, type):
            return issubclass(value, Kind) and value.__module__ == module.__name__
        return isinstance(value, Kind)

    names = [name for name, value in vars(module).items() if can_be_opened(value)]
    if not names:
        return "use a Kind, a @resumable function, or Items"
    return f"it has {', '.join(names[:5])}"


def _plain_task(goal: int, **parameters: Parameter) -> Task:
    return Task(goal, parameters)


def _reason(text: str, goal: int | None) -> str:
    """Return `text`, that of the error, on one line; or advice, if it is about the GOAL.

    That is so if a GOAL is needed and `goal` is None, or if a batch takes none and `goal` is given.
    """
    if goal is None and "missing 1 required positional argument" in text:
        return "say how far to compute: a GOAL, like 1000"
    if goal is not None and "takes 1 positional argument but 2 were given" in text:
        return "it is a batch of its own and takes no GOAL; leave it out"
    return one_line(text)


def _values(kind: Kind, typed: Sequence[tuple[str, str]]) -> dict[str, Parameter]:
    """Convert the typed values to the types in the function's signature.

    A value without such a type is `guessed`. Raises UsageError if a value does not fit its type.
    """
    known = kind.parameters if isinstance(kind, GeneratorKind) else {}
    types = {name: type_of(parameter) for name, parameter in known.items()}
    return {name: _value(name, text, types) for name, text in typed}


def _value(name: str, text: str, types: Mapping[str, Callable[[str], Any]]) -> Parameter:
    if (wanted := types.get(name)) is None:
        return guessed(text)
    try:
        read: Parameter = _BOOLS[text.lower()] if wanted is bool else reader_of(wanted)(text)
        return read
    except (KeyError, TypeError, ValueError):
        sort = getattr(wanted, "__name__", "value")
        told = f"{name}={one_line(text, 40)}: {name} takes {_SORTS.get(sort, sort)}"
        raise UsageError(told) from None


_SORTS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def guessed(text: str) -> Parameter:
    """Convert a typed value to the type it looks like: int, float, bool, or else str.

    >>> [guessed(text) for text in ("3", "2.5", "1e-3", "true", "no", "a.csv")]
    [3, 2.5, 0.001, True, False, 'a.csv']
    """
    if text.lower() in _BOOLS:
        return _BOOLS[text.lower()]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
