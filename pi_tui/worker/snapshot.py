"""Snapshots: immutable records of the worker's state, replaced as a whole.

The screen reads the current one ten times a second. Replacing a reference is atomic, so no lock is
needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from pi_tui import words
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.machine import Task
from pi_tui.worker.job import Pace


class State(StrEnum):
    """States of a worker, with the words shown on the screen."""

    PREPARING = "preparing"
    """Opening the store, loading the run."""
    RUNNING = "running"
    PAUSED = "paused"
    SAVING = "saving"
    VERIFYING = "verifying"
    COMPLETE = "complete"
    FAILED = "failed"
    WATCHING = "watching"
    """Another process computes the run; this one follows what it saves."""

    @property
    def is_final(self) -> bool:
        """Return True if the run is complete or has failed."""
        return self in (State.COMPLETE, State.FAILED)

    @property
    def is_at_rest(self) -> bool:
        """Return True if nothing is computed here: complete, failed, paused or watching."""
        return self.is_final or self in (State.PAUSED, State.WATCHING)


class SaveFailure(NamedTuple):
    """A failed save, or a failed read that the computation waits for. Both are retried."""

    since: datetime
    """Time of the first of the failing saves (UTC)."""
    reason: str
    is_gone: bool = False
    """True if the file with what is saved was moved, deleted or replaced."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything an app needs to draw one frame; made by the worker, never changed."""

    state: State
    goal: int
    """Goal of the task."""
    pace: Pace
    length: int | None = None
    """Bytes of the whole output, if that is known beforehand."""
    made: int = 0
    """Bytes of output that the machine has made; no later step changes them."""
    saved: int = 0
    """Bytes of output in a committed checkpoint."""
    resumed: int = 0
    """Bytes of output that were saved when the run was loaded, also when it was loaded again."""
    made_lines: int | None = None
    """Line breaks in the output made; None if output is not counted in lines."""
    saved_lines: int | None = None
    """Line breaks in the output saved; None if output is not counted in lines."""
    resumed_lines: int | None = None
    """Line breaks in the output that was saved when the run was loaded."""
    overture: int = 0
    """Bytes of output found fast by another method, shown until the machine has computed them."""
    steps: int = 0
    part: int = 0
    """Parts done of the current step; while `verifying`, of the comparison."""
    parts: int = 0
    """Number of parts of the current step or comparison; 0 if it has none."""
    figures: object = None
    """The value of `Machine.figures`."""
    rate: float = 0.0
    """Bytes of output per second over the last seconds of computing."""
    work_rate: float = 0.0
    """Shares of the work per second, over the same seconds as `rate`."""
    done: float = 0.0
    """Share of the work done, 0 to 1; it never falls.

    Show this number everywhere. The work is all steps of the machine, and the comparison at the
    end; the state tells which of them is going on. At a pace that slows the machine down, the
    number grows with the time. It is saved with each checkpoint, so that another process that reads
    the database shows the same.
    """
    resumed_done: float = 0.0
    """Share of the work that was done when the run was loaded."""
    elapsed: float = 0.0
    """Seconds computed, in all sessions, pauses not counted."""
    left: float | None = None
    """Seconds left at this pace, comparison included; None while unknown."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """The last few checkpoints, newest first."""
    next_save: float | None = None
    """Time of the next timed save or retry, on the worker's clock; None if none is scheduled."""
    save_failure: SaveFailure | None = None
    verified: bool = False
    resumed_at: datetime | None = None
    """Time at which the checkpoint was saved that this session started from."""
    left_open: str = ""
    """The process that had this run open before and was killed; "" if there was none."""
    left_after: float | None = None
    """Seconds from the last checkpoint to the death of the process `left_open`; None if unknown."""
    writer: str = ""
    """The process that computes the run while we are `watching`; "" once it has ended."""
    goes_on: str = ""
    """How a run goes on that cannot be computed here; "" if it can."""
    notice: str = ""
    """A line about the current situation, shown while set."""
    notes: tuple[str, ...] = field(default=())
    """Messages to be shown once, such as a fallback or a setting that was not used."""
    error: str = ""
    """Why the state is `failed`."""
    exit_code: int = 0
    """The exit code of the program after `error`."""
    kind: str = ""
    """Name of the kind of machine."""
    unit: str = "bytes"
    """The unit of the output, named by the kind."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the task."""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return the newest committed checkpoint; None if there is none."""
        return self.checkpoints[0] if self.checkpoints else None

    def is_of(self, task: Task, tuning: Collection[str]) -> bool:
        """Return True if this snapshot shows the run of `task`.

        The kind and the parameters named in `tuning` are not compared.
        """
        if task.goal != self.goal:
            return False
        return task.identity(tuning) == Task(self.goal, self.parameters).identity(tuning)

    @property
    def amount_saved(self) -> str:
        """Return the amount of output saved, as text in its unit."""
        return words.amount(self.saved, self.saved_lines, self.unit)

    @property
    def whole(self) -> int | None:
        """Return the length of the whole output; None if unknown or counted in lines or rows."""
        return None if self.unit in words.LINE_UNITS else self.length

    @property
    def lost(self) -> str:
        """Return as text how much would be lost without another save; "" for nothing.

        This is the output made since the last save or, if no output was made, the number of steps.
        """
        if self.made > self.saved:
            lines = (self.made_lines or 0) - (self.saved_lines or 0)
            return words.amount(self.made - self.saved, lines or None, self.unit)
        saved = self.checkpoint.steps if self.checkpoint else 0
        return words.counted(self.steps - saved, "step") if self.steps > saved else ""

    @property
    def how_it_was_left(self) -> str:
        """Return words for what is lost, if anything, and for what is saved."""
        lost = f"{self.lost} not saved; " if self.lost else ""
        return f"{lost}saved {self._safe}{self._place}"

    @property
    def _place(self) -> str:
        gone = self.save_failure is not None and self.save_failure.is_gone
        return ", in the file that was moved, deleted or replaced" if gone else ""

    @property
    def _safe(self) -> str:
        """Return, as text, what is saved: the output or, if a checkpoint has none, the work done.

        If output is counted in lines: `7 lines, 58.0 % of the work`, or `step 12` if no line is
        saved; the share is left out if it is unknown or the run complete. A batch needs the share,
        because it saves items that have no line yet. Other output: `1,200 of 5,000 letters`, or
        `4.0 % of the work for 5,000 letters` if none is saved; `step 12` if its whole length is
        unknown.
        """
        newest, whole = self.checkpoint, self.whole
        share = newest.work.share if newest and newest.work else None
        if whole is None:
            if not self.saved_lines:
                return f"step {newest.steps if newest else 0:,}"
            if share is None or self.state is State.COMPLETE:
                return self.amount_saved
            return f"{self.amount_saved}, {words.of_the_work(share)}"
        if newest is None or self.saved or not newest.steps:
            return f"{self.saved:,} of {whole:,} {self.unit}"
        of_the_work = words.of_the_work(self.done if share is None else share)
        return f"{of_the_work} for {whole:,} {self.unit}"

    @property
    def kept(self) -> str:
        """Return words for what is saved, with the step if known, to end a failure message."""
        if self.checkpoint:
            return f"saved step {self.checkpoint.steps:,}"
        if self.state is State.PREPARING:  # saved checkpoints are not read yet
            return "what was saved is kept"
        return "nothing is saved"

    @property
    def not_saved(self) -> str:
        """Return a text on what is saved, what is not, and why saving fails; "" if it works."""
        if self.save_failure is None:
            return ""
        reason = self.save_failure.reason
        if self.whole is None:
            return f"the newest results could not be saved: {reason}"
        more = f", {self.made - self.saved:,} more could not be" if self.made > self.saved else ""
        return (
            f"{self.saved:,} of {self.whole:,} {self.unit} are saved{self._place}{more}: {reason}"
        )
