"""Many tasks of one kind, shared by all processes and computers that open the same database.

    tasks = [Task(1000, {"seed": seed}) for seed in range(40)]
    code, outputs = carry_on_all(Searches(), tasks, "postgresql+psycopg://…")

Each process takes a task that is not complete and that no process computes, and continues it from
its last checkpoint. The lock of a run tells which process computes it. The lock is released when
that process ends, so another process takes over the task of a dead process or computer.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pi_tui import words
from pi_tui.carry_on import (
    LOOK_SECONDS,
    PATIENCE,
    code_of_signal,
    leaving_if_blocked,
    noting_signals,
    run_to_end,
)
from pi_tui.checkpoints.records import Run
from pi_tui.errors import AlreadyOpenError, PiTuiError, StorageError
from pi_tui.machine import Kind, Task
from pi_tui.no_memory import MESSAGE
from pi_tui.reports.hints import command_line, tell
from pi_tui.reports.progress import TasksProgress, name_of
from pi_tui.reports.standard_output import open_standard_streams
from pi_tui.reports.status_line import status_line_on
from pi_tui.worker import crash_report as crash
from pi_tui.worker import given
from pi_tui.worker.job import AUTO_CADENCE, Cadence, Job
from pi_tui.worker.leave_request import LeaveRequest
from pi_tui.worker.snapshot import Snapshot, State
from pi_tui.worker.worker import Worker

FIRST_PAUSE, LAST_PAUSE = 0.2, 10.0
"""Seconds between two looks for a free task, at first and at most; the pause grows."""

_TRIED_AGAIN = (AlreadyOpenError.exit_code, StorageError.exit_code)
"""Exit codes after which a task is not given up: another process has it, or the database failed."""


def carry_on_all(
    kind: Kind,
    tasks: Iterable[Task],
    location: str | os.PathLike[str],
    *,
    again: str | None = None,
    cadence: Cadence = AUTO_CADENCE,
    every_seconds: float | None = None,
    every_output: int | None = None,
) -> tuple[int, dict[Task, bytes]]:
    """Compute or resume all tasks; return the exit code and the output of each task.

    Start the same script as often as you like, on as many computers as reach the database: they
    share the tasks. Each call returns when all are complete, with the outputs of all. The options
    and `location` are those of `carry_on`.

    A task that fails is reported with its name, and has no output. The others are computed all the
    same; the exit code is then that of the first failure. A SystemExit or KeyboardInterrupt that a
    step raises is raised here too, after a save. SIGINT, SIGTERM and SIGHUP save and end the call,
    with the outputs that are complete by then. If the database becomes unreachable, it is tried
    again for half a minute. If that is in vain, the error is printed, and the outputs that are
    complete by then are returned; none, if the database cannot be opened at the start or an
    argument is unusable.
    """
    if every_seconds is not None or every_output is not None:
        cadence = Cadence(every_seconds, every_output)
    open_standard_streams(silent=True)
    share = None
    try:
        wanted, database = given.checked(kind, tasks, location, cadence)
        with noting_signals() as asked:
            with status_line_on(sys.stderr) as line:
                shown = TasksProgress(line, kind, len(wanted))
                share = _Share(kind, wanted, database, cadence, asked, shown)
                share.work()
            with leaving_if_blocked(None, asked):
                return share.verdict(command_line() if again is None else again), share.outputs
    except PiTuiError as error:
        tell(f"{given.name_of_kind(kind)}: {words.plain(str(error))}")
        return error.exit_code, {} if share is None else share.outputs


class _Share:
    """Computes free tasks in one process until none is left, and collects all outputs."""

    def __init__(
        self,
        kind: Kind,
        tasks: list[Task],
        location: str,
        cadence: Cadence,
        asked: LeaveRequest,
        shown: TasksProgress,
    ) -> None:
        self._kind, self._location, self._cadence = kind, location, cadence
        self._tasks, self._asked, self._shown = tasks, asked, shown
        self._left = list(tasks)
        """Tasks that are not known to be complete and have not failed here."""
        self._results: dict[Task, bytes] = {}
        self._code = 0
        """Exit code of the first failure."""
        self._pause = FIRST_PAUSE
        self._trouble_since: float | None = None

    @property
    def outputs(self) -> dict[Task, bytes]:
        """Return the outputs of complete tasks, in the order in which the tasks were given."""
        return {task: self._results[task] for task in self._tasks if task in self._results}

    def work(self) -> None:
        """Compute tasks until none is left, or until an exit is requested.

        Raises PiTuiError if the database cannot be opened or read, or stays out of reach, and
        SystemExit or KeyboardInterrupt if a machine raised that.
        """
        self._make_database()
        while self._left and not self._asked:
            try:
                free = self._look()
                if self._left and (free is None or not self._compute(free)):
                    self._wait(f"waiting for {len(self._left):,} that other processes compute")
                self._trouble_since = None
            except StorageError as error:
                self._await_database(error)
            except BrokenPipeError:  # the reader of our progress has gone
                self._asked.ask(signal.SIGPIPE)

    def verdict(self, again: str) -> int:
        """Return the exit code; print on stderr how to resume if any but failed tasks are left."""
        if self._left:
            goes_on = f"`{again}` goes on" if again else "called again, it goes on"
            done = f"{len(self._results):,} of {len(self._tasks):,} complete"
            tell(f"{self._kind.name}: {done}; {goes_on} from there")
            return self._code or 128 + self._asked.signal
        return self._code or code_of_signal(self._asked.signal)

    def _make_database(self) -> None:
        """Create the database, or migrate it; wait up to 30 s for others that exclude that.

        Another process may be migrating it, or have the older one open. Raises AlreadyOpenError
        after the wait, another PiTuiError at once if the database cannot be opened.
        """
        from pi_tui.checkpoints.store import CheckpointStore

        while self._left and not self._asked:
            try:
                CheckpointStore.open(self._location, self._kind).close()
                return
            except AlreadyOpenError as error:  # another process changes its tables
                self._await_database(error)

    def _look(self) -> Task | None:
        """Collect the outputs of complete tasks; return a task that no process computes, or None.

        The task is chosen at random, or processes that start together would all try the first one.
        """
        from pi_tui.checkpoints.store import CheckpointStore

        before = len(self._left)
        with CheckpointStore.open(self._location, self._kind, write=False) as store:
            for task, run in store.complete_runs(self._left):
                with _left_to_a_worker():
                    if (loaded := store.load(run)).machine is None:
                        self._keep(task, loaded.output)
            if len(self._left) < before:
                self._pause = FIRST_PAUSE
            for task in random.sample(self._left, len(self._left)):
                known: Run | None = None
                with _left_to_a_worker():
                    known = store.find_run(task)
                if not store.writer(known):
                    return task
        return None

    def _keep(self, task: Task, output: bytes) -> None:
        self._results[task] = output
        self._left.remove(task)
        self._shown.complete = len(self._results)

    def _compute(self, task: Task) -> bool:
        """Compute a task until it is complete or fails, or an exit is requested.

        Returns False if another process has taken the task, else True. Raises StorageError if the
        database failed, or the system gives no process or thread; the task is then tried again.
        Raises SystemExit and KeyboardInterrupt of a machine.
        """
        how: dict[str, Any] = {"cadence": self._cadence, "patience": PATIENCE, "among_others": True}
        worker = Worker(Job(self._kind, task, self._location, **how))
        self._shown.begin(task)
        with leaving_if_blocked(worker, self._asked):
            run_to_end(worker, self._asked, self._shown.show)
            return self._settle(worker)

    def _settle(self, worker: Worker) -> bool:
        """Keep the output of a worker that has ended, or report how it ended.

        Returns False if another process has taken the task, else True. Raises what `_compute` does.
        """
        task, snapshot = worker.job.task, worker.snapshot
        if snapshot.state is State.COMPLETE:
            self._keep(task, bytes(worker.output))
        elif isinstance(worker.crash, SystemExit | KeyboardInterrupt):
            raise worker.crash
        elif snapshot.state is State.FAILED and _is_given_up(snapshot):
            self._fail(worker)
        elif self._asked:
            self._tell_of_leaving(worker)
        elif snapshot.exit_code == AlreadyOpenError.exit_code:
            return False
        else:
            raise StorageError(snapshot.error)
        self._pause = FIRST_PAUSE
        return True

    def _fail(self, worker: Worker) -> None:
        """Report a task that failed, with its name, and do not try it again.

        Its exit code is kept if this is the first failure.
        """
        task, snapshot = worker.job.task, worker.snapshot
        self._left.remove(task)
        self._code = self._code or snapshot.exit_code
        if worker.crash is not None:
            self._shown.tell(crash.report(worker.crash))
        self._shown.tell(f"{name_of(self._kind, task)}: {words.plain(snapshot.error)}")

    def _tell_of_leaving(self, worker: Worker) -> None:
        """Report how much of the current task is saved; if some is lost, set the exit code."""
        snapshot = worker.latest()
        if snapshot.lost:
            self._code = self._code or StorageError.exit_code
        self._shown.tell(f"{name_of(self._kind, worker.job.task)}: {snapshot.how_it_was_left}")

    def _await_database(self, error: PiTuiError) -> None:
        """Wait before the next try; raise `error` if the database has failed for more than 30 s."""
        now = time.monotonic()
        self._trouble_since = self._trouble_since or now
        if now - self._trouble_since > PATIENCE:
            raise error
        self._wait(f"tried again soon: {words.plain(str(error))}")

    def _wait(self, reason: str) -> None:
        """Show `reason` and wait; return early if an exit is requested.

        The waits grow up to LAST_PAUSE seconds, and vary at random by half.
        """
        until = time.monotonic() + self._pause * random.uniform(0.5, 1.5)
        self._pause = min(1.5 * self._pause, LAST_PAUSE)
        with leaving_if_blocked(None, self._asked):
            while time.monotonic() < until and not self._asked:
                try:
                    self._shown.show_text(reason)
                except BrokenPipeError:  # the reader of our progress has gone
                    self._asked.ask(signal.SIGPIPE)
                time.sleep(LOOK_SECONDS)


def _is_given_up(snapshot: Snapshot) -> bool:
    """Return True if a task that failed like this is not tried again.

    A lack of memory has the exit code of a failing database, but the task is not tried again.
    """
    return snapshot.exit_code not in _TRIED_AGAIN or snapshot.error == MESSAGE


@contextmanager
def _left_to_a_worker() -> Iterator[None]:
    """Suppress the failure of one task: a worker repairs or reports it. Let StorageError pass."""
    try:
        yield
    except StorageError:
        raise
    except Exception:
        pass
