"""Options and commands about digits of pi."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress

from pi_tui.commands.parser import Adder, Parser, add_json
from pi_tui.pi.settings import (
    SERIES,
    parse_digits,
    parse_digits_per_step,
    parse_memory,
    parse_position,
    parse_threads,
)
from pi_tui.words import parse_number

_PI = "pi_tui.pi.commands"
_MOST_WORDS = 4
"""Words of a number at most, as in "1 000 000 000"."""


def number_as_digits(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """Return the arguments; insert `--digits` before a number that stands in place of a command.

    A number of several words, like "1 million", becomes one argument.
    """
    at = _first_word(parser, arguments)
    for end in range(at + _MOST_WORDS, at, -1):
        number = " ".join(arguments[at:end])
        with suppress(ValueError):
            if parse_number(number) >= 0:
                return [*arguments[:at], "--digits", number, *arguments[end:]]
    return list(arguments)


def _first_word(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Return the index of the first argument that is neither an option nor the value of one.

    If there is none, the index is at or after the end of `arguments`.
    """
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        option = parser._option_string_actions.get(arguments[at])
        at += 1 if option is None or option.nargs == 0 else 2
    return at


def computing_options() -> Parser:
    """Return a parser of the options that the commands that compute digits share."""
    options = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    add = options.add_argument
    add("--digits", type=parse_digits, metavar="N", help='decimals after "3.", like 20000 or 1e6')
    add(
        "--pace",
        metavar="auto|max|N",
        help="digits per second in the app; auto spreads a short "
        "run over half a minute (run is always at full speed; PI_TUI_PACE)",
    )
    add(
        "--checkpoint-every",
        metavar="auto|N|Ns|0",
        help="save every N digits (by time until there are any), every N seconds, "
        "0: only on pause, quit and the end (auto: every 5 s, at most 2 %% of the time; "
        "PI_TUI_CHECKPOINT_EVERY)",
    )
    add(
        "--digits-per-step",
        type=parse_digits_per_step,
        metavar="K",
        help="digits a step, for a new run",
    )
    add(
        "--series",
        choices=SERIES,
        metavar="NAME",
        help="formula of a new run: arctan, gosper, rabinowitz-wagon",
    )
    add(
        "--threads",
        type=parse_threads,
        metavar="N",
        help="threads that compute (one per core; PI_TUI_THREADS)",
    )
    add(
        "--memory",
        type=parse_memory,
        metavar="SIZE",
        help="memory that a run may take, like 4G; with less it takes fewer threads, and what "
        "does not fit is refused (what is free; PI_TUI_MEMORY)",
    )
    add("--fresh", action="store_true", help="start over at the first digit")
    add("--yes", action="store_true", help="do not ask before digits are deleted")
    add("--no-verify", dest="verify", action="store_false", help="skip the comparison at the end")
    return options


def add_range(parser: Parser) -> None:
    """Add the options `--from` and `--to`, a range of positions, to the parser."""
    parser.add_argument(
        "--from", dest="start", type=parse_position, default=1, metavar="A",
        help="first position, from 1 on (of pi: after the point)",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="stop", type=parse_position, metavar="B",
        help="last position, included (the last saved)",
    )  # fmt: skip


def add_run(parser: Parser, told: str, metavar: str | None = None) -> None:
    """Add the option `--digits` to a command; `told` is its help.

    It has no default, because a default would replace the value of a `--digits` before the
    command's name.
    """
    parser.add_argument(
        "--digits", type=parse_digits, default=argparse.SUPPRESS, metavar=metavar, help=told
    )


def add_digits(add: Adder) -> None:
    """Add the commands `find`, `picture` and `verify`."""
    find = add(
        "find",
        f"{_PI}.find:find",
        "search for a string of digits among all saved digits of pi",
        tidy=True,
    )
    find.add_argument("text", metavar="TEXT", help="the digits, like 14031988 for a birthday")
    add_run(find, "of this run (the longest)")
    find.add_argument("--first", type=int, default=10, metavar="N", help="places to show (10)")
    add_json(find)
    picture = add(
        "picture",
        f"{_PI}.draw:picture",
        "draw saved digits into a file: .png, .svg, or a .gif that moves",
        tidy=True,
    )
    picture.add_argument("kind", choices=("walk", "heat"), help="the random walk, or a heat map")
    add_run(picture, "of this run (the last)")
    add_range(picture)
    picture.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        required=True,
        help=".svg, .png; a walk also as .gif or .webp (all but .svg need pi-tui[pictures])",
    )
    picture.add_argument("--size", metavar="WxH", help="pixels (3840x2160; 800x450 if it moves)")
    picture.add_argument("--seconds", metavar="S", help="how long a walk in a .gif takes (15)")
    picture.add_argument(
        "--theme", choices=("night", "day", "paper"), default="night", help="colours (night)"
    )
    verify = add(
        "verify",
        f"{_PI}.saved_digits:verify",
        "compare a run's saved digits with an independent pi",
    )
    add_run(verify, "of this run (the last)")
