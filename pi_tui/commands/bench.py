"""`pi-tui bench`: whole processes side by side, in one call, so that ratios can be trusted.

A busy machine makes every time on it wrong by the same unknown factor. So all contenders take
turns, round by round, and what counts is the ratio of their medians. No time counts before the
digits were compared with our reference.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from platformdirs import user_cache_dir

from pi_tui import __version__
from pi_tui.commands import bench_face, bench_stopwatch
from pi_tui.commands import bench_peers as who
from pi_tui.commands.bench_peers import Contender
from pi_tui.errors import PiTuiError, UsageError, WrongDigitsError
from pi_tui.settings import cores

SIZES = (1_000, 20_000, 100_000, 1_000_000)
FULL_SIZE = 10_000_000
DOUBLED = ((100_000, 200_000), (500_000, 1_000_000))
FULL_DOUBLED = (1_000_000, 2_000_000)
CADENCE_SIZE = 1_000_000
PATIENCE = 75.0
"""Seconds that a contender may be expected to take; a slower one sits the size out."""
ONCE = 15.0
"""Seconds from which on a contender runs once only."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one contender at one size: medians over its runs."""

    name: str
    digits: int
    seconds: float
    cpu: float
    peak: int
    """Bytes of memory at most."""
    runs: int

    @classmethod
    def of(cls, name: str, digits: int, tries: list[dict[str, float]]) -> Figures:
        """The medians of all tries."""
        seconds, cpu, peak = (median(t[key] for t in tries) for key in ("seconds", "cpu", "peak"))
        return cls(name, digits, seconds, cpu, int(peak), len(tries))


def bench(full: bool, as_json: bool, runs: int, sizes: Iterable[int] = SIZES) -> int:
    """What this machine can do is printed: a table for people, or JSON."""
    if runs < 1:
        raise UsageError(f"--runs {runs} measures nothing; use 1 or more")
    sizes = (*sizes, FULL_SIZE) if full else tuple(sizes)
    cache_folder = Path(user_cache_dir("pi-tui", ensure_exists=True))  # /tmp is often no disk
    with tempfile.TemporaryDirectory(prefix="bench-", dir=cache_folder) as folder:
        report = _measure_all(_Bench(Path(folder), runs), sizes, full)
    if as_json:
        print(json.dumps(report))
    else:
        from pi_tui.commands.bench_report import show

        show(report)
    return 0


def _measure_all(bench: _Bench, sizes: tuple[int, ...], full: bool) -> dict[str, Any]:
    """Everything that is measured, as plain data."""
    report: dict[str, Any] = {"machine": machine(), "runs": bench.runs}
    bench.look_inside("phases", 1_000)  # once for nothing: Python compiles what was never imported
    contenders = [*who.us(), *who.peers()]
    report["sizes"] = [asdict(f) for n in sizes for f in bench.side_by_side(contenders, n)]
    large = [n for n in sizes if n >= CADENCE_SIZE] or [max(sizes)]
    report["first digit"] = [
        asdict(f) for n in large for f in bench.side_by_side(who.first_digits(), n)
    ]
    size = large[0]
    compared = [who.us()[0], *who.cadences()]
    report["cadences"] = [asdict(f) for f in bench.side_by_side(compared, size)]
    report["saving"] = [
        {"cadence": cadence, "digits": size, **bench.look_inside("saving", size, cadence)}
        for cadence in ("auto", "1s")
    ]
    report["phases"] = [{"digits": n, "seconds": bench.look_inside("phases", n)} for n in sizes]
    pairs = [pair for pair in DOUBLED if pair[1] <= max(sizes)] + [FULL_DOUBLED] * full
    if bench_face.can_measure() and size >= CADENCE_SIZE:  # less is over before a key is pressed
        _tell("the app in a terminal, about a minute")
        report["face"] = bench.look_at_the_face(large)
    report["doubled"] = [bench.doubled(*pair) for pair in pairs]
    return report


class _Bench:
    """Runs contenders in turns, each try in an empty folder of its own."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.runs = runs
        self._folder = folder
        self._expected: dict[str, tuple[int, float]] = {}
        """What each contender took last: so many digits, so many seconds."""

    def side_by_side(self, contenders: list[Contender], digits: int) -> list[Figures]:
        """Medians of all contenders that are quick enough, in the order given."""
        tries: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
        for turn in range(self.runs):
            for contender in contenders:
                if self._takes_part(contender, digits, turn):
                    _tell(f"{digits:,} digits, round {turn + 1} of {self.runs}: {contender.name}")
                    tries[contender.name].append(self._try(contender, digits))
                    self._expected[contender.name] = digits, tries[contender.name][-1]["seconds"]
        return [Figures.of(name, digits, found) for name, found in tries.items()]

    def doubled(self, n: int, twice: int) -> dict[str, float]:
        """How much longer twice the digits take, from runs in turns."""
        ours = who.us()[:1]
        pairs = [(self._try(ours[0], n), self._try(ours[0], twice)) for _ in range(self.runs)]
        small, large = (median(t["seconds"] for t in side) for side in zip(*pairs, strict=True))
        return {"digits": n, "twice": twice, "seconds": small, "twice_seconds": large}

    def look_inside(self, part: str, digits: int, *more: str) -> dict[str, float]:
        """What a part of `bench_child` says about itself, and its `whole process` seconds."""
        _tell(f"{digits:,} digits: {part} {' '.join(more)}")
        contender = Contender(part, who.child(part, *more), prints=False)
        with self._room(contender, digits) as room:
            took = _time(contender.command(digits, Path(room)), Path(room) / "said")
            told: dict[str, float] = json.loads((Path(room) / "said").read_text())
        return told | {"whole process": took["seconds"]}

    def look_at_the_face(self, sizes: list[int]) -> dict[str, float]:
        """How the app feels to who sits before it."""
        room = self._folder / "face"
        return bench_face.measure_face(room, _environment(), sizes, self.runs)

    def _takes_part(self, contender: Contender, digits: int, turn: int) -> bool:
        if contender.growth is None or contender.name not in self._expected:
            return True
        before, seconds = self._expected[contender.name]
        expected: float = seconds * (digits / before) ** contender.growth
        return expected <= (PATIENCE if turn == 0 else ONCE)

    def _try(self, contender: Contender, digits: int) -> dict[str, float]:
        """One measured run; WrongDigitsError if its digits are not those of pi."""
        with self._room(contender, digits) as room:
            said = Path(room) / "said"
            took = _time(contender.command(digits, Path(room)), said)
            if contender.prints:
                _compare(contender, digits, said.read_bytes())
        return took

    def _room(self, contender: Contender, digits: int) -> tempfile.TemporaryDirectory[str]:
        room = tempfile.TemporaryDirectory(dir=self._folder)
        if contender.resumes:
            shutil.copy(self._half_done(digits), who.database_in(Path(room.name)))
        return room

    def _half_done(self, digits: int) -> Path:
        folder = self._folder / f"half-{digits}"
        if not folder.exists():
            folder.mkdir()
            _time(who.child("half")(digits, folder), folder / "said")
        return Path(who.database_in(folder))


def _time(command: list[str], output: Path) -> dict[str, float]:
    """The command has run, its output is in the file; seconds, CPU seconds and peak bytes."""
    stopwatch = [sys.executable, "-I", "-S", str(bench_stopwatch.__file__), str(output)]
    done = subprocess.run(
        stopwatch + command, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise PiTuiError(f"a contender failed ({' '.join(command[:4])} …): {last}")
    took: dict[str, float] = json.loads(done.stdout)
    return took


def _environment() -> dict[str, str]:
    """Ours, without settings of us and without what makes Python slower: defaults are measured."""
    slow = ("PI_TUI_", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    return {name: value for name, value in os.environ.items() if not name.startswith(slow)}


def _compare(contender: Contender, digits: int, said: bytes) -> None:
    text = said.strip()
    if text[:2] != b"3." or text[2:] != reference(digits):
        raise WrongDigitsError(f"{contender.name} gave wrong digits for {digits:,}; no time counts")


@cache
def reference(digits: int) -> bytes:
    """The decimals that every contender is compared with."""
    from pi_tui.spigot.reference import pi_digits

    return pi_digits(digits)


def machine() -> dict[str, Any]:
    """What was measured on, and with what."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": cores(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "pi-tui": __version__,
        **{name: _version(name) for name in ("gmpy2", "sqlalchemy", "textual", "mpmath")},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
