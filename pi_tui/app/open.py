"""Open the app on a task of any kind, for a program with a machine of its own.

For instance `code, output = open_app(kind, task, "runs.sqlite3", again="python primes.py 1000")`.
This module does not import Textual before that call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pi_tui.app.terminal.guardian import guarded
from pi_tui.machine import Kind, Task
from pi_tui.reports.standard_output import logging_to
from pi_tui.worker.job import AUTO_CADENCE, Cadence, Job


def open_app(
    kind: Kind,
    task: Task | None,
    location: str,
    *,
    again: str,
    cadence: Cadence = AUTO_CADENCE,
    fresh: bool = False,
    tasks: Callable[[int], Task] | None = None,
    goes_on: str = "",
) -> tuple[int, bytes | None]:
    """Show the run of a task until the user exits; return exit code and whole output.

    The output is that of `task`, also if the user opened another run. It is None if the run was not
    complete when the user left it. The exit code tells of the run that is on the screen at the end.
    It is 0 if that run is complete, or if all that was computed of it is saved, but then 128 + N
    after signal N. If `task` is None, the app asks for a goal; the output is None.

    The function `tasks` makes the task of a goal, and raises BadState for an impossible goal.
    Without `tasks`, the new task has the parameters of the run on the screen. `location` is the
    path or URL of the database. `again` is the command that resumes the run, for messages. With
    `fresh` the run begins again at its first step.

    `cadence` says when to save. If `goes_on` is not "" (never with `fresh`), the app only watches
    the run. Its messages show this text, which says how to resume the run. Call this function in
    the main thread, in a terminal. Raises PiTuiError if the app cannot start.
    """
    with guarded():  # before Textual is loaded, to fork a smaller process
        from pi_tui.app.app import RunApp
        from pi_tui.app.frames.naming import Naming
        from pi_tui.app.looks.remembered import default_path
        from pi_tui.app.talk.goals import Goals
        from pi_tui.app.terminal.signals import run_to_the_end
        from pi_tui.worker.snapshot import State
        from pi_tui.worker.watcher import WatchingWorker
        from pi_tui.worker.worker import Worker

        job = partial(Job, kind, location=location, cadence=cadence, goes_on=goes_on)
        job = partial(job, give_way=True, overture=True)  # a screen shows what it computes
        of_task: Worker | None = None
        """The worker of `task`: the first that is complete, or else the newest."""

        def is_whole(worker: Worker) -> bool:
            return worker.snapshot.state is State.COMPLETE

        def keep(worker: Worker) -> Worker:
            nonlocal of_task
            is_of_task = task is not None and worker.snapshot.is_of(task, kind.tuning)
            if is_of_task and not (of_task and is_whole(of_task)):
                of_task = worker
            return worker

        def like_this(goal: int) -> Task:
            wanted = Task(goal, dict(app.worker.snapshot.parameters))
            kind.limits(wanted)
            return wanted

        # A fresh start never watches, because it would show the run that it replaces.
        a_worker = Worker if fresh else WatchingWorker
        worker = keep(a_worker(job(task=task, fresh=fresh))) if task else None
        app: RunApp = RunApp(
            worker,
            make_worker=lambda wanted: keep(WatchingWorker(job(task=wanted))),
            kind=kind,
            location=location,
            memory=default_path(),
            naming=Naming(program=again, name=kind.name),
            goals=Goals(tasks or like_this),
        )
        with logging_to(app.streams()):
            code = run_to_the_end(app, app.quitting)
    return code, bytes(of_task.output) if of_task and is_whole(of_task) else None
