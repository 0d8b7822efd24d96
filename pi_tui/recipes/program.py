"""`@resumable`: make a generator function a resumable call and a program with a command line."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

from pi_tui.all_tasks import carry_on_all
from pi_tui.carry_on import Face, carry_on
from pi_tui.files.location import own_file
from pi_tui.machine import Task
from pi_tui.recipes.generator import GeneratorKind, Yielded
from pi_tui.reports.hints import tell


class Resumable:
    """A generator function that can be stopped at any moment and resumed there."""

    def __init__(self, function: Callable[..., Yielded], name: str, version: int) -> None:
        self.kind = GeneratorKind(function, name, version)
        self.__doc__, self.__name__, self.__wrapped__ = function.__doc__, name, function

    def __call__(self, *args: Any, **kwargs: Any) -> Yielded:
        """Call the function itself: a plain generator that saves nothing."""
        return self.kind.function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        """Stand for the kind where one is asked for: `carry_on_all(f, tasks, …)`, `prove(f, …)`."""
        return getattr(vars(self)["kind"], name)

    def run(self, goal: int, *, db: str | None = None, **parameters: Any) -> bytes:
        """Compute the goal, or resume it, and return the whole output.

        `db` is a file or URL; without it, NAME.sqlite3 in the working folder. Raises SystemExit
        with the exit code if it was interrupted or failed, or if there is no such task; stderr says
        why, and how to resume.
        """
        code, output = carry_on(self.kind, self._asked_for(goal, parameters), db or self._file)
        if code:
            raise SystemExit(code)
        return output

    def task(self, goal: int, **parameters: Any) -> Task:
        """Return the task of that goal, for `run_all`; see `GeneratorKind.task`."""
        return self.kind.task(goal, **parameters)

    def run_all(self, tasks: Iterable[Task], *, db: str | None = None) -> dict[Task, bytes]:
        """Compute all tasks, or go on with them, and return the output of each.

        The same program, started several times and on several computers, shares the tasks; see
        `carry_on_all`. Raises SystemExit as `run` does.
        """
        code, outputs = carry_on_all(self.kind, tasks, db or self._file)
        if code:
            raise SystemExit(code)
        return outputs

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Run as a program: GOAL and options from the command line, output on stdout, then exit."""
        options = vars(self._parser().parse_args(arguments))
        goal, db = options.pop("goal"), options.pop("db") or self._file
        face: Face = "screen" if options.pop("screen") else "line"
        fresh = options.pop("fresh")
        task = self._asked_for(goal, options)
        code, output = carry_on(self.kind, task, db, face=face, fresh=fresh)
        if code == 0:
            sys.stdout.buffer.write(output)
            sys.stdout.flush()
        raise SystemExit(code)

    def _asked_for(self, goal: int, parameters: dict[str, Any]) -> Task:
        """Return the task; without such a task say why in one line, and exit."""
        try:
            return self.kind.task(goal, **parameters)
        except (TypeError, ValueError) as error:
            tell(f"{self.kind.name}: {error}")
            raise SystemExit(2) from None

    @property
    def _file(self) -> str:
        return own_file(self.kind.name)

    def _parser(self) -> argparse.ArgumentParser:
        description = inspect.cleandoc(self.__doc__ or f"Compute {self.kind.name} up to a goal.")
        parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
        goal, *_ = inspect.signature(self.kind.function).parameters
        how_far = "how far to compute, a whole number; 1_000 and 1,000 are read too"
        parser.add_argument("goal", metavar=goal.upper(), type=_whole_number, help=how_far)
        add_common_options(parser, self._file)
        for parameter in self.kind.parameters.values():
            _add_option(parser, parameter)
        return parser


def add_common_options(parser: argparse.ArgumentParser, file: str) -> None:
    """Add the options that every program of ours has; `file` is the default of `--db`."""
    where = f"database to save in, a file or a URL ({file}); called again, it goes on from there"
    parser.add_argument("--db", metavar="FILE", help=where)
    parser.add_argument("--screen", action="store_true", help="watch it on a screen of its own")
    parser.add_argument(
        "--fresh", action="store_true", help="begin again; what is saved of this run is lost"
    )


def _whole_number(text: str) -> int:
    return int(text.replace("_", "").replace(",", ""))


_whole_number.__name__ = "whole number"  # argparse says: invalid whole number value


def _add_option(parser: argparse.ArgumentParser, parameter: inspect.Parameter) -> None:
    """Add `--name VALUE` for a parameter, of the type of its default or its annotation."""
    default = None if parameter.default is parameter.empty else parameter.default
    kind = type_of(parameter)
    flag = "--" + parameter.name.replace("_", "-")
    more: dict[str, Any] = {"default": default, "required": parameter.default is parameter.empty}
    if kind is bool:
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, **more)
        return
    more["help"] = None if default is None else f"({default})"
    metavar = parameter.name.upper()
    parser.add_argument(flag, type=reader_of(kind), metavar=metavar, **more)


def type_of(parameter: inspect.Parameter) -> Callable[[str], Any]:
    """Return the type of a parameter: that of its default, or the one it is annotated with."""
    if parameter.default is not parameter.empty and parameter.default is not None:
        return type(parameter.default)
    return _annotated(parameter)


def reader_of(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return what reads a value of that type from a command line."""
    return _whole_number if kind is int else kind


def _annotated(parameter: inspect.Parameter) -> Callable[[str], Any]:
    """Return the type of a parameter's annotation, which may be a name; str without one."""
    known: dict[object, Callable[[str], Any]] = {int: int, float: float, bool: bool}
    known |= {"int": int, "float": float, "bool": bool}
    return known.get(parameter.annotation, str)


@overload
def resumable(function: Callable[..., Yielded], /) -> Resumable: ...


@overload
def resumable(
    *, name: str = "", version: int = 1
) -> Callable[[Callable[..., Yielded]], Resumable]: ...


def resumable(
    function: Callable[..., Yielded] | None = None, /, *, name: str = "", version: int = 1
) -> Resumable | Callable[[Callable[..., Yielded]], Resumable]:
    """Make a generator function resumable; its state is what it yields.

    `name` names its runs in the database (the function's name). Raise `version` when old states
    no longer fit the function: a newer state is then refused by older code.
    """

    def wrap(wrapped: Callable[..., Yielded]) -> Resumable:
        return Resumable(wrapped, name or wrapped.__name__.replace("_", "-"), version)

    return wrap if function is None else wrap(function)
