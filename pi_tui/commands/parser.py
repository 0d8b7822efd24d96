"""The parser of commands and options, and values that a command for any kind reads."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import Any, NoReturn

from pi_tui.errors import UsageError
from pi_tui.reports.standard_output import as_bytes, to_stdout
from pi_tui.words import parse_number, shortened
from pi_tui.worker.crash_report import without_passwords

_LONGEST = 300
"""Characters of a message of argparse, which may repeat what was typed."""


class Parser(argparse.ArgumentParser):
    """An argument parser that reports a mistake in one line and says what to do."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the message.

        Hide passwords in the message and shorten it, because it repeats what the user typed.
        """
        told = shortened(without_passwords(message), _LONGEST)
        raise UsageError(f"{told}; see `{self.prog} --help`")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Return the values of an option; refuse `--db=--`, as if it had no value.

        Python 3.11 and 3.12 drop this value, and the option's default would be used instead. Raises
        ArgumentError then, which argparse reports by `error`.
        """
        values = super()._get_values(action, arg_strings)
        if action.nargs is None and values == []:
            raise argparse.ArgumentError(action, "expected one argument")
        return values

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise UsageError for an unknown command, and name the command that was perhaps meant.

        For an unknown value of an option with choices, raise ArgumentError, as argparse does.
        """
        commands = action.choices if isinstance(action, argparse._SubParsersAction) else None
        if commands is None or value in commands:
            super()._check_value(action, value)
            return
        import difflib  # takes 1.5 ms, and every start reads this module

        told = f"{shortened(without_passwords(repr(value)), 60)} is no command"
        with suppress(ValueError):
            if parse_number(value) >= 0:  # a first number is the goal
                self.error(f"{told}, and one number too many")
        told += " and no number"
        if meant := difflib.get_close_matches(value, commands, 1):
            raise UsageError(f"{told}; did you mean `{self.prog} {meant[0]}`?")
        self.error(told)

    def _print_message(self, message: str, file: object = None) -> None:
        """Write the text of the help or of the version to standard output.

        Characters that the encoding of standard output lacks become question marks. Raises
        BrokenPipeError if the reader has gone, StorageError if the text cannot be written.
        """
        to_stdout([as_bytes(message)])


class Adder:
    """A helper that adds commands, each with the shared options."""

    def __init__(self, commands: argparse._SubParsersAction[Parser], shared: Parser) -> None:
        self._commands, self._shared = commands, shared

    def __call__(
        self, name: str, run: str, text: str, *parents: Parser, tidy: bool = False
    ) -> Parser:
        """Add the command `name`, and return its parser.

        `run` is the function that does the work of the command, as "module:function".
        `text` is the help of the command, and `parents` are parsers whose options it gets too. With
        `tidy`, a signal lets the command clean up before it ends.
        """
        parser = self._commands.add_parser(
            name, help=text, description=text, parents=[self._shared, *parents], allow_abbrev=False
        )
        parser.set_defaults(run=run, tidy=tidy)
        return parser


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command, by the command's name."""
    (group,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return dict(group.choices)


def add_json(parser: Parser) -> None:
    """Add the option `--json` to the parser."""
    parser.add_argument(
        "--json", dest="as_json", action="store_true", help="for scripts, instead of text"
    )


def add_switch(parser: Parser, name: str, told: str) -> None:
    """Add to a command an option without a value; `pi-tui` without a command has the option too.

    It has no default, which would replace the option's value before the command's name. `told` is
    its help.
    """
    parser.add_argument(name, action="store_true", default=argparse.SUPPRESS, help=told)


def parse_database(text: str) -> str:
    """Return a path or URL. Raises UsageError for "", as of a shell variable that is not set."""
    if not text:
        raise UsageError("--db is empty; give the path or URL of a database, or leave --db out")
    return text


def parse_parameter(text: str) -> tuple[str, str]:
    """Split `name=value` into name and value of a parameter. Raises UsageError for other text."""
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise UsageError(f"{text[:40]!r} is no parameter; write it like seed=3")
    return name, value
