"""The one call that makes a machine a program: compute it to its end, or go on with it.

It shows progress on stderr, saves by time, and on Ctrl-C, SIGTERM and SIGHUP saves and says how to
go on. `pi-tui run` is this too.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from pi_tui import crash, words
from pi_tui.errors import PiTuiError, StorageError
from pi_tui.hints import tell
from pi_tui.leaving import AT_ONCE_AFTER, Asked
from pi_tui.machine import Kind, Task
from pi_tui.progress import progress_on
from pi_tui.worker.job import AUTO_CADENCE, Cadence, Job
from pi_tui.worker.snapshot import Snapshot, State
from pi_tui.worker.worker import Worker

LOOK_SECONDS = 0.1
"""How often the progress is looked at."""
PATIENCE = 30.0
"""Seconds that finished output waits for a failing disk before we give up: nobody may be there."""


def carry_on(
    kind: Kind, task: Task, location: str, *, again: str, cadence: Cadence = AUTO_CADENCE
) -> tuple[int, bytes]:
    """The exit code and the whole output of the task; b"" if the code is not 0.

    `location` is the path or URL of the database, made if it is not there; `again` is the command
    that goes on, to be printed. It saves every five seconds, or as `cadence` says. Call it in the
    main thread: signals come there.
    """
    worker = Worker(Job(kind, task, location, cadence=cadence, patience=PATIENCE))
    try:
        code = carry_to_end(worker, program=kind.name, again=again)
    except PiTuiError as error:
        tell(f"{kind.name}: {words.plain(str(error))}")
        code = error.exit_code
    return code, b"" if code else bytes(worker.output)


def carry_to_end(worker: Worker, *, program: str, again: str) -> int:
    """The worker, not yet started, has come to its end, and stderr says how; the exit code.

    0: it is complete, and nothing was said, for that is the caller's to say. Raises StorageError
    if it cannot even start.
    """
    with _signals() as asked:
        _watch(worker, asked)
        return _verdict(worker, asked.signal, program, again)


def _watch(worker: Worker, asked: Asked) -> None:
    """Run the worker to its end, or until it was asked to end."""
    try:
        with progress_on(sys.stderr, worker.job.kind.unit) as progress:
            worker.start()
            _await_end(worker, asked, progress.show)
    except BrokenPipeError:
        # Nobody reads our progress any more, and nobody can be told; what is computed is saved.
        asked.ask(signal.SIGPIPE)
        _await_end(worker, asked, lambda _snapshot: None)
    finally:
        if not asked.at_once:
            worker.stop()
            worker.join()


def _await_end(worker: Worker, asked: Asked, show: Callable[[Snapshot], None]) -> None:
    """Until the worker's thread has ended, or its saving is not waited for any longer."""
    told = False
    while not worker.join(LOOK_SECONDS):
        if asked.at_once:
            worker.stop(save=False)
            worker.join(AT_ONCE_AFTER)
            break
        if asked:
            worker.stop()
        if asked.is_long_ago and not told:
            told = True
            tell("still saving; asked again, it leaves at once and the last checkpoint stands")
        show(worker.snapshot)
    show(worker.snapshot)


@contextmanager
def _signals() -> Iterator[Asked]:
    """Take note of the signals that ask us to end."""
    asked = Asked()

    def note(number: int, _frame: FrameType | None) -> None:
        asked.ask(number)

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    wanted = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # A signal that was ignored when we started stays so: that is what `nohup` asks for.
    before = {n: signal.getsignal(n) for n in wanted if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, note)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _verdict(worker: Worker, received: int, program: str, again: str) -> int:
    """Say on stderr how it ended, unless it is complete; the exit code."""
    snapshot = worker.snapshot
    if worker.crash is not None:
        tell(crash.report(worker.crash))
    if snapshot.state is State.FAILED:
        tell(f"{program}: {words.plain(snapshot.error)}")
        return snapshot.exit_code
    if snapshot.state is State.COMPLETE:
        return 0
    lost, saved = _lost_and_saved(snapshot, worker.job.kind.unit)
    tell(f"{program}: {lost}saved {saved}; `{again}` goes on from there")
    return StorageError.exit_code if lost else 128 + received


def _lost_and_saved(snapshot: Snapshot, unit: str) -> tuple[str, str]:
    """What is lost, "" if nothing is, and what is saved: output, or before there is any, work."""
    steps = snapshot.checkpoint.steps if snapshot.checkpoint else 0
    lost, saved = "", f"step {steps:,}"
    if snapshot.made > snapshot.saved:
        lost = f"{snapshot.made - snapshot.saved:,} {unit} are not saved; "
    elif snapshot.steps > steps:
        lost = f"the last {words.counted(snapshot.steps - steps, 'step')} not saved; "
    if snapshot.length is not None:
        saved = f"{snapshot.saved:,} of {snapshot.length:,} {unit}"
        if steps and not snapshot.saved:
            saved = f"{words.of_the_work(snapshot.done)} for {snapshot.length:,} {unit}"
    return lost, saved
