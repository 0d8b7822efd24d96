"""`@resumable`: call a generator function so that it can be resumed, or run it as a program."""

from __future__ import annotations

import argparse
import inspect
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

from pi_tui.all_tasks import carry_on_all
from pi_tui.carry_on import Face, carry_on
from pi_tui.errors import StorageError, UsageError
from pi_tui.files.location import own_file
from pi_tui.machine import Task
from pi_tui.recipes.generator import GeneratorKind, Yielded
from pi_tui.reports.standard_output import (
    drop_unwritten_output,
    open_standard_streams,
    tell,
    to_stdout,
)
from pi_tui.reports.typed import parse_goal
from pi_tui.words import one_line, shortened

_OPTIONS = {"db", "screen", "fresh", "help", "goal"}
"""Options of every program, which no parameter can be."""


_ANNOTATED: dict[object, Callable[[str], Any]] = {"int": int, "float": float, "bool": bool}
"""Types of options without a default, by the name in the annotation."""


class Resumable(GeneratorKind):
    """A generator function that can be stopped at any moment and resumed from there.

    It is a kind, for instance for `carry_on_all(f, tasks, …)` and `prove(f, …)`.
    """

    def __init__(self, function: Callable[..., Yielded], name: str, version: int) -> None:
        super().__init__(function, name, version)
        if taken := _OPTIONS & {*self.parameters}:
            raise TypeError(f"{name}: {min(taken)} is an option of every program; rename it")
        self.__doc__, self.__name__, self.__wrapped__ = function.__doc__, name, function

    def __call__(self, *args: Any, **kwargs: Any) -> Yielded:
        """Call the decorated function; the result is a plain generator, which saves nothing."""
        return self.function(*args, **kwargs)

    @property
    def kind(self) -> GeneratorKind:
        """Return this object, which is a kind itself, for programs that pass `f.kind`."""
        return self

    def run(
        self,
        goal: int,
        *,
        db: str | os.PathLike[str] | None = None,
        fresh: bool = False,
        **parameters: Any,
    ) -> bytes:
        """Compute or resume the goal; return the whole output.

        `db` is a file or URL; without it, NAME.sqlite3 in the working folder. With `fresh` the run
        begins again. Raises SystemExit with the exit code if it was interrupted or failed, or if an
        argument is invalid; stderr then tells why, and how to resume.
        """
        task = self._asked_for(goal, parameters)
        code, output = carry_on(self, task, self._file if db is None else db, fresh=fresh)
        if code:
            raise SystemExit(code)
        return output

    def run_all(
        self, tasks: Iterable[Task], *, db: str | os.PathLike[str] | None = None
    ) -> dict[Task, bytes]:
        """Compute or resume all tasks; return the output of each.

        The same program, started several times and on several computers, shares the tasks; see
        `carry_on_all`. Raises SystemExit as `run` does.
        """
        code, outputs = carry_on_all(self, tasks, self._file if db is None else db)
        if code:
            raise SystemExit(code)
        return outputs

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Run as a program: parse GOAL and options, compute, write the output, and exit.

        `arguments` are the words after the program's name; None takes those of this process. Whole
        output that could not be saved is written too; the exit code is then 6.
        """
        open_standard_streams()
        options = vars(self._parser().parse_args(arguments))
        goal, db = options.pop("goal"), options.pop("db")
        face: Face = "screen" if options.pop("screen") else "line"
        fresh = options.pop("fresh")
        task = self._asked_for(goal, options)
        code, output = carry_on(self, task, db, face=face, fresh=fresh)
        raise SystemExit(print_output(self.name, code, output))

    def _asked_for(self, goal: int, parameters: dict[str, Any]) -> Task:
        """Return the task; if the arguments are invalid, print why and exit with code 2."""
        try:
            return self.task(goal, **parameters)
        except (TypeError, ValueError) as error:
            tell(f"{self.name}: {error}")
            raise SystemExit(2) from None

    @property
    def _file(self) -> str:
        return own_file(self.name)

    def _parser(self) -> argparse.ArgumentParser:
        description = inspect.cleandoc(self.__doc__ or f"Compute {self.name} up to a goal.")
        parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
        goal, *_ = inspect.signature(self.function).parameters
        how_far = "how far to compute, a whole number from 1, like 20000, 20,000 or 1e6"
        parser.add_argument("goal", metavar=goal.upper(), type=_typed(parse_goal), help=how_far)
        add_common_options(parser, self._file)
        for parameter in self.parameters.values():
            _add_option(parser, parameter)
        return parser


def print_output(name: str, code: int, output: bytes) -> int:
    """Write whole output to stdout, also if it could not be saved; return the exit code.

    That is `code`, with which the computation ended, or if it is 0 that of an error in writing. The
    error is reported on stderr, unless the reader has closed the pipe.
    """
    if code and not output:
        return code
    try:
        to_stdout([output])
        return code
    except BrokenPipeError:
        failure = 128 + signal.SIGPIPE  # the reader has all it wanted
    except StorageError as error:
        tell(f"{name}: {error}")
        failure = error.exit_code
    drop_unwritten_output()
    return code or failure


def add_common_options(parser: argparse.ArgumentParser, file: str) -> None:
    """Add the options `--db`, `--screen` and `--fresh`; `file` is the default of `--db`."""
    where = f"database to save in, a file or a URL ({file}); called again, it goes on from there"
    parser.add_argument("--db", metavar="FILE", default=file, help=where.replace("%", "%%"))
    parser.add_argument("--screen", action="store_true", help="watch it on a screen of its own")
    parser.add_argument(
        "--fresh", action="store_true", help="begin again; what is saved of this run is lost"
    )


def _typed(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Wrap the function `read`, which parses the text of an option, for use with argparse.

    If `read` raises UsageError, TypeError or ValueError, the wrapper raises an ArgumentTypeError.
    Its message shows the bad value, shortened.
    """

    def parse(text: str) -> Any:
        try:
            return read(text)
        except UsageError as error:
            told = str(error)
        except (TypeError, ValueError):
            sort = getattr(read, "__name__", "value")
            told = f"invalid {sort} value: {shortened(text, 40)!r}"
        raise argparse.ArgumentTypeError(told)

    return parse


def _whole_number(text: str) -> int:
    return int(text.replace("_", "").replace(",", ""))


_whole_number.__name__ = "whole number"  # for messages: invalid whole number value


def _add_option(parser: argparse.ArgumentParser, parameter: inspect.Parameter) -> None:
    """Add the option `--name VALUE` for a parameter of the function; `--name`, `--no-name` if bool.

    A parameter without a default makes a required option.
    """
    default = None if parameter.default is parameter.empty else parameter.default
    kind = type_of(parameter)
    name = parameter.name.lstrip("_")  # leading _ stay: argparse would drop - from the name
    flag = "--" + "_" * (len(parameter.name) - len(name)) + name.replace("_", "-")
    more: dict[str, Any] = {"default": default, "required": parameter.default is parameter.empty}
    if kind is bool:
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, **more)
        return
    more["help"] = None if default is None else f"({default})".replace("%", "%%")
    metavar = parameter.name.upper()
    parser.add_argument(flag, type=_typed(reader_of(kind)), metavar=metavar, **more)


def type_of(parameter: inspect.Parameter) -> Callable[[str], Any]:
    """Return the type of a parameter: that of its default, or else its annotation; or else str.

    A default of None does not count, nor an annotation other than int, float and bool.
    """
    if parameter.default is not parameter.empty and parameter.default is not None:
        return type(parameter.default)
    annotation = parameter.annotation  # a type, or its name
    return _ANNOTATED.get(getattr(annotation, "__name__", annotation), str)


def reader_of(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a function that parses a value of the type `kind` from a command line."""
    return _whole_number if kind is int else kind


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

    Its first argument is the goal. Other positional ones are the state and need a default;
    keyword-only ones are parameters. Raises TypeError for any other signature, for an async
    function, for what cannot be called, for a function without a name if `name` is "", and for a
    parameter named like an option of every program, such as `db`. Without `function`, returns a
    decorator.

    `name` names its runs in the database (default: the function's name, with - for _). Increase
    `version` when old states no longer fit the function. It then refuses older states, and older
    code refuses its states.
    """

    def wrap(wrapped: Callable[..., Yielded]) -> Resumable:
        if not callable(wrapped):
            raise TypeError(
                f"resumable takes a generator function, not {one_line(repr(wrapped), 40)}; "
                'a name is given as @resumable(name="walk")'
            )
        own = getattr(wrapped, "__name__", "")
        if not (name or own):
            told = f"a {type(wrapped).__name__} has no name"
            raise TypeError(f'{told}; give one, as in resumable(name="walk")(…)')
        return Resumable(wrapped, name or own.replace("_", "-"), version)

    return wrap if function is None else wrap(function)
