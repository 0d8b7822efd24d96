"""Progress of many tasks in one line on stderr."""

from __future__ import annotations

from pi_tui import words
from pi_tui.machine import Kind, Task
from pi_tui.reports.progress import News
from pi_tui.reports.status_line import StatusLine
from pi_tui.worker.snapshot import Snapshot

LONGEST_NAME = 60
"""Maximum characters of a task's name in the line of progress."""


class TasksProgress:
    """Shows how many tasks are complete, and the progress of the current one."""

    def __init__(self, line: StatusLine, kind: Kind, total: int) -> None:
        self._line, self._kind, self._total = line, kind, total
        self._name, self._news = "", News()
        self.tell = line.tell
        """Prints a permanent line."""
        self.complete = 0
        """Number of complete tasks, whichever process computed them."""

    def begin(self, task: Task) -> None:
        """Show this task from now on."""
        self._name, self._news = name_of(self._kind, task), News()

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

    def _show(self, text: str, share: float) -> None:
        text = f"{self.complete:,} of {self._total:,} complete; {text}"
        self._line.show(text, (self.complete + share) / self._total)


def name_of(kind: Kind, task: Task) -> str:
    """Return kind, goal and parameters of a task, shortened for the line of progress."""
    return words.one_line(kind.title(task), LONGEST_NAME)
