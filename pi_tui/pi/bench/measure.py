"""`pi-tui bench`: measure whole processes in turns, so that their ratios can be trusted.

A busy machine makes every time wrong by the same unknown factor. So all contenders take turns,
round by round, and what counts is the ratio of their medians.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from platformdirs import user_cache_dir

from pi_tui import __version__, words
from pi_tui.errors import StorageError, UsageError
from pi_tui.files.temporary import Temporary
from pi_tui.pi.bench import contenders as who
from pi_tui.pi.bench import feel
from pi_tui.pi.bench.contenders import Contender
from pi_tui.pi.bench.turns import Turns, environment, tell
from pi_tui.reports.standard_output import say
from pi_tui.words import one_line
from pi_tui.worker.threads import cores

SIZES = (1_000, 20_000, 100_000, 1_000_000)
FULL_SIZE = 10_000_000
PACKAGES = ("gmpy2", "sqlalchemy", "textual", "mpmath")
LARGE = 1_000_000
"""Digits from which on first digits, saves and the app are measured."""
KILLED_SIZE, KILLED_EVERY = 6_000_000, 3.0
SECONDS_PER_RUN, SECONDS_OF_THE_APP = 25.0, 20.0
FULL_SECONDS_PER_RUN, FULL_SECONDS = 240.0, 180.0
"""Seconds that `--full` takes beyond those in the line above: for each of the `runs`, and once.

All four are estimates for two cores on which a small run takes SMALL_RUN.
"""
SMALL_RUN = 0.4
"""Seconds of a small run, `pi-tui run` of a thousand digits, where the estimates were measured."""


def bench(full: bool, as_json: bool, runs: int, sizes: Iterable[int] = SIZES) -> int:
    """Measure this machine, print the results as tables or JSON, and return exit code 0.

    Programs compute each of `sizes` digits up to `runs` times. `full` adds FULL_SIZE digits, and a
    run that is killed again and again.

    Raises UsageError if `runs` is below 1, StorageError if the cache folder cannot be written
    to, WrongResultError if a program printed wrong digits, PiTuiError if a program failed or the
    app did not react.
    """
    if runs < 1:
        raise UsageError(f"--runs {runs} measures nothing; use 1 or more")
    sizes = (*sizes, FULL_SIZE) if full else tuple(sizes)
    cache_folder = Path(user_cache_dir("pi-tui"))  # /tmp is often not on a disk
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        with Temporary(cache_folder / "bench", ".room") as folder:
            report = _measure_all(Turns(folder, runs), sizes, full)
    except OSError as error:
        raise StorageError(
            f"cannot measure in {one_line(cache_folder)}: {error.strerror or error}; "
            "let XDG_CACHE_HOME name a folder that can be written to"
        ) from error
    if as_json:
        say(json.dumps(report))
    else:
        from pi_tui.pi.bench.tables import show

        show(report)
    return 0


def _measure_all(turns: Turns, sizes: tuple[int, ...], full: bool) -> dict[str, Any]:
    """Take all measurements that `bench` reports; return them as a dict of plain data.

    Only with `full` is a run killed again and again. The app is measured only on Linux, and only if
    a size is at least LARGE; otherwise the dict has no "face".
    """
    report: dict[str, Any] = {"machine": machine(), "runs": turns.runs}
    _announce(turns, full)
    contenders = [*who.us(), *_peers()]
    large = [n for n in sizes if n >= LARGE] or [max(sizes)]
    report["sizes"] = [row for n in sizes for row in turns.side_by_side(contenders, n)]
    report["first digit"] = [
        row for n in large for row in turns.side_by_side(who.first_digits(), n)
    ]
    report["saving"] = [
        {"cadence": cadence, "digits": n, **turns.look_inside("saving", n, cadence)}
        for n in large
        for cadence in ("auto", "1s")
    ]
    report["phases"] = [{"digits": n, "seconds": turns.look_inside("phases", n)} for n in sizes]
    if feel.can_measure() and large[0] >= LARGE:  # a shorter run is over before a key is pressed
        tell("the app in a terminal, about half a minute")
        cpu = {row["digits"]: row["cpu"] for row in report["sizes"] if row["name"] == who.OURS}
        face = feel.Face(turns.folder / "face", environment(), turns.runs)
        report["face"] = face.measure({n: cpu[n] for n in large})
    report["killed"] = [turns.killed(KILLED_SIZE, KILLED_EVERY)] if full else []
    return report


def _peers() -> Iterator[Contender]:
    """Yield the other programs that compute pi; print a line about each that does not.

    A program that does not may be another one of the same name, or may fail or take too long.
    """
    for peer in who.peers():
        if who.computes_pi(peer):
            yield peer
        else:
            tell(f"not measured: {peer.name}, because {peer.words[0]} prints no digits of pi")


def _announce(turns: Turns, full: bool) -> None:
    """Print how long the measurement will take, estimated by a small run on this machine."""
    ours = who.us()[0]
    turns.attempt(ours, 1_000)  # not measured: Python compiles modules at first import
    seconds = expected_seconds(turns.runs, turns.attempt(ours, 1_000)["seconds"], full=full)
    tell(f"this takes about {words.duration(seconds)}; ctrl+c ends it and leaves nothing behind")


def expected_seconds(runs: int, small_run: float, *, full: bool) -> float:
    """Estimate the seconds that `bench` takes with its options `--runs` and `--full`.

    `small_run` is the number of seconds that a run of a thousand digits takes on this machine.

    >>> expected_seconds(3, SMALL_RUN, full=False)
    95.0
    """
    seconds = SECONDS_OF_THE_APP + runs * SECONDS_PER_RUN
    if full:
        seconds += FULL_SECONDS + runs * FULL_SECONDS_PER_RUN
    return seconds * small_run / SMALL_RUN


def machine() -> dict[str, Any]:
    """Return the date, the kind of machine, and the versions of Python and packages measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": cores(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "pi-tui": __version__,
        **{name: version(name) for name in PACKAGES if find_spec(name)},
    }
