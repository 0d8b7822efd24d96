"""The command line: all commands and options, with their help.

Each command has the name of its function, as `module:function`, so that no slow module is
imported here. `cli.py` calls the function; each parameter gets the option of the same name.
"""

from __future__ import annotations

import argparse

from pi_tui import __version__
from pi_tui.commands.parser import (
    Adder,
    Parser,
    add_json,
    add_switch,
    parse_database,
    parse_parameter,
)
from pi_tui.pi.commands.options import add_digits, add_range, add_run, computing_options
from pi_tui.reports.typed import parse_goal

_GENERAL, _PI = "pi_tui.commands", "pi_tui.pi.commands"
RUN = f"{_PI}.compute:run"
"""The name of the function that computes digits without a screen."""
OPEN, WATCH = f"{_GENERAL}.open_machine:open_machine", f"{_GENERAL}.watch:watch"
"""The names of the functions that show a run of any kind on a screen."""

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


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line."""
    shared = _shared_options()
    top = Parser(
        prog="pi-tui",
        description="Compute digits of pi. Stop at any time: the next start continues there. "
        "Without a command, watch it in the terminal; without --digits, continue the last run.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # Its own copy: set_defaults below would otherwise change the defaults of `run`, which
        # would override options given before the word `run`.
        parents=[shared, computing_options()],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"pi-tui {__version__}")
    top.add_argument(
        "--print-completion",
        choices=("bash", "zsh", "fish"),
        help="print a script for tab completion in your shell (needs pi-tui[completion])",
    )
    top.set_defaults(run=None, tidy=False, pace=None, digits=None, output=None)
    top.set_defaults(fresh=False, yes=False)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    add = Adder(commands, shared)

    _add_computing(add)
    _add_looking(add)
    add_digits(add)
    _add_upkeep(add)
    return top


def _add_computing(add: Adder) -> None:
    """Add the commands that compute."""
    run = add("run", RUN, "compute without a screen", computing_options(), tidy=True)
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
        "parameters",
        metavar="NAME=VALUE",
        nargs="*",
        default=[],  # without it, argparse reports them as required
        type=parse_parameter,
        help="its parameters",
    )
    add_switch(machine, "--fresh", "begin again at the first step")
    add_switch(machine, "--yes", "do not ask before output is lost")


def _add_looking(add: Adder) -> None:
    """Add `status`, `runs`, `watch`, `export` and `delete`, which take runs of any kind."""
    named = _naming_options()
    status = add(
        "status",
        f"{_GENERAL}.runs:status",
        "show the state of runs of any kind, also while another process computes",
        named,
        tidy=True,
    )
    add_json(status)
    status.add_argument(
        "--watch",
        dest="again",
        action="store_true",
        help="again every two seconds, in place on a terminal",
    )
    add_json(add("runs", f"{_GENERAL}.runs:runs", "list all runs, of any kind"))
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
    add_range(export)
    export.add_argument("-o", "--output", metavar="FILE", help="instead of stdout")
    delete = add("delete", f"{_GENERAL}.runs:delete", "delete a run and its output", named)
    add_switch(delete, "--yes", "do not ask")


def _add_upkeep(add: Adder) -> None:
    """Add `check` and `backup` for the database, `bench` and `serve`."""
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
    add_json(bench)
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
    add_run(serve, "run of pi to show in every tab")
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


def _shared_options() -> Parser:
    """Return a parser of the options that every command has.

    With SUPPRESS, no default of a command overrides an option given before the command's name.
    """
    options = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument(
        "--db",
        metavar="PATH|URL",
        type=parse_database,
        help="database (PI_TUI_DB; user data folder)",
    )
    return options


def _naming_options() -> Parser:
    """Return a parser of the options that name a run.

    These are `--digits` for a run of pi, and kind, goal and parameters for other runs.
    """
    options = Parser(add_help=False)
    add = options.add_argument
    add_run(options, "the run of pi with so many digits", "N")
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
