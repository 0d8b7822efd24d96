"""The command line: all commands and options, and their help texts.

Each command names the function that carries it out, as `module:function`, for nothing heavy is
loaded here. `cli.py` calls it with the options that its parameters are named after.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from pi_tui import __version__
from pi_tui.errors import UsageError
from pi_tui.pi.settings import (
    SERIES,
    parse_digits,
    parse_digits_per_step,
    parse_position,
    parse_threads,
)
from pi_tui.reports.standard_output import as_bytes, to_stdout
from pi_tui.task import LARGEST_GOAL
from pi_tui.words import parse_number

_GENERAL, _PI = "pi_tui.commands", "pi_tui.pi.commands"
RUN = f"{_PI}.compute:run"
"""The function that computes digits without a screen."""
OPEN, WATCH = f"{_GENERAL}.open_machine:open_machine", f"{_GENERAL}.watch:watch"
"""The functions that show a run of any kind on a screen."""

EPILOG = """\
keys in the app: p pause, resume · c save now · f full speed · + - pace · ? help · q save, quit

Stop it at any time: started again, it continues where it stopped.

pi-tui 20000, 10k, 1 million or 1e6 computes that many digits, as --digits does.

tab completion (needs pi-tui[completion]): a line for the shell's start-up file
  bash  source <(pi-tui --print-completion bash)
  zsh   source <(pi-tui --print-completion zsh)   # after compinit
  fish  pi-tui --print-completion fish | source

exit codes: 0 finished, or saved on request · 1 an error of the program · 2 usage · 3 already open
elsewhere · 4 saved data damaged · 5 a check found a wrong result · 6 storage (full,
read-only, unreachable) · 7 not our database, or from a newer version · 128+signal ended by a
signal, state saved
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser that reports a mistake in one line and says what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")

    def _print_message(self, message: str, file: object = None) -> None:
        """Write help and version to stdout like data: whole, in any encoding, or with an error."""
        to_stdout(as_bytes(message))


def digits_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments; leading ones that read as a number become `--digits`.

    >>> digits_first(["1", "million", "--pace", "max"]), digits_first(["run", "--digits", "9"])
    (['--digits', '1 million', '--pace', 'max'], ['run', '--digits', '9'])
    """
    for count in (3, 2, 1):  # as in "20 000 000", "1 million", "20000"
        words, others = arguments[:count], arguments[count:]
        with suppress(ValueError):
            if len(words) == count and parse_number(number := " ".join(words)) >= 0:
                return ["--digits", number, *others]
    return list(arguments)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line."""
    shared = _shared_options()
    top = _Parser(
        prog="pi-tui",
        description="Compute digits of pi. Stop at any time: the next start continues there. "
        "Without a command, watch it in the terminal; without --digits, continue the last run.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # Its own copy: set_defaults below would otherwise change the defaults of `run`, which
        # would override options given before the word `run`.
        parents=[shared, _computing_options()],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"pi-tui {__version__}")
    top.add_argument(
        "--print-completion",
        choices=("bash", "zsh", "fish"),
        help="print a script for tab completion in your shell (needs pi-tui[completion])",
    )
    top.set_defaults(run=None, tidy=False, pace=None, digits=None, output=None, yes=False)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    add = _Adder(commands, shared)

    _add_computing(add)
    _add_looking(add)
    _add_digits(add)
    _add_upkeep(add)
    return top


def _add_computing(add: _Adder) -> None:
    """Add the commands that compute."""
    run = add("run", RUN, "compute without a screen", _computing_options(), tidy=True)
    run.add_argument("-o", "--output", metavar="FILE", help="write 3.1415… to FILE, whole or not")
    machine = add(
        "open",
        OPEN,
        "compute any machine of yours on a screen, saved in NAME.sqlite3 in this folder "
        "unless --db or PI_TUI_DB names another database",
    )
    machine.add_argument(
        "machine", metavar="MODULE:NAME", help="a kind, a resumable function, or a batch of items"
    )
    machine.add_argument("goal", metavar="GOAL", nargs="?", type=parse_goal, help="how far")
    machine.add_argument(
        "parameters", metavar="NAME=VALUE", nargs="*", type=parse_parameter, help="its parameters"
    )
    machine.add_argument("--fresh", action="store_true", help="begin again at the first step")
    machine.add_argument("--yes", action="store_true", help="do not ask before output is lost")


def _add_looking(add: _Adder) -> None:
    """Add the commands for runs of any kind."""
    named = _naming_options()
    status = add(
        "status",
        f"{_GENERAL}.runs:status",
        "show the state of runs of any kind, also while another process computes",
        named,
        tidy=True,
    )
    _add_json(status)
    status.add_argument(
        "--watch",
        dest="again",
        action="store_true",
        help="again every two seconds, in place on a terminal",
    )
    _add_json(add("runs", f"{_GENERAL}.runs:runs", "list all runs, of any kind"))
    add(
        "watch",
        WATCH,
        "follow a run of any kind on a screen while another process computes it",
        named,
    )
    export = add(
        "export", f"{_PI}.saved_digits:export", "write saved output to stdout or a file", named,
        tidy=True,
    )  # fmt: skip
    _add_range(export)
    export.add_argument("-o", "--output", metavar="FILE", help="instead of stdout")
    delete = add("delete", f"{_GENERAL}.runs:delete", "delete a run and its output", named)
    delete.add_argument("--yes", action="store_true", help="do not ask")


def _add_digits(add: _Adder) -> None:
    """Add the commands about digits of pi."""
    find = add(
        "find",
        f"{_PI}.find:find",
        "search for a string of digits among all saved digits of pi",
        tidy=True,
    )
    find.add_argument("text", metavar="TEXT", help="the digits, like 14031988 for a birthday")
    find.add_argument("--digits", type=parse_digits, help="of this run (the longest)")
    find.add_argument("--first", type=int, default=10, metavar="N", help="places to show (10)")
    _add_json(find)
    picture = add(
        "picture",
        f"{_PI}.draw:picture",
        "draw saved digits into a file: .png, .svg, or a .gif that moves",
        tidy=True,
    )
    picture.add_argument("kind", choices=("walk", "heat"), help="the random walk, or a heat map")
    picture.add_argument("--digits", type=parse_digits, help="of this run (the last)")
    _add_range(picture)
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
    verify.add_argument("--digits", type=parse_digits, help="of this run (the last)")


def _add_upkeep(add: _Adder) -> None:
    """Add the commands for the database, the machine and the browser."""
    add("check", f"{_GENERAL}.upkeep:check", "read every saved byte and check it; exit 0, 4 or 5")
    backup = add(
        "backup",
        f"{_GENERAL}.upkeep:backup",
        "copy the database, also while another pi-tui computes",
        tidy=True,
    )
    backup.add_argument("file", metavar="FILE", help="a new file")
    bench = add(
        "bench",
        "pi_tui.pi.bench.measure:bench",
        "measure pi-tui and other programs on this machine",
        tidy=True,
    )
    _add_json(bench)
    bench.add_argument("--full", action="store_true", help="10,000,000 digits too")
    bench.add_argument(
        "--runs", type=int, default=3, metavar="N", help="runs of each; the median counts (3)"
    )
    serve = add(
        "serve",
        f"{_GENERAL}.serve:serve",
        "the app in a browser on this machine (needs pi-tui[web]), for any run: "
        "`serve 20000`, `serve open module:name GOAL …`, `serve watch …`",
    )
    serve.add_argument("--port", type=int, default=8314, help="port to listen on (8314)")
    serve.add_argument("--digits", type=parse_digits, help="run of pi to show in every tab")
    serve.add_argument(
        "words",
        metavar="open … | watch … | N",
        nargs=argparse.REMAINDER,
        help="what to show in every tab; options of serve come before it",
    )
    serve.add_argument(
        "--no-token",
        dest="token",
        action="store_false",
        help="admit everybody on this machine, also without the printed address",
    )


def _add_json(parser: _Parser) -> None:
    parser.add_argument(
        "--json", dest="as_json", action="store_true", help="for scripts, instead of text"
    )


def _add_range(parser: _Parser) -> None:
    parser.add_argument(
        "--from", dest="start", type=parse_position, default=1, metavar="A",
        help="first position, from 1 on (of pi: after the point)",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="stop", type=parse_position, metavar="B",
        help="last position, included (the last saved)",
    )  # fmt: skip


class _Adder:
    """A helper that adds commands, each with the shared options."""

    def __init__(self, commands: argparse._SubParsersAction[_Parser], shared: _Parser) -> None:
        self._commands, self._shared = commands, shared

    def __call__(
        self, name: str, run: str, text: str, *parents: _Parser, tidy: bool = False
    ) -> _Parser:
        """Add a command, carried out by the function `run`; with `tidy`, signals end it cleanly."""
        parser = self._commands.add_parser(
            name, help=text, description=text, parents=[self._shared, *parents], allow_abbrev=False
        )
        parser.set_defaults(run=run, tidy=tidy)
        return parser


def _shared_options() -> _Parser:
    """Return the options of every command.

    With SUPPRESS, no default of a command overrides an option given before the command's name.
    """
    options = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--db", metavar="PATH|URL", help="database (PI_TUI_DB; user data folder)")
    return options


def _naming_options() -> _Parser:
    """Return the options that name a run: of pi by its digits, of any kind by all it has."""
    options = _Parser(add_help=False)
    add = options.add_argument
    add("--digits", type=parse_digits, metavar="N", help="the run of pi with so many digits")
    add("--kind", metavar="NAME", help="the run of this kind, if it is not pi")
    add("--goal", type=parse_goal, metavar="N", help="... with this goal")
    add(
        "--with",
        dest="parameters",
        type=parse_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="... with this parameter; may be repeated",
    )
    return options


def parse_goal(text: str) -> int:
    """Return the goal of a run of any kind. Raises UsageError."""
    with suppress(ValueError):
        if 1 <= (goal := parse_number(text)) <= LARGEST_GOAL:
            return goal
    raise UsageError(
        f"{text[:40]!r} is no goal; use a whole number from 1 to 2^53, like 1000 or 1e6"
    )


def parse_parameter(text: str) -> tuple[str, str]:
    """Return name and value of a parameter. Raises UsageError."""
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise UsageError(f"{text[:40]!r} is no parameter; write it like seed=3")
    return name, value


def _computing_options() -> _Parser:
    options = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
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
        help="formula of a new run: gosper, rabinowitz-wagon",
    )
    add(
        "--threads",
        type=parse_threads,
        metavar="N",
        help="threads that compute (one per core; PI_TUI_THREADS)",
    )
    add("--fresh", action="store_true", help="start over at the first digit")
    add("--yes", action="store_true", help="do not ask before digits are deleted")
    add("--no-verify", dest="verify", action="store_false", help="skip the comparison at the end")
    return options
