"""Run the contenders in turns; each try is a whole process in an empty folder of its own.

A time counts only if all digits were right.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from pi_tui.errors import PiTuiError, WrongResultError
from pi_tui.pi.bench import contenders as who
from pi_tui.pi.bench import stopwatch
from pi_tui.pi.bench.contenders import Contender
from pi_tui.pi.bench.killed import killed_every, started
from pi_tui.pi.spigot.comparison.reference import pi_digits

PATIENCE = 75.0
"""Maximum expected seconds of a contender; a slower one skips this size."""
ONCE = 15.0
"""A contender that takes more seconds than this runs only once."""
HOPELESS = 4.0
"""A run that is killed is given up after so many times the CPU seconds of an undisturbed run."""


Row = dict[str, Any]
"""A line of a table: what was measured, by name."""


def medians(name: str, digits: int, tries: list[dict[str, float]]) -> Row:
    """Return a row of a table: the median of each figure of one contender's `tries`."""
    middle = {key: median(one[key] for one in tries) for key in tries[0]}
    return {"name": name, "digits": digits, **middle, "runs": len(tries)}


class Turns:
    """Runs contenders in turns, each try in a new folder of its own.

    The folder is empty, but has the database of a half-done run if the contender resumes one.
    """

    def __init__(self, folder: Path, runs: int) -> None:
        self.runs = runs
        self.folder = folder
        self._expected: dict[str, tuple[int, float]] = {}
        """Digits and seconds of each contender's last try, by its name."""

    def side_by_side(self, contenders: list[Contender], digits: int) -> list[Row]:
        """Run the contenders in turns; return a row with the medians of each.

        A contender with a `growth` has no row if a run is expected to take over PATIENCE seconds,
        and runs only once if it takes over ONCE. Raises what `attempt` raises.
        """
        tries: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
        for turn in range(self.runs):
            for contender in contenders:
                if self._takes_part(contender, digits, turn):
                    tell(f"{digits:,} digits, round {turn + 1} of {self.runs}: {contender.name}")
                    tries[contender.name].append(self.attempt(contender, digits))
                    self._expected[contender.name] = digits, tries[contender.name][-1]["seconds"]
        return [medians(name, digits, found) for name, found in tries.items()]

    def look_inside(self, part: str, digits: int, *more: str) -> Row:
        """Run `part` of `inside.py` as a program; return its report as a row of a table.

        `more` are further arguments of the program (see `contenders.inside`). The row also has the
        seconds that the whole process took. Raises PiTuiError if it fails.
        """
        tell(f"{digits:,} digits: {part} {' '.join(more)}")
        contender = who.inside(part, *more)
        with self._room(contender, digits) as room:
            took = _time(contender.command(digits, Path(room)), Path(room) / "said")
            report: Row = json.loads((Path(room) / "said").read_text())
        return report | {"whole process": took["seconds"]}

    def killed(self, digits: int, every: float) -> Row:
        """Measure the CPU seconds of two runs; return both as a row of a table.

        The first run is undisturbed. The second one is killed every `every` seconds and resumed,
        until it ends or has taken HOPELESS times the CPU seconds of the first. Raises
        WrongResultError for wrong digits, and PiTuiError if a run fails.
        """
        ours = who.us()[0]
        tell(f"{digits:,} digits: undisturbed, then killed every {every:g} s")
        peace = self.attempt(ours, digits)["cpu"]
        with self._room(ours, digits) as room:
            command, said = ours.command(digits, Path(room)), Path(room) / "said"
            struggle = killed_every(every, command, said, environment(), HOPELESS * peace)
            if struggle["ended"]:
                _compare(ours, digits, said.read_bytes())
        return {"digits": digits, "every": every, "cpu in peace": peace, **struggle}

    def _takes_part(self, contender: Contender, digits: int, turn: int) -> bool:
        if contender.growth is None or contender.name not in self._expected:
            return True
        before, seconds = self._expected[contender.name]
        expected: float = seconds * (digits / before) ** contender.growth
        return expected <= (PATIENCE if turn == 0 else ONCE)

    def attempt(self, contender: Contender, digits: int) -> dict[str, float]:
        """Run a contender once; return seconds, CPU seconds and peak bytes.

        Raises WrongResultError if it prints wrong digits, and PiTuiError if it fails.
        """
        with self._room(contender, digits) as room:
            said = Path(room) / "said"
            took = _time(contender.command(digits, Path(room)), said)
            if contender.prints:
                _compare(contender, digits, said.read_bytes())
        return took

    def _room(self, contender: Contender, digits: int) -> tempfile.TemporaryDirectory[str]:
        room = tempfile.TemporaryDirectory(dir=self.folder)
        if contender.resumes:
            shutil.copy(self._half_done(digits), who.database_in(Path(room.name)))
        return room

    def _half_done(self, digits: int) -> Path:
        folder = self.folder / f"half-{digits}"
        if not folder.exists():
            folder.mkdir()
            _time(who.inside("half").command(digits, folder), folder / "said")
        return Path(who.database_in(folder))


def _time(command: list[str], output: Path) -> dict[str, float]:
    """Run the command with its output in a file; return seconds, CPU seconds and peak bytes.

    Raises PiTuiError if the command fails.
    """
    watched = [sys.executable, "-I", "-S", str(stopwatch.__file__), str(output), *command]
    with started(watched, environment(), subprocess.PIPE) as child:
        said, complaint = child.communicate()
    if child.returncode:
        last = (complaint.decode(errors="replace").strip() or "no reason given").splitlines()[-1]
        raise PiTuiError(f"a contender failed ({' '.join(command[:4])} …): {last}")
    took: dict[str, float] = json.loads(said)
    return took


def environment() -> dict[str, str]:
    """Return our environment variables, without PI_TUI_* and two that slow Python down."""
    slow = ("PI_TUI_", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    return {name: value for name, value in os.environ.items() if not name.startswith(slow)}


def _compare(contender: Contender, digits: int, said: bytes) -> None:
    text = said.strip()
    if text[:2] != b"3." or text[2:] != reference(digits):
        raise WrongResultError(f"{contender.name} gave wrong digits for {digits:,}; no time counts")


reference = cache(pi_digits)
"""Returns the decimals that every contender is compared with."""


def tell(line: str) -> None:
    """Print a line about progress on standard error."""
    print(line, file=sys.stderr, flush=True)
