"""Progress of many tasks in one line on stderr: a live bar on a terminal, lines in a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from pi_tui import words
from pi_tui.machine import Kind, Task
from pi_tui.reports.progress import LINE_SECONDS, News, live_bar
from pi_tui.reports.standard_output import can_redraw
from pi_tui.worker.snapshot import Snapshot

LONGEST_NAME = 60
"""Maximum characters of a task's name in the line of progress."""


class _Line(Protocol):
    """A line that changes, with permanent lines above it."""

    def tell(self, text: str) -> None:
        """Print a permanent line."""

    def show(self, text: str, done: float) -> None:
        """Show the line that changes; `done` is the share of all tasks that is done."""


class TasksProgress:
    """Shows how many tasks are complete, and the progress of the current one.

    If the stream fails, it shows no more. A reader that has gone is reported, by BrokenPipeError.
    """

    def __init__(self, line: _Line, kind: Kind, total: int) -> None:
        self._line: _Line | None = line
        self._kind, self._total = kind, total
        self._name, self._news = "", News(kind.unit)
        self.complete = 0
        """Number of complete tasks, whichever process computed them."""

    def begin(self, task: Task) -> None:
        """Show this task from now on."""
        self._name, self._news = name_of(self._kind, task), News(self._kind.unit)

    def show(self, snapshot: Snapshot) -> None:
        """Show the progress of the current task."""
        for line in self._news.of(snapshot):
            self.tell(f"{self._name}: {line}")
        far = f"step {snapshot.steps:,}"
        if snapshot.done:
            far = f"{words.percent(snapshot.done)}, {words.duration(snapshot.left)} left"
        self._show(f"{self._name}: {far}", snapshot.done)

    def wait(self, reason: str) -> None:
        """Show why this process computes nothing now."""
        self._show(reason, 0.0)

    def tell(self, text: str) -> None:
        """Print a permanent line."""
        try:
            if self._line is not None:
                self._line.tell(text)
        except BrokenPipeError:
            raise
        except OSError:
            self._line = None

    def _show(self, text: str, share: float) -> None:
        try:
            if self._line is not None:
                text = f"{self.complete:,} of {self._total:,} complete; {text}"
                self._line.show(text, (self.complete + share) / self._total)
        except BrokenPipeError:
            raise
        except OSError:
            self._line = None


def name_of(kind: Kind, task: Task) -> str:
    """Return kind, goal and parameters of a task, shortened for the line of progress."""
    return words.one_line(kind.title(task), LONGEST_NAME)


@contextmanager
def tasks_progress_on(stream: TextIO, kind: Kind, total: int) -> Iterator[TasksProgress]:
    """Yield a progress display for `total` tasks that suits the stream; close it at the end."""
    if not can_redraw(stream):
        yield TasksProgress(_PlainLine(stream), kind, total)
        return
    with live_bar(stream) as bar:
        task = bar.add_task("", total=1.0, word="", figures="")

        class _Bar:
            def tell(self, text: str) -> None:
                bar.console.print(text)

            def show(self, text: str, done: float) -> None:
                bar.update(task, completed=done, figures=text)

        yield TasksProgress(_Bar(), kind, total)


class _PlainLine:
    """Prints the changing line every few seconds, for a pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._last = stream, time.monotonic()

    def tell(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def show(self, text: str, done: float) -> None:
        if time.monotonic() - self._last >= LINE_SECONDS:
            self.tell(text)
            self._last = time.monotonic()
