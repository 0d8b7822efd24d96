"""The names that the app shows for a run in bars, titles and messages."""

from __future__ import annotations

from dataclasses import dataclass

from pi_tui import words
from pi_tui.checkpoints.records import Run
from pi_tui.files.output_file import FileContent
from pi_tui.reports.run_table import COLUMNS, cells
from pi_tui.worker.job import Pace
from pi_tui.worker.snapshot import Snapshot


@dataclass(frozen=True)
class Naming:
    """Names for a run of any kind; an app for one kind overrides them."""

    program: str = "pi-tui"
    """The command that continues the run, for messages."""
    name: str = "pi-tui"
    """The name at the beginning of an error message."""
    sign: str = "▶"
    """The sign at the left of the header and of the terminal's title."""
    columns: tuple[str, ...] = COLUMNS
    """The headings of the table of runs."""
    after_completion: str = ""
    """The hint that tells how to use a complete run; "" for none."""

    def task(self, snapshot: Snapshot) -> str:
        """Return the name of the task for the header: kind, goal, parameters."""
        parameters = (f"{name} {value}" for name, value in snapshot.parameters.items())
        return words.plain(f"{snapshot.kind} {snapshot.goal:,}  {'  '.join(parameters)}".rstrip())

    def short(self, snapshot: Snapshot) -> str:
        """Return the name of the task for the title of the terminal."""
        return words.plain(f"{snapshot.kind} {snapshot.goal:,}")

    def whole(self, snapshot: Snapshot) -> str:
        """Return the name of the whole output, for the message that it is complete."""
        return self.short(snapshot)

    def error(self, snapshot: Snapshot) -> str:
        """Return in one line why the run failed."""
        return words.plain(f"{self.name}: {snapshot.error}")

    def row(self, run: Run) -> tuple[str, ...]:
        """Return the cells of a run in the table of runs."""
        first, _, *others = cells(run)
        return (first, run.amount, *others)

    def file(self, goal: int) -> str:
        """Return a file name for the output; a subclass may make it from `goal`.

        `goal` is the goal of the run, or the number of bytes of output to be written.
        """
        return "output.txt"

    def file_content(self, output: bytes | bytearray) -> FileContent:
        """Return the content of a file with this output of a run."""
        return FileContent(output)

    def pace(self, pace: Pace) -> tuple[str, str]:
        """Return the pace in words ("" if unlimited), and the key that sets it ("" if none)."""
        return ("" if pace.limit is None else f"at most {words.rate(pace.limit)}"), ""
