"""Progress on stderr: a live bar on a terminal, plain lines in a pipe."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from pi_tui import words
from pi_tui.reports.resumed import how_it_goes_on
from pi_tui.worker.snapshot import Snapshot, State

LINE_SECONDS = 5.0
"""A pipe gets a line this often: silence would be taken for a hang."""


@contextmanager
def progress_on(stream: TextIO, unit: str) -> Iterator[Progress]:
    """Yield the progress that suits the stream, and close it; output is counted in that unit."""
    if stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb"):
        bar = _Bar(stream, unit)
        try:
            yield bar
        finally:
            bar.stop()
    else:
        yield Progress(stream, unit)


class Progress:
    """Prints plain lines: at the start, at every change of mind, and every few seconds.

    It falls silent when the stream fails, because a full disk or a closed terminal must not stop a
    computation. Only a reader that has left is reported, by BrokenPipeError.
    """

    def __init__(self, stream: TextIO, unit: str) -> None:
        self._stream, self._unit = stream, unit
        self._has_failed = False
        self._state: State | None = None
        self._last = time.monotonic()
        self._notes, self._left_open, self._save_fails = 0, "", False

    def show(self, snapshot: Snapshot) -> None:
        """Show what is new in the snapshot."""
        if self._has_failed:
            return
        try:
            for line in self._news(snapshot):
                self._print(line)
            self._update(snapshot)
        except BrokenPipeError:
            raise
        except OSError:
            self._has_failed = True

    def _update(self, snapshot: Snapshot) -> None:
        # Before the first step nothing is known yet, and a refused database shall be one line.
        known = snapshot.state is State.VERIFYING and snapshot.parts > 0
        changed = known and snapshot.state is not self._state
        if changed or time.monotonic() - self._last >= LINE_SECONDS:
            self._print(describe(snapshot, self._unit))
            self._last = time.monotonic()
            self._state = snapshot.state

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    def _news(self, snapshot: Snapshot) -> list[str]:
        """Return the notes and failures that were not told yet."""
        lines = [f"note: {words.plain(note)}" for note in snapshot.notes[self._notes :]]
        self._notes = len(snapshot.notes)
        if snapshot.left_open and not self._left_open and snapshot.resumed:
            goes_on = how_it_goes_on(snapshot, self._unit)[:1]
            lines += [f"note: {words.plain(line)}" for line in goes_on]
        self._left_open = snapshot.left_open if snapshot.resumed else ""
        failure = snapshot.save_failure
        if failure is not None and not self._save_fails:
            since = failure.since.astimezone().strftime("%H:%M:%S")
            lines.append(f"NOT SAVED since {since}: {words.plain(failure.reason)}")
        elif failure is None and self._save_fails:
            lines.append(f"saved again: {snapshot.saved:,} {self._unit}")
        self._save_fails = failure is not None
        return lines


class _Bar(Progress):
    """Draws a live bar, with the figures behind it."""

    def __init__(self, stream: TextIO, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        class Plain(Console):
            """A console that never hides the cursor: after SIGKILL it would stay hidden."""

            def show_cursor(self, show: bool = True) -> bool:
                return False

        super().__init__(stream, unit)
        columns = TextColumn("{task.fields[word]:<9}", style="bold"), BarColumn(bar_width=None)
        figures, console = TextColumn("{task.fields[figures]}"), Plain(file=stream, markup=False)
        self._bar = RichProgress(*columns, figures, console=console, transient=True, expand=True)
        self._task = self._bar.add_task("", total=1.0, word="", figures="")
        with suppress(OSError, RuntimeError):  # no thread for it: no bar
            self._bar.start()

    def stop(self) -> None:
        """Remove the bar."""
        with suppress(OSError):
            self._bar.stop()

    def _print(self, line: str) -> None:
        self._bar.console.print(line)

    def _update(self, snapshot: Snapshot) -> None:
        made, *figures = _figures(snapshot, self._unit)
        if snapshot.length is not None:
            made = f"{snapshot.made:,}/{snapshot.length:,}"
        text, word = " · ".join((made, *figures)), str(snapshot.state)
        self._bar.update(self._task, completed=snapshot.done, word=word, figures=text)


def describe(snapshot: Snapshot, unit: str) -> str:
    """Return one line that says how far, how fast and how long still."""
    line = f"{snapshot.state}: {', '.join(_figures(snapshot, unit))}"
    return line if snapshot.length is None else f"{line}, {snapshot.saved:,} saved"


def _figures(snapshot: Snapshot, unit: str) -> tuple[str, ...]:
    """Return the output there is, or the steps where there is none yet, share, speed, time left."""
    share, left = words.percent(snapshot.done), f"{words.duration(snapshot.left)} left"
    if snapshot.length is None:
        made = f"{snapshot.made:,} {unit}" if snapshot.made else f"step {snapshot.steps:,}"
        return (made, share, left) if snapshot.done else (made, left)
    made = f"{snapshot.made:,} of {snapshot.length:,} {unit}"
    if snapshot.state is State.VERIFYING:
        return made, share, left
    return made, share, words.speed(snapshot.rate, snapshot.work_rate), left
