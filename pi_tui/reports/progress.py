"""Progress of one run, or of many tasks, in one line on stderr."""

from __future__ import annotations

from pi_tui import words
from pi_tui.machine import Kind, Task
from pi_tui.reports.resumed import how_it_goes_on
from pi_tui.reports.status_line import StatusLine
from pi_tui.worker.snapshot import Snapshot, State

LONGEST_NAME = 60
"""Maximum characters of a task's name in the line of progress."""


class RunProgress:
    """Shows the progress of a run, one snapshot after the other."""

    def __init__(self, line: StatusLine) -> None:
        self._line, self._news = line, News()
        self._state: State | None = None
        """The state in the last line that was written to a pipe."""

    def show(self, snapshot: Snapshot) -> None:
        """Print what is new in the snapshot, such as notes and failures, and show its progress.

        Raises BrokenPipeError if stderr is a pipe whose reader has gone.
        """
        for line in self._news.of(snapshot):
            self._line.tell(line)
        made, *figures = _figures(snapshot)
        if snapshot.whole is not None:
            made = f"{snapshot.made:,}/{snapshot.whole:,}"
        # A pipe gets a line at once only when the comparison begins. It must get none before the
        # first step, because a refusal is one line.
        changed = snapshot.state is State.VERIFYING and snapshot.parts > 0
        if self._line.show(
            " · ".join((made, *figures)),
            snapshot.done,
            word=str(snapshot.state),
            text=describe(snapshot),
            now=changed and snapshot.state is not self._state,
        ):
            self._state = snapshot.state


def describe(snapshot: Snapshot) -> str:
    """Return one line with the state and `_figures`: output, share, speed and time left.

    If the length of the whole output is known, and its unit is neither lines nor rows, the line
    ends with the amount saved.
    """
    line = f"{snapshot.state}: {', '.join(_figures(snapshot))}"
    return line if snapshot.whole is None else f"{line}, {snapshot.saved:,} saved"


def _figures(snapshot: Snapshot) -> tuple[str, ...]:
    """Return output, share, speed and time left, as words.

    If the length of the whole output is unknown, or its unit is lines or rows, the step replaces an
    output of 0, and speed and a share of 0 are left out. While the output is verified, speed is
    left out.
    """
    share, left = words.percent(snapshot.done), f"{words.duration(snapshot.left)} left"
    if snapshot.whole is None:
        made = words.amount(snapshot.made, snapshot.made_lines, snapshot.unit)
        made = made if snapshot.made else f"step {snapshot.steps:,}"
        return (made, share, left) if snapshot.done else (made, left)
    made = f"{snapshot.made:,} of {snapshot.whole:,} {snapshot.unit}"
    if snapshot.state is State.VERIFYING:
        return made, share, left
    return made, share, words.speed(snapshot.rate, snapshot.work_rate), left


class News:
    """Remembers which notes, failures and successes after them were reported."""

    def __init__(self) -> None:
        self._notes, self._left_open = 0, ""
        self._failing = False

    def of(self, snapshot: Snapshot) -> list[str]:
        """Return lines about what is new in a snapshot.

        That is notes, how a run goes on whose last process was killed, a failure to save, and the
        first save after a failure.
        """
        lines = [f"note: {words.plain(note)}" for note in snapshot.notes[self._notes :]]
        self._notes = len(snapshot.notes)
        if snapshot.left_open and not self._left_open and snapshot.checkpoint:
            lines += [f"note: {words.plain(line)}" for line in how_it_goes_on(snapshot)[:1]]
        self._left_open = snapshot.left_open if snapshot.checkpoint else ""
        failure = snapshot.save_failure
        if failure is not None and not self._failing:
            since = failure.since.astimezone().strftime("%H:%M:%S")
            lines.append(f"NOT SAVED since {since}: {words.plain(failure.reason)}")
        elif failure is None and self._failing:
            lines.append(f"saved again: {snapshot.amount_saved}")
        self._failing = failure is not None
        return lines


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
        """Print what is new in the snapshot, such as notes and failures; show the task's progress.

        Raises BrokenPipeError if stderr is a pipe whose reader has gone.
        """
        for line in self._news.of(snapshot):
            self.tell(f"{self._name}: {line}")
        far = f"step {snapshot.steps:,}"
        if snapshot.done:
            far = f"{words.percent(snapshot.done)}, {words.duration(snapshot.left)} left"
        self.show_text(f"{self._name}: {far}", snapshot.done)

    def show_text(self, text: str, share: float = 0.0) -> None:
        """Show how many tasks are complete, a text, and this share of the current task."""
        text = f"{self.complete:,} of {self._total:,} complete; {text}"
        self._line.show(text, (self.complete + share) / self._total)


def name_of(kind: Kind, task: Task) -> str:
    """Return kind, goal and parameters of a task, shortened for the line of progress."""
    return words.one_line(kind.title(task), LONGEST_NAME)
