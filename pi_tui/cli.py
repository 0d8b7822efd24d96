"""The program: parse the command line, run the app or a command, return the exit code.

Everything heavy is imported inside functions: `--help` and `--version` load neither Textual nor
SQLAlchemy nor rich, and take about as long as Python itself.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime

from pi_tui.command_line import build_parser, digits_first
from pi_tui.errors import Hint, NothingSavedError, PiTuiError, UsageError, speak
from pi_tui.pi.settings import Settings
from pi_tui.reports import hints
from pi_tui.reports.standard_output import has_terminal, say, tell
from pi_tui.worker import garbage

WORDS = {
    Hint.OTHER_FILE: "choose another file with --db",
    Hint.FRESH: "begin again with --fresh",
}
"""How this program words the remedies that messages suggest."""

_COLOR_SYSTEMS = ("auto", "standard", "256", "truecolor", "windows")
"""Values of TEXTUAL_COLOR_SYSTEM that rich knows; it fails on any other."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pi-tui; return the exit code. A failure is reported in one line on stderr."""
    garbage.postpone()
    speak(WORDS)
    _open_standard_streams()
    _correct_environment()
    # Files stay readable to their owner under any umask; the umask may exclude others.
    os.umask(os.umask(0o077) & 0o077)
    try:
        typed = sys.argv[1:] if arguments is None else arguments
        options = build_parser().parse_args(digits_first(typed))
        return _COMMANDS[options.command](options)
    except PiTuiError as error:
        from pi_tui.words import plain

        begin = "; `pi-tui --digits 20000` begins" * isinstance(error, NothingSavedError)
        tell(f"pi-tui: {plain(str(error))}{begin}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 128 + 13  # the reader of our digits has gone (`| head`): no error
    except Exception as error:
        from pi_tui.worker.crash_report import report

        tell(f"{report(error)}\npi-tui: a bug of ours, please report it; what was saved is safe")
        return 1
    finally:
        _let_go_of_readers_that_left()
        garbage.settle()


def _let_go_of_readers_that_left() -> None:
    """Drop unwritten output, on which the interpreter would fail at exit (code 120)."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _correct_environment() -> None:
    """Correct variables on which libraries fail: use UTC for times, detect colours."""
    if "TZ" in os.environ:
        try:
            datetime.now().astimezone()
        except ValueError:  # more than a day from UTC
            os.environ["TZ"] = "UTC"
            time.tzset()
    if os.environ.get("TEXTUAL_COLOR_SYSTEM") not in _COLOR_SYSTEMS:
        os.environ.pop("TEXTUAL_COLOR_SYSTEM", None)


def _open_standard_streams() -> None:
    """Open closed descriptors 0 to 2, so that no file gets one and is overwritten by messages."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the parent process
            number = os.open(os.devnull, os.O_RDWR)  # the lowest free number, this one's
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


@contextmanager
def _tidying_up() -> Iterator[None]:
    """Turn signals into exceptions within this block, so that no half-written file is left."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in _ENDS}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:  # else it is ignored, as under nohup
            own = signal.default_int_handler if number == signal.SIGINT else leave
            signal.signal(number, own)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals by which a user, a shell or a closed terminal ends a program."""


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings: flags override PI_TUI_* variables, which override defaults."""
    from pi_tui.files.location import look_at_folder, parse_location

    names = ("db", "pace", "checkpoint_every", "digits_per_step", "series", "threads", "verify")
    hints.remember(getattr(options, "db", None))
    settings = Settings.from_environment().with_flags(
        **{n: getattr(options, n, None) for n in (*names, "fresh")}
    )
    if settings.db and (path := parse_location(settings.db).path) is not None:
        look_at_folder(path)  # a missing folder is a typing mistake
    return settings


def _app(options: argparse.Namespace) -> int:
    """Run the app, or `run` if there is no terminal to show it on."""
    if options.print_completion:
        return _print_completion(options.print_completion)
    if not has_terminal():
        return _run(options)
    from pi_tui.app.terminal.guardian import guarded
    from pi_tui.pi.which_run import run_to_open

    settings = settings_of(options)
    if settings.fresh and not options.yes:
        options.digits, _ = run_to_open(settings, options.digits)
        if not _may_begin(settings, options.digits, sure=False):
            return 0
    with guarded():
        from pi_tui.pi.app.pi_app import run_app

        return run_app(settings, options.digits)


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
    from pi_tui.pi.commands.compute import run
    from pi_tui.pi.which_run import run_to_open

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
    from pi_tui.pi.commands.saved_digits import export

    location = _location(options)
    with _tidying_up():
        return export(location, options.digits, options.start, options.stop, options.output)


def _find(options: argparse.Namespace) -> int:
    from pi_tui.pi.commands.find import find

    location, text = _location(options), options.text
    with _tidying_up():
        return find(location, text, options.digits, options.first, as_json=options.json)


def _picture(options: argparse.Namespace) -> int:
    from pi_tui.pi.commands.draw import picture

    with _tidying_up():
        return picture(
            _location(options),
            options.kind,
            options.digits,
            (options.start, options.stop),
            options.output,
            options.size,
            options.theme,
            options.seconds,
        )


def _verify(options: argparse.Namespace) -> int:
    from pi_tui.pi.commands.saved_digits import verify

    return verify(_location(options), options.digits)


def _check(options: argparse.Namespace) -> int:
    from pi_tui.commands.upkeep import check

    return check(_location(options))


def _backup(options: argparse.Namespace) -> int:
    from pi_tui.commands.upkeep import backup

    with _tidying_up():
        return backup(_location(options), options.file)


def _bench(options: argparse.Namespace) -> int:
    from pi_tui.pi.bench.measure import bench

    with _tidying_up():
        return bench(full=options.full, as_json=options.json, runs=options.runs)


def _serve(options: argparse.Namespace) -> int:
    from pi_tui.commands.serve import serve

    return serve(_location(options), options.port, options.digits, token=options.token)


def _location(options: argparse.Namespace) -> str:
    return settings_of(options).location


def _print_completion(shell: str) -> int:
    from pi_tui.reports.manual import commands

    try:
        import shtab
    except ImportError:
        raise UsageError("completion needs shtab: pip install 'pi-tui[completion]'") from None
    parser = build_parser()
    for each in (parser, *commands(parser).values()):
        for action in each._actions:
            if action.metavar in ("FILE", "PATH|URL"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    # shtab's script for zsh handles `eval` only, and would complete at once when sourced.
    lines = shtab.complete(parser, shell)
    say(lines.replace("$zsh_eval_context[-1] == eval", "$zsh_eval_context[-1] != loadautofunc"))
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "app": _app,
    "run": _run,
    "status": _status,
    "runs": _runs,
    "export": _export,
    "find": _find,
    "picture": _picture,
    "verify": _verify,
    "check": _check,
    "backup": _backup,
    "delete": _delete,
    "bench": _bench,
    "serve": _serve,
}
