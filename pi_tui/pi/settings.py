"""The settings of the program. A flag overrides a PI_TUI_* variable, which overrides a default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pi_tui.errors import StorageError, UsageError
from pi_tui.words import parse_number
from pi_tui.worker.job import AUTO_CADENCE, MAX, Cadence, Job, Pace
from pi_tui.worker.threads import cores

MAX_DIGITS = 1_000_000_000
"""Maximum digits of a run; a larger one does not fit into most machines' memory."""
FASTEST = 1_000_000_000
"""Maximum pace, in digits per second; no machine reaches it, so more is a typing mistake."""
AUTO_SECONDS = 30.0
"""The pace `auto` slows a shorter run down to about so many seconds, so that it can be watched."""
AUTO_SLOWEST = 50.0
"""Slowest pace, in digits per second, that `auto` chooses."""
SERIES = ("arctan", "gosper", "rabinowitz-wagon")
"""Names of the series for a new run, the default first."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's settings; `pace` and `checkpoint_every` are still text, which `job` parses."""

    db: str = ""
    """Path or URL of the database; if empty, a file in the user's data folder."""
    pace: str = "auto"
    checkpoint_every: str = "auto"
    digits_per_step: int | None = None
    series: str = ""
    """One of SERIES for a new run; if empty, the first of them."""
    threads: int = 0
    """Threads that compute side by side; 0 is one per core."""
    memory: int = 0
    """Bytes of memory that a run may take; 0 is what the machine has free."""
    verify: bool = True
    fresh: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the defaults, overridden by the PI_TUI_* variables that are set and not empty.

        These end in DB, PACE, CHECKPOINT_EVERY, THREADS and MEMORY. Raises UsageError if THREADS or
        MEMORY is invalid; the others are checked later.

        >>> Settings.from_environment({"PI_TUI_PACE": "max"}).pace
        'max'
        """
        threads, memory = environment.get("PI_TUI_THREADS"), environment.get("PI_TUI_MEMORY")
        return cls(
            db=environment.get("PI_TUI_DB", ""),
            pace=environment.get("PI_TUI_PACE") or "auto",
            checkpoint_every=environment.get("PI_TUI_CHECKPOINT_EVERY") or "auto",
            threads=parse_threads(threads) if threads else 0,
            memory=parse_memory(memory) if memory else 0,
        )

    def with_flags(self, **flags: object) -> Settings:
        """Return a copy in which every flag that is not None overrides a setting."""
        return replace(self, **{k: v for k, v in flags.items() if v is not None})  # type: ignore[arg-type]

    @property
    def location(self) -> str:
        """Return the path or URL of the database.

        Raises UsageError if `db` is empty and the user has no home folder.
        """
        return self.db or default_location()

    def job(self, digits: int, pace: str | None = None, *, give_way: bool = False) -> Job:
        """Return the job that computes `digits` with these settings.

        `pace` overrides the user's pace, which must be valid all the same. `give_way` is for a job
        beside a screen: its threads have a lower priority, and an overture gives the screen some
        first digits. Creates the data folder if that is used; raises StorageError if that fails.
        Raises UsageError for an invalid setting, or as `location` does.
        """
        from pi_tui.pi.bounded_kind import BoundedKind

        asked, threads = parse_pace(self.pace, digits), self.threads or cores()
        kind = BoundedKind.within(digits, threads, self.memory, self.location)
        task = kind.task(digits, self.digits_per_step, self.series or SERIES[0])
        asked_for = {"digits_per_step": self.digits_per_step, "series": self.series}
        job = Job(
            kind=kind,
            task=task,
            location=self.location,
            pace=parse_pace(pace, digits) if pace else asked,
            cadence=parse_cadence(self.checkpoint_every),
            insisted=[name for name, value in asked_for.items() if value],
            fresh=self.fresh,
            verify=self.verify,
            give_way=give_way,
            overture=give_way,
        )
        if not self.db:
            _make_folder(Path(self.location).parent)
        return job


def default_location() -> str:
    """Return the path of `pi.sqlite3` in the user's data folder.

    Raises UsageError if the user has no home folder.
    """
    from platformdirs import user_data_path

    try:
        folder = user_data_path("pi-tui", appauthor=False)
    except RuntimeError:  # no HOME, and no entry for this user
        folder = Path("~")
    if not folder.is_absolute():  # older platformdirs keep the "~" if they find no home
        raise UsageError("there is no home folder to save digits in; choose a file with --db")
    return str(folder / "pi.sqlite3")


def _make_folder(folder: Path) -> None:
    """Create the user's data folder and sync its parent, so that a crash cannot lose the folder.

    Create missing parents too; do nothing if the folder is there. Raises StorageError if it cannot
    be made.
    """
    try:
        if folder.is_dir():
            return
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StorageError(
            f"there is no folder {folder}, and it cannot be made: {error.strerror}; "
            "use another file with --db"
        ) from error


def parse_digits(text: str) -> int:
    """Parse a number of digits, from 1 to MAX_DIGITS. Raises UsageError.

    >>> parse_digits("20000")
    20000
    """
    try:
        digits = parse_number(text)
    except ValueError:
        raise UsageError(
            f"{_shown(text)} is not a number of digits; ask for a whole number, "
            "like 20000, 10k or 1 million"
        ) from None
    if digits < 1:
        raise UsageError(f"there are no {digits} digits of pi; ask for 1 or more")
    if digits > MAX_DIGITS:
        raise UsageError(f"{_shown(text)} is too much; the limit is {MAX_DIGITS:,} digits")
    return digits


def auto_pace(digits: int) -> Pace:
    """Return the app's default pace, at which a run takes about thirty seconds.

    A short run takes less, and one that cannot be computed so fast takes longer.

    >>> auto_pace(60_000).limit
    2000.0
    """
    return Pace("auto", max(AUTO_SLOWEST, digits / AUTO_SECONDS))


def parse_pace(text: str, digits: int) -> Pace:
    """Parse the pace of a run of `digits` digits: auto, max or digits per second.

    Raises UsageError.

    >>> parse_pace("auto", 600).limit, parse_pace("2_000", 600).limit, parse_pace("max", 600).limit
    (50.0, 2000.0, None)
    """
    if text in ("auto", "max"):
        return auto_pace(digits) if text == "auto" else MAX
    with suppress(ValueError):
        if (per_second := parse_number(text)) <= FASTEST:
            return Pace.of(per_second)
    raise UsageError(f"{_shown(text)} is not a pace; use auto, max, or digits per second, like 500")


def parse_cadence(text: str) -> Cadence:
    """Parse how often to save: auto, N for every N digits, Ns for every N seconds, or 0.

    0 means never unasked: only on request, pause, quit and the end. N is 1 or more digits, or 0.1
    to a million seconds. Raises UsageError for other text.

    >>> parse_cadence("5s").seconds, parse_cadence("1_000").output, parse_cadence("0") == Cadence()
    (5.0, 1000, True)
    """
    if text == "auto":
        return AUTO_CADENCE
    with suppress(ValueError):
        if text.endswith("s") and 0.1 <= (seconds := float(text[:-1])) <= 1e6:
            return Cadence(seconds=seconds)
        if (digits := parse_number(text)) >= 0:
            return Cadence(output=digits or None)
    raise UsageError(
        f"{_shown(text)} does not say when to save; use auto, digits like 1000, "
        "seconds like 5s, or 0 for only on pause, quit and the end"
    )


def parse_digits_per_step(text: str) -> int:
    """Parse the digits per step, from 1 to 1,000,000. Raises UsageError."""
    return _whole_number(text, "number of digits per step", 1, 1_000_000)


def parse_position(text: str) -> int:
    """Parse a position in output, from 1; of pi, after the point. Raises UsageError."""
    return _whole_number(text, "position", 1, 2**53)


def parse_threads(text: str) -> int:
    """Parse a number of threads, from 1 to 64. Raises UsageError."""
    return _whole_number(text, "number of threads", 1, 64)


def parse_memory(text: str) -> int:
    """Parse an amount of memory, from 1 MB to 1,000 TB, into bytes. Raises UsageError.

    >>> parse_memory("1.5G"), parse_memory("500 MB"), parse_memory("2000000 kib")
    (1500000000, 500000000, 2000000000)
    """
    found = re.fullmatch(r"(\d{1,16}(?:\.\d{1,9})?) ?([kmgt]?)(?:i?b)?", text.lower(), re.ASCII)
    scale = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
    number = round(float(found[1]) * scale[found[2]]) if found else 0
    if not 10**6 <= number <= 10**15:
        raise UsageError(f"{_shown(text)} is not an amount of memory; use one like 500M or 4G")
    return number


def _whole_number(text: str, what: str, low: int, high: int) -> int:
    try:
        number = parse_number(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise UsageError(
            f"{_shown(text)} is not a {what}; use a whole number from {low} to {high:,}"
        )
    return number


def _shown(text: str) -> str:
    """Quote `text` for a message: shortened to 40 characters, control characters escaped."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
