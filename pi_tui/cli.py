"""The program: parse the command line, run the app or a command, return the exit code.

Slow imports are inside functions: `--help` and `--version` import neither Textual nor SQLAlchemy
nor rich, and take about as long as Python itself.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, NoReturn

from pi_tui.command_line import OPEN, RUN, WATCH, build_parser
from pi_tui.commands.parser import commands
from pi_tui.errors import Hint, NothingSavedError, PiTuiError, UsageError
from pi_tui.files.location import refuse_misplaced_url
from pi_tui.no_memory import is_lack_of_memory
from pi_tui.pi.commands.options import number_as_digits
from pi_tui.pi.settings import Settings
from pi_tui.reports import hints
from pi_tui.reports.standard_output import (
    drop_unwritten_output,
    has_terminal,
    open_standard_streams,
    say,
    tell,
)
from pi_tui.worker import garbage
from pi_tui.worker.leave_request import handling_signals

if TYPE_CHECKING:
    from pi_tui.checkpoints.stored_kind import Kinds
    from pi_tui.commands.choosing import Wanted


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pi-tui; return the exit code. An expected failure is reported in one line on stderr.

    A bug is reported with its traceback. Raises SystemExit after `--help` and `--version`, for a
    signal that ends a command (`_leave`), and if the machine of a user raised it; MemoryError if
    memory is too small.
    """
    garbage.postpone()
    _word_hints()
    open_standard_streams()
    _correct_time_zone()
    # Files stay readable to their owner under any umask; the umask may exclude others.
    os.umask(os.umask(0o077) & 0o077)
    try:
        typed = sys.argv[1:] if arguments is None else arguments
        refuse_misplaced_url(typed)
        parser = build_parser()
        options = parser.parse_args(number_as_digits(parser, typed))
        return _call(options) if options.run else _app(options)
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
        if is_lack_of_memory(error):
            raise MemoryError from error  # `start` reports it, and also one that comes below
        from pi_tui.worker.crash_report import cut_to_machine, report, told_of_machine

        said = told_of_machine(error) or "a bug of ours, please report it"
        cut_to_machine(error)
        tell(f"{report(error)}\npi-tui: {said}; what was saved is safe")
        return 1
    finally:
        drop_unwritten_output()
        garbage.settle()


def _word_hints() -> None:
    """Make the advice in error messages (`Hint`) name options of the command `pi-tui`."""
    Hint.OTHER_FILE = "choose another file with --db"
    Hint.FRESH = "begin again with --fresh"
    Hint.BEGIN = "`pi-tui --digits 20000` begins one"
    Hint.NAME_ONE = "name one by --digits N, or by --kind, --goal and --with name=value"


def _correct_time_zone() -> None:
    """Set the variable TZ to UTC if datetime fails with its value."""
    if "TZ" in os.environ:
        try:
            datetime.now().astimezone()
        except ValueError:  # an offset of more than a day
            os.environ["TZ"] = "UTC"
            time.tzset()


def _leave(number: int, _: object) -> NoReturn:
    """Raise KeyboardInterrupt for SIGINT, else SystemExit, so that no half-written file is left."""
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings: flags override PI_TUI_* variables, which override defaults.

    Raises UsageError if PI_TUI_THREADS, PI_TUI_MEMORY or the location of the database is invalid,
    and StorageError if the folder of the database does not exist. Remembers `--db` or PI_TUI_DB for
    the hints in messages.
    """
    from pi_tui.files.location import look_at_folder, parse_location

    names = ("db", "pace", "checkpoint_every", "digits_per_step", "series", "threads", "memory")
    hints.remember(getattr(options, "db", None))
    settings = Settings.from_environment().with_flags(
        **{n: getattr(options, n, None) for n in (*names, "verify", "fresh")}
    )
    if settings.db and (path := parse_location(settings.db).path) is not None:
        look_at_folder(path)  # a missing folder is a typing mistake
    return settings


def _app(options: argparse.Namespace) -> int:
    """Run the app, or the command `run` without a terminal; return the exit code.

    With `--print-completion`, only prints the script. If `--fresh` would delete a run, asks the
    user first, unless `--yes` is given, and returns 0 at once if the answer is no.
    """
    if options.print_completion:
        return _print_completion(options.print_completion)
    if not has_terminal():
        options.run, options.tidy = RUN, True
        return _call(options)
    from pi_tui.app.terminal.guardian import guarded
    from pi_tui.pi.commands.compute import may_begin
    from pi_tui.pi.which_run import run_to_open

    settings = settings_of(options)
    if settings.fresh and not options.yes:
        options.digits, _ = run_to_open(settings, options.digits)
        if not may_begin(settings, options.digits, sure=False):
            return 0
    with guarded():
        from pi_tui.pi.app.pi_app import run_app

        return run_app(settings, options.digits)


def _call(options: argparse.Namespace) -> int:
    """Call the function of a command; return its exit code.

    Each parameter of the function gets what the function of its name in `_MADE` returns, or else
    the option of its name. One with a default keeps that if there is no option of its name. With
    `options.tidy`, a signal raises an exception in the function (`_leave`), so that it can clean
    up.
    """
    module, _, name = options.run.partition(":")
    function: Callable[..., int] = getattr(import_module(module), name)
    given = {
        name: _MADE[name](options) if name in _MADE else getattr(options, name)
        for name, each in signature(function).parameters.items()
        if each.default is each.empty or hasattr(options, name)
    }
    if not options.tidy:
        return function(**given)
    # Imported while ctrl+c still ends the process at once: an exception of its handler that comes
    # while an import closes its file would be printed as ignored, and be lost.
    import_module("pi_tui.checkpoints.store")
    with handling_signals(_leave):
        return function(**given)


def _words_of_tabs(options: argparse.Namespace) -> list[str]:
    """Return the arguments of the app that every browser tab starts.

    Raises UsageError if they are invalid, name something that is not shown in a tab, or name a
    machine or a task that cannot be made.
    """
    if own := [one for one in options.words if one.partition("=")[0] in ("--port", "--no-token")]:
        raise UsageError(f"{own[0]} is an option of serve: put it before {options.words[0]}")
    of_pi = [] if options.digits is None else ["--digits", str(options.digits)]
    words: list[str] = [*of_pi, *options.words]
    parser = build_parser()
    inner = parser.parse_args(number_as_digits(parser, words))
    if inner.run not in (None, OPEN, WATCH):
        raise UsageError(f"serve shows an app: `open …`, `watch …` or digits, not {words[0]}")
    if getattr(inner, "fresh", False):
        raise UsageError("a tab that is loaded again would begin again: leave out --fresh")
    if inner.run == OPEN:
        from pi_tui.commands.open_machine import task_to_open

        task_to_open(inner.machine, inner.goal, inner.parameters)
    return words


def _kinds() -> Kinds:
    """Return the kinds whose code this program has: only that of pi."""
    from pi_tui.checkpoints.stored_kind import Kinds
    from pi_tui.pi.spigot.kind import SpigotKind

    return Kinds(SpigotKind())


def _wanted(options: argparse.Namespace) -> Wanted:
    """Return the run that the command line names; `--digits N` names a run of pi.

    Raises UsageError if another option names a run besides `--digits`.
    """
    from pi_tui.commands.choosing import Wanted

    if options.digits is None:
        return Wanted(options.kind, options.goal, options.parameters)
    if options.kind or options.goal or options.parameters:
        raise UsageError("--digits names a run of pi; leave out --kind, --goal and --with")
    return Wanted(_kinds().own.name, options.digits)


_MADE: dict[str, Callable[[argparse.Namespace], object]] = {
    "settings": settings_of,
    "location": lambda options: settings_of(options).location,
    "named_location": lambda options: settings_of(options).db,
    "words": _words_of_tabs,
    "kinds": lambda _options: _kinds(),
    "wanted": _wanted,
}
"""Parameters of commands that are no options, and how each is made from the options."""


def _print_completion(shell: str) -> int:
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
