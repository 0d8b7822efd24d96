"""Progress on stderr: a live bar on a terminal, plain lines in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol, TextIO

from pi_tui import words
from pi_tui.reports.resumed import how_it_goes_on
from pi_tui.reports.standard_output import can_redraw, is_tty
from pi_tui.worker.snapshot import Snapshot, State

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

LINE_SECONDS = 5.0
"""Seconds between two lines in a pipe; longer silence would look like a hang."""


class Progress(Protocol):
    """Shows the progress of a run, one snapshot after the other."""

    def show(self, snapshot: Snapshot) -> None:
        """Show what is new in the snapshot."""


@contextmanager
def progress_on(stream: TextIO, unit: str) -> Iterator[Progress]:
    """Yield a progress display that suits the stream; close it at the end of the `with` body.

    `unit` is the unit of output.
    """
    if can_redraw(stream):
        with live_bar(stream) as bar:
            yield _WhileItCan(_BarProgress(bar, unit))
    else:
        yield _WhileItCan(LineProgress(stream, unit))


class _WhileItCan:
    """Shows progress until the stream fails: a full disk or closed terminal stops no computation.

    A reader that has gone is reported, by BrokenPipeError.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress: Progress | None = progress

    def show(self, snapshot: Snapshot) -> None:
        if self._progress is None:
            return
        try:
            self._progress.show(snapshot)
        except BrokenPipeError:
            raise
        except OSError:
            self._progress = None


class LineProgress:
    """Prints a plain line at the start, when the state changes, and every few seconds."""

    def __init__(self, stream: TextIO, unit: str) -> None:
        self._stream, self._unit = stream, unit
        self._news = News(unit)
        self._state: State | None = None
        self._last = time.monotonic()

    def show(self, snapshot: Snapshot) -> None:
        """Print what is new."""
        for line in self._news.of(snapshot):
            self._print(line)
        # Print nothing before the first step: there is no news, and a refusal must be one line.
        known = snapshot.state is State.VERIFYING and snapshot.parts > 0
        changed = known and snapshot.state is not self._state
        if changed or time.monotonic() - self._last >= LINE_SECONDS:
            self._print(describe(snapshot, self._unit))
            self._last = time.monotonic()
            self._state = snapshot.state

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def describe(snapshot: Snapshot, unit: str) -> str:
    """Return one line with the progress, the speed and the time left."""
    line = f"{snapshot.state}: {', '.join(_figures(snapshot, unit))}"
    return line if snapshot.whole_in(unit) is None else f"{line}, {snapshot.saved:,} saved"


def _figures(snapshot: Snapshot, unit: str) -> tuple[str, ...]:
    """Return output (or steps, without output), share, speed and time left, as words."""
    share, left = words.percent(snapshot.done), f"{words.duration(snapshot.left)} left"
    if (whole := snapshot.whole_in(unit)) is None:
        made = snapshot.made_in(unit) if snapshot.made else f"step {snapshot.steps:,}"
        return (made, share, left) if snapshot.done else (made, left)
    made = f"{snapshot.made:,} of {whole:,} {unit}"
    if snapshot.state is State.VERIFYING:
        return made, share, left
    return made, share, words.speed(snapshot.rate, snapshot.work_rate), left


class News:
    """Remembers which notes and failures were reported."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._notes, self._left_open = 0, ""
        self._failing = False

    def of(self, snapshot: Snapshot) -> list[str]:
        """Return the lines to report that were not reported before."""
        lines = [f"note: {words.plain(note)}" for note in snapshot.notes[self._notes :]]
        self._notes = len(snapshot.notes)
        if snapshot.left_open and not self._left_open and snapshot.checkpoint:
            lines += [
                f"note: {words.plain(line)}" for line in how_it_goes_on(snapshot, self._unit)[:1]
            ]
        self._left_open = snapshot.left_open if snapshot.checkpoint else ""
        failure = snapshot.save_failure
        if failure is not None and not self._failing:
            since = failure.since.astimezone().strftime("%H:%M:%S")
            lines.append(f"NOT SAVED since {since}: {words.plain(failure.reason)}")
        elif failure is None and self._failing:
            lines.append(f"saved again: {snapshot.saved_in(self._unit)}")
        self._failing = failure is not None
        return lines


@contextmanager
def live_bar(stream: TextIO) -> Iterator[RichProgress]:
    """Show a bar on the terminal in the `with` body, after `word` and before `figures`."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    class Plain(Console):
        """A console that never hides the cursor: it would stay hidden after SIGKILL or ctrl+z."""

        def show_cursor(self, show: bool = True) -> bool:
            return False

    bar = RichProgress(
        TextColumn("{task.fields[word]:<9}", style="bold"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[figures]}"),
        console=Plain(file=stream, markup=False),
        transient=True,
        expand=True,
        redirect_stdout=is_tty(sys.stdout),  # prints to a file must reach the file
    )
    try:
        with suppress(OSError, RuntimeError):  # go on without a bar if it gets no thread
            bar.start()
        with _logging_above_the_bar():
            yield bar
    finally:
        with suppress(OSError):
            bar.stop()


@contextmanager
def _logging_above_the_bar() -> Iterator[None]:
    """Make handlers of the root logger write above the bar in the `with` body, as print does.

    A handler keeps the stream it was made with, and would write into the bar.
    """
    logging, moved = sys.modules.get("logging"), []
    for handler in logging.root.handlers if logging else ():
        stream = getattr(handler, "stream", None)
        for now in (sys.stdout, sys.stderr):
            if stream is not None and getattr(now, "rich_proxied_file", None) is stream:
                moved.append((handler, handler.setStream(now)))
    try:
        yield
    finally:
        for handler, stream in moved:
            handler.setStream(stream)


class _BarProgress:
    """A live bar of the work done, followed by figures."""

    def __init__(self, bar: RichProgress, unit: str) -> None:
        self._bar, self._unit = bar, unit
        self._task = bar.add_task("", total=1.0, word="", figures="")
        self._news = News(unit)

    def show(self, snapshot: Snapshot) -> None:
        for line in self._news.of(snapshot):
            self._bar.console.print(line)
        made, *figures = _figures(snapshot, self._unit)
        if (whole := snapshot.whole_in(self._unit)) is not None:
            made = f"{snapshot.made:,}/{whole:,}"
        text, word = " · ".join((made, *figures)), str(snapshot.state)
        self._bar.update(self._task, completed=snapshot.done, word=word, figures=text)
