"""The command line: parse, pick a face, return the exit code.

Everything heavy is imported inside functions: `--help` and `--version` load neither Textual nor
SQLAlchemy nor rich, and take about as long as Python itself.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import NoReturn

from pi_tui import __version__, garbage, hints
from pi_tui.commands.output import as_bytes, say, tell, to_stdout
from pi_tui.errors import NothingSavedError, PiTuiError, UsageError
from pi_tui.settings import (
    SERIES,
    Settings,
    parse_digits,
    parse_digits_per_step,
    parse_position,
    parse_threads,
)

EPILOG = """\
keys in the app: p pause, go on · c checkpoint now · f full speed · + - pace · ? help · q save, quit

Stop it as you like: started again, it goes on where it stopped.

exit codes: 0 finished, or saved at your word · 1 a bug of ours · 2 usage · 3 already open
elsewhere · 4 saved data damaged · 5 a check of the arithmetic failed · 6 storage (full,
read-only, unreachable) · 7 not our database, or from a newer version · 128+signal ended by a
signal, state saved
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pi-tui; returns the exit code. One line on stderr says what went wrong, if anything."""
    garbage.postpone()
    _open_standard_streams()
    # What we make stays readable to its owner, whatever umask says; the others it may keep out.
    os.umask(os.umask(0o077) & 0o077)
    try:
        options = build_parser().parse_args(arguments)
        return int(options.command(options))
    except PiTuiError as error:
        from pi_tui.words import plain

        begin = "; `pi-tui --digits 20000` begins" * isinstance(error, NothingSavedError)
        tell(f"pi-tui: {plain(str(error))}{begin}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 128 + 13  # the reader of our digits has gone (`| head`): no error
    finally:
        _let_go_of_readers_that_left()
        garbage.settle()


def _let_go_of_readers_that_left() -> None:
    """What could not be written is dropped: the interpreter would fail on it at exit (code 120)."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_standard_streams() -> None:
    """Descriptors 0 to 2 are taken: no file of ours may get one and be written over by messages."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            number = os.open(os.devnull, os.O_RDWR)  # the lowest free one: its own
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


@contextmanager
def _tidying_up() -> Iterator[None]:
    """Ctrl+c ends what is in here by an exception, so that it leaves no half-written file."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Parser(argparse.ArgumentParser):
    """argparse, but a mistake is one line that says what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")

    def _print_message(self, message: str, file: object = None) -> None:
        """Help and version go where data goes: whole, in any encoding, or with an error."""
        to_stdout(as_bytes(message))


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    shared, computing = _shared_options(), _computing_options()
    top = _Parser(
        prog="pi-tui",
        description="Compute digits of pi with a spigot that can always go on where it stopped. "
        "Without a command: watch it in the terminal; without --digits: go on with the last run.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # Its own copy: set_defaults below would change those of `run`, and so hide what stood
        # before the word `run`.
        parents=[shared, _computing_options()],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"pi-tui {__version__}")
    top.add_argument(
        "--print-completion",
        choices=("bash", "zsh", "fish"),
        help="lines by which your shell completes commands (needs pi-tui[completion])",
    )
    top.set_defaults(command=_app, pace=None, digits=None, output=None, yes=False)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    add = _Adder(commands, shared)

    run = add("run", _run, "compute without a screen", computing)
    run.add_argument("-o", "--output", metavar="FILE", help="write 3.1415… to FILE, whole or not")
    status = add("status", _status, "how the runs stand, also while another pi-tui computes")
    status.add_argument("--json", action="store_true", help="for scripts: one object per run")
    status.add_argument("--watch", action="store_true", help="again every two seconds")
    status.add_argument("--digits", type=parse_digits, help="only this run")
    add("runs", _runs, "list all runs")
    export = add("export", _export, "write saved digits to stdout or a file")
    export.add_argument("--digits", type=parse_digits, help="of this run (the longest)")
    export.add_argument(
        "--from", dest="start", type=parse_position, default=1, metavar="A", help="position (1)"
    )
    export.add_argument(
        "--to", dest="stop", type=parse_position, metavar="B", help="position (the last saved)"
    )
    export.add_argument("-o", "--output", metavar="FILE", help="instead of stdout")
    picture = add("picture", _picture, "draw saved digits into a .png or .svg file")
    picture.add_argument("kind", choices=("walk", "heat"), help="the random walk, or a heat map")
    picture.add_argument("--digits", type=parse_digits, required=True, help="of this run")
    picture.add_argument(
        "--from", dest="start", type=parse_position, default=1, metavar="A", help="first position"
    )
    picture.add_argument(
        "--to", dest="stop", type=parse_position, metavar="B", help="last position, included"
    )
    picture.add_argument(
        "-o", "--output", metavar="FILE", required=True, help=".png (needs pi-tui[pictures]), .svg"
    )
    picture.add_argument("--size", default="3840x2160", metavar="WxH", help="pixels (3840x2160)")
    picture.add_argument(
        "--theme", choices=("night", "day", "paper"), default="night", help="colours (night)"
    )
    verify = add("verify", _verify, "compare a run's saved digits with an independent pi")
    verify.add_argument("--digits", type=parse_digits, required=True, help="this run")
    add("check", _check, "read every saved byte and check it; exit 0, 4 or 5")
    backup = add("backup", _backup, "copy the database, also while another pi-tui computes")
    backup.add_argument("file", metavar="FILE", help="a new file")
    delete = add("delete", _delete, "delete a run and its digits")
    delete.add_argument("--digits", type=parse_digits, required=True, help="this run")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    bench = add("bench", _bench, "measure this machine, us and our peers side by side")
    bench.add_argument("--json", action="store_true", help="for scripts")
    bench.add_argument("--full", action="store_true", help="10,000,000 digits too")
    bench.add_argument("--runs", type=int, default=3, metavar="N", help="of each (median counts)")
    serve = add("serve", _serve, "the app in a browser on this machine (needs pi-tui[web])")
    serve.add_argument("--port", type=int, default=8314, help="where it listens (8314)")
    serve.add_argument("--digits", type=parse_digits, help="this run, in every tab")
    serve.add_argument(
        "--no-token",
        dest="token",
        action="store_false",
        help="let everybody on this machine in, and not only who knows the printed address",
    )
    return top


class _Adder:
    """Adds one command after the other, each with the options all have."""

    def __init__(self, commands: argparse._SubParsersAction[_Parser], shared: _Parser) -> None:
        self._commands, self._shared = commands, shared

    def __call__(self, name: str, command: object, text: str, *parents: _Parser) -> _Parser:
        parser = self._commands.add_parser(
            name, help=text, description=text, parents=[self._shared, *parents], allow_abbrev=False
        )
        parser.set_defaults(command=command)
        return parser


def _shared_options() -> _Parser:
    """What every command takes; SUPPRESS, lest its default hide what stood before the command."""
    options = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--db", metavar="PATH|URL", help="database (PI_TUI_DB; user data folder)")
    return options


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
        help="save every N digits, every N seconds, "
        "0: only on pause, quit and the end (auto: every 5 s, at most 2 %% of the time; "
        "PI_TUI_CHECKPOINT_EVERY)",
    )
    add("--digits-per-step", type=parse_digits_per_step, metavar="K", help="of a new run")
    add("--series", choices=SERIES, metavar="NAME", help="of a new run: gosper, rabinowitz-wagon")
    add(
        "--threads",
        type=parse_threads,
        metavar="N",
        help="side by side (one per core; PI_TUI_THREADS)",
    )
    add("--fresh", action="store_true", help="begin again at the first digit")
    add("--yes", action="store_true", help="do not ask before digits are thrown away")
    add("--no-verify", dest="verify", action="store_false", help="skip the comparison at the end")
    return options


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings: flags over PI_TUI_* variables over defaults."""
    from pi_tui.checkpoints.location import look_at_folder, parse_location

    names = ("db", "pace", "checkpoint_every", "digits_per_step", "series", "threads", "verify")
    hints.remember(getattr(options, "db", None))
    settings = Settings.from_environment().with_flags(
        **{n: getattr(options, n, None) for n in (*names, "fresh")}
    )
    if settings.db and (path := parse_location(settings.db).path) is not None:
        look_at_folder(path)  # whoever names a folder that is not there has mistyped it
    return settings


def _app(options: argparse.Namespace) -> int:
    """The face, or `run` where there is no terminal to show it on."""
    if options.print_completion:
        return _print_completion(options.print_completion)
    if not _has_terminal():
        return _run(options)
    from pi_tui.ui.app import run_app
    from pi_tui.which_run import run_to_open

    settings = settings_of(options)
    if settings.fresh and not options.yes:
        options.digits, _ = run_to_open(settings, options.digits)
        if not _may_begin(settings, options.digits, sure=False):
            return 0
    return run_app(settings, options.digits)


def _has_terminal() -> bool:
    """Textual reads stdin and draws on stderr; on a dumb terminal it would draw rubbish.

    With a driver named in the environment, like that of a browser tab, it needs neither.
    """
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    terminal = all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return terminal and os.environ.get("TERM") not in (None, "", "dumb")


def _may_begin(settings: Settings, digits: int | None, *, sure: bool) -> bool:
    """False if --fresh would throw digits away and that was not meant."""
    from pi_tui.commands.runs import keep_unless_meant

    if not settings.fresh or digits is None:
        return True
    if keep_unless_meant(settings.location, digits, sure=sure):
        return True
    tell("nothing was changed")
    return False


def _run(options: argparse.Namespace) -> int:
    from pi_tui.commands.run import run
    from pi_tui.which_run import run_to_open

    settings = settings_of(options)
    digits, _ = run_to_open(settings, options.digits)
    if digits is None:
        raise UsageError("say how many digits, like `pi-tui run --digits 20000`")
    if not _may_begin(settings, digits, sure=options.yes):
        return 0
    with _tidying_up():
        return run(settings.job(digits, pace="max"), options.output)


def _status(options: argparse.Namespace) -> int:
    from pi_tui.commands.runs import status

    location, waits = _location(options), _tidying_up() if options.watch else nullcontext()
    with waits:
        return status(location, options.digits, as_json=options.json, watch=options.watch)


def _runs(options: argparse.Namespace) -> int:
    from pi_tui.commands.runs import runs

    return runs(_location(options))


def _delete(options: argparse.Namespace) -> int:
    from pi_tui.commands.runs import delete

    return delete(_location(options), options.digits, ask=not options.yes)


def _export(options: argparse.Namespace) -> int:
    from pi_tui.commands.digits import export

    location = _location(options)
    with _tidying_up():
        return export(location, options.digits, options.start, options.stop, options.output)


def _picture(options: argparse.Namespace) -> int:
    from pi_tui.commands.picture import picture

    with _tidying_up():
        return picture(
            _location(options),
            options.kind,
            options.digits,
            (options.start, options.stop),
            options.output,
            options.size,
            options.theme,
        )


def _verify(options: argparse.Namespace) -> int:
    from pi_tui.commands.digits import verify

    return verify(_location(options), options.digits)


def _check(options: argparse.Namespace) -> int:
    from pi_tui.commands.upkeep import check

    return check(_location(options))


def _backup(options: argparse.Namespace) -> int:
    from pi_tui.commands.upkeep import backup

    with _tidying_up():
        return backup(_location(options), options.file)


def _bench(options: argparse.Namespace) -> int:
    from pi_tui.bench.measure import bench

    with _tidying_up():
        return bench(full=options.full, as_json=options.json, runs=options.runs)


def _serve(options: argparse.Namespace) -> int:
    from pi_tui.commands.serve import serve

    return serve(_location(options), options.port, options.digits, token=options.token)


def _location(options: argparse.Namespace) -> str:
    return settings_of(options).location


def _print_completion(shell: str) -> int:
    from pi_tui.manual import commands

    try:
        import shtab
    except ImportError:
        raise UsageError("completion needs shtab: pip install 'pi-tui[completion]'") from None
    parser = build_parser()
    for each in (parser, *commands(parser).values()):
        for action in each._actions:
            if action.metavar in ("FILE", "PATH|URL"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    say(shtab.complete(parser, shell))
    return 0
