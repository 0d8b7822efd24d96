"""The programs that `bench` compares: pi-tui, and others on this machine that compute pi."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PYTHON = (sys.executable, "-P")
"""Command that starts every child; `-P` ignores modules in the working folder."""
OURS = "pi-tui run"
RESUMED = "pi-tui run, second half"
FIRST_FRESH = "to the first digit, fresh"
FIRST_RESUMED = "to the first new digit, resumed"
SAVED_RESUMED = "… until it is saved, asked for at once"
KEPT_RESUMED = "… until one is saved, by itself"


@dataclass(frozen=True, slots=True)
class Contender:
    """A program to measure: one that writes `3.1415…` to standard output, or a part of pi-tui."""

    name: str
    words: tuple[str, ...]
    """Its command. `{digits}`, `{digits + 1}` and `{database}` stand for what they name."""
    growth: float | None = None
    """Exponent g of the time for n digits, about n^g; a size that would take too long is skipped.

    None: no size is skipped.
    """
    resumes: bool = False
    """True if the program resumes a run that is half complete, in a database in the folder."""
    prints: bool = True
    """True if the program prints digits; False if only its time counts."""

    def command(self, digits: int, folder: Path) -> list[str]:
        """Return the words of the command that computes `digits` digits, with files in `folder`."""
        values = {
            "{digits}": str(digits),
            "{digits + 1}": str(digits + 1),
            "{database}": database_in(folder),
        }
        return [values.get(word, word) for word in self.words]


def database_in(folder: Path) -> str:
    """Return the path of the database in the folder of one measurement."""
    return str(folder / "pi.sqlite3")


def inside(part: str, *more: str) -> Contender:
    """Return the contender that runs the function named `part` of the module `inside`.

    `more` are the arguments of the module after DIGITS and DATABASE: the cadence of saves, or none.
    """
    module = "pi_tui.pi.bench.inside"
    return Contender(part, (*PYTHON, "-m", module, part, "{digits}", "{database}", *more))


def us() -> list[Contender]:
    """Return our own contenders: `pi-tui run` with default settings, fresh and resumed."""
    run = (*PYTHON, "-m", "pi_tui", "run", "--digits", "{digits}", "--db", "{database}")
    return [Contender(OURS, run), Contender(RESUMED, run, resumes=True)]


def first_digits() -> list[Contender]:
    """Return the contenders that run a part of this package, and end at the first new digit.

    The last two end only once that digit is saved. All but the first resume a run.
    """
    first, saved, kept = (inside(part).words for part in ("first", "saved", "kept"))
    return [
        Contender(FIRST_FRESH, first, prints=False),
        Contender(FIRST_RESUMED, first, resumes=True, prints=False),
        Contender(SAVED_RESUMED, saved, resumes=True, prints=False),
        Contender(KEPT_RESUMED, kept, resumes=True, prints=False),
    ]


def peers() -> list[Contender]:
    """Return the other programs for pi to compare with, as far as they are installed."""
    textbook = (*PYTHON, "-m", "pi_tui.pi.bench.textbook", "{digits}")
    mpmath = Contender("mpmath, one shot", (*PYTHON, "-c", _MPMATH, "{digits}"), growth=1.3)
    candidates = [
        Contender("spigot (C)", ("spigot", "-d", "{digits}", "pi"), growth=2.1),
        Contender("pi (CLN), one shot", ("pi", "{digits + 1}"), growth=1.3),
        *([mpmath] if find_spec("mpmath") else []),
        Contender("gmpy2, one shot", (*PYTHON, "-c", _MPFR, "{digits}"), growth=1.3),
        Contender("textbook in Python", textbook, growth=2.0),
    ]
    return [contender for contender in candidates if shutil.which(contender.words[0])]


_FEW = b"3.14159265358979323846"
_PATIENCE = 20.0
"""Time-out in seconds for a few digits, which take less than one."""


def computes_pi(contender: Contender) -> bool:
    """Return True if the contender prints a few digits of pi.

    Another program may have the same name: `pi` is a likely one.
    """
    command = contender.command(len(_FEW) - 2, Path())
    try:
        tried = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.stdout.strip() == _FEW


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
