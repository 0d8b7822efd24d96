"""The names that the app shows for a run of pi, and the question for a number of digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pi_tui import words
from pi_tui.app.frames.naming import Naming
from pi_tui.app.talk.goals import Goals
from pi_tui.checkpoints.records import Run
from pi_tui.files.output_file import FileContent
from pi_tui.machine import Task
from pi_tui.pi.settings import MAX_DIGITS, parse_digits
from pi_tui.reports.run_table import COLUMNS, cells
from pi_tui.worker.job import Pace
from pi_tui.worker.snapshot import Snapshot

if TYPE_CHECKING:
    from textual.screen import Screen


@dataclass(frozen=True)
class PiNaming(Naming):
    """Names a run of pi by its number of digits."""

    sign: str = "π"
    columns: tuple[str, ...] = ("digits", *COLUMNS[1:])
    after_completion: str = "; `pi-tui export` writes them out"

    def task(self, snapshot: Snapshot) -> str:
        """Return the name of the task for the header."""
        return words.counted(snapshot.goal, "digit")

    def short(self, snapshot: Snapshot) -> str:
        """Return the name of the task for the title of the terminal."""
        return words.number(snapshot.goal)

    def whole(self, snapshot: Snapshot) -> str:
        """Return the name of the complete output, like "20,000 digits of pi"."""
        return f"{words.counted(snapshot.goal, 'digit')} of pi"

    def error(self, snapshot: Snapshot) -> str:
        """Return the reason why the run failed, as one line."""
        return words.plain(snapshot.error)

    def row(self, run: Run) -> tuple[str, ...]:
        """Return the cells of a run in the table of runs."""
        return cells(run)

    def file(self, goal: int) -> str:
        """Return a file name for the first `goal` digits: all of a run, or those saved."""
        return suggested_name(0, goal)

    def file_content(self, output: bytes | bytearray) -> FileContent:
        """Return the content of a file with the digits `output`: "3.", these, a line break."""
        return FileContent(output, b"3.", b"\n")

    def pace(self, pace: Pace) -> tuple[str, str]:
        """Return the pace in words, and the key `f` with the pace that the key would set.

        >>> PiNaming().pace(Pace("max")), PiNaming().pace(Pace("auto", 666.7))
        (('full speed', 'f auto'), ('auto 667/s', 'f full speed'))
        """
        if pace.limit is None:
            return "full speed", "f auto"
        word = "auto" if pace.word == "auto" else "at most"
        return f"{word} {words.rate(pace.limit)}", "f full speed"


class PiGoals(Goals):
    """Asks the user for the number of digits of a new run."""

    def __init__(self, memory: int = 0) -> None:
        """Keep `memory`, the bytes of memory that a run may take; 0 means all that is free."""
        super().__init__()
        self._memory = memory

    def question(self, here: int) -> Screen[str | None]:
        """Return the dialog that asks for the number of digits.

        `here` is the number of digits of the run on the screen; 0 if there is none.
        """
        from pi_tui.pi.app.screens.ask_digits import AskDigits
        from pi_tui.pi.app.screens.digit_answers import explain_digits

        first = here == 0
        return AskDigits(
            "How many digits of pi?",
            partial(explain_digits, memory=self._memory),
            value="20,000" if first else words.number(min(here * 10, MAX_DIGITS)),
            choices=("1,000", "20,000", "100,000", "1,000,000", "10,000,000"),
            more="Then b finds your birthday in it." if first else "",
            keys=f"Enter begins · ↑ ↓ examples · ? help · Esc {'leaves' if first else 'goes back'}",
        )

    def parse(self, text: str) -> Task:
        """Return the task for a number of digits that the user typed.

        Raises UsageError if `text` is no whole number from 1 to MAX_DIGITS.
        """
        return Task(parse_digits(text.strip()))


def suggested_name(start: int, stop: int) -> str:
    """Return a file name for the digits from offset `start` to `stop`.

    >>> suggested_name(0, 20_000), suggested_name(761, 767)
    ('pi-20000.txt', 'pi-762-767.txt')
    """
    return f"pi-{stop}.txt" if start == 0 else f"pi-{start + 1}-{stop}.txt"
