"""The programs that `bench` compares: pi-tui, and others on this machine that compute pi."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PYTHON = (sys.executable, "-P")
"""Command that starts every child; `-P` ignores modules in the working folder."""
OURS = "pi-tui run"
RESUMED = "pi-tui run, second half"
NO_SAVES = "pi-tui run, every 0"
EVERY_SECOND = "pi-tui run, every 1s"
FIRST_FRESH = "to the first digit, fresh"
FIRST_RESUMED = "to the first new digit, resumed"
SAVED_RESUMED = "… until it is saved, asked for at once"
KEPT_RESUMED = "… until one is saved, by itself"


@dataclass(frozen=True, slots=True)
class Contender:
    """A program to measure. It writes `3.1415…` to standard output, or ends at its first digit."""

    name: str
    command: Callable[[int, Path], list[str]]
    """Return the command that computes so many digits in this empty folder."""
    growth: float | None = None
    """Exponent g of the time for n digits, about n^g; a size that would take too long is skipped.

    None: no size is skipped.
    """
    resumes: bool = False
    """True if the program resumes a run that is half complete, in a database in the folder."""
    prints: bool = True
    """True if the program prints digits; False if only its time counts."""


def ours(*flags: str) -> Callable[[int, Path], list[str]]:
    """Return a function that makes the command of `pi-tui run`, with these flags and a database."""

    def command(digits: int, folder: Path) -> list[str]:
        run = [*PYTHON, "-m", "pi_tui", "run", "--digits", str(digits)]
        return [*run, "--db", database_in(folder), *flags]

    return command


def child(part: str, *more: str) -> Callable[[int, Path], list[str]]:
    """Return a function that makes the command of one part of `inside.py`."""

    def command(digits: int, folder: Path) -> list[str]:
        module = "pi_tui.pi.bench.inside"
        return [*PYTHON, "-m", module, part, str(digits), database_in(folder), *more]

    return command


def database_in(folder: Path) -> str:
    """Return the path of the database in the folder of a try."""
    return str(folder / "pi.sqlite3")


def us() -> list[Contender]:
    """Return our own contenders: `pi-tui run` with default settings, fresh and resumed."""
    return [Contender(OURS, ours()), Contender(RESUMED, ours(), resumes=True)]


def cadences() -> list[Contender]:
    """Return `pi-tui run` without saves, and with a save every second."""
    return [
        Contender(NO_SAVES, ours("--checkpoint-every", "0")),
        Contender(EVERY_SECOND, ours("--checkpoint-every", "1s")),
    ]


def first_digits() -> list[Contender]:
    """Return our contenders that end at the first new digit, or when it is saved."""
    return [
        Contender(FIRST_FRESH, child("first"), prints=False),
        Contender(FIRST_RESUMED, child("first"), resumes=True, prints=False),
        Contender(SAVED_RESUMED, child("saved"), resumes=True, prints=False),
        Contender(KEPT_RESUMED, child("kept"), resumes=True, prints=False),
    ]


def peers() -> list[Contender]:
    """Return the other programs for pi to compare with, as far as they are installed."""
    candidates = (
        _command("spigot", "spigot (C)", lambda n: ["-d", str(n), "pi"], growth=2.1),
        _command("pi", "pi (CLN), one shot", lambda n: [str(n + 1)]),
        _module("mpmath", "mpmath, one shot", _MPMATH),
        _module("gmpy2", "gmpy2, one shot", _MPFR),
        Contender("textbook in Python", _textbook, growth=2.0),
    )
    return [contender for contender in candidates if contender is not None]


def _command(
    program: str, name: str, arguments: Callable[[int], list[str]], growth: float = 1.3
) -> Contender | None:
    path = shutil.which(program)
    if path is None:
        return None
    return Contender(name, lambda digits, _: [path, *arguments(digits)], growth)


def _module(module: str, name: str, code: str) -> Contender | None:
    if importlib.util.find_spec(module) is None:
        return None
    return Contender(name, lambda digits, _: [*PYTHON, "-c", code, str(digits)], 1.3)


def _textbook(digits: int, _: Path) -> list[str]:
    return [*PYTHON, "-m", "pi_tui.pi.bench.textbook", str(digits)]


_MPMATH = """\
import sys, mpmath
sys.set_int_max_str_digits(0)
mpmath.mp.dps = int(sys.argv[1]) + 10
print(str(+mpmath.mp.pi)[: int(sys.argv[1]) + 2])
"""
_MPFR = """\
import sys, gmpy2
digits = int(sys.argv[1])
text = gmpy2.const_pi(int(digits * 3.3219281) + 64).digits(10, digits + 10)[0]
print("3." + text[1 : digits + 1])
"""
