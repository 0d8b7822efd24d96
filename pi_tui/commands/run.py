"""`pi-tui run`: the same computation without a screen, always at full speed.

The digits are data (stdout or a file), everything else is narration (stderr).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from pi_tui import memory, words
from pi_tui.commands.output import tell, to_stdout
from pi_tui.commands.progress import progress_on
from pi_tui.digit_file import DigitFile
from pi_tui.errors import StorageError
from pi_tui.leaving import AT_ONCE_AFTER, Asked
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import Snapshot, State
from pi_tui.worker.worker import Worker

LOOK_SECONDS = 0.1
"""How often the progress is looked at."""
PATIENCE = 30.0
"""Seconds that finished digits wait for a failing disk before we give up: nobody may be there."""


def run(job: Job, output: str | None) -> int:
    """Compute `job`, write the digits where they belong, return the exit code."""
    target = DigitFile.claim(output, job.location) if output else None
    try:
        if note := memory.warning(job.task.goal):
            tell(f"note: {note}")
        worker = Worker(replace(job, patience=PATIENCE))
        asked = _watch(worker)
        if worker.snapshot.state is State.COMPLETE:
            _write(worker, target)
        return _verdict(worker, asked.signal)
    finally:
        if target is not None:
            target.release()


def _watch(worker: Worker) -> Asked:
    """Run the worker to its end; how it was asked to end early, if it was."""
    with _signals() as asked:
        try:
            with progress_on(sys.stderr) as progress:
                _start(worker)
                _await_end(worker, asked, progress.show)
        except BrokenPipeError:
            # Nobody reads our progress any more, and nobody can be told; what is computed is saved.
            asked.ask(signal.SIGPIPE)
            _await_end(worker, asked, lambda _snapshot: None)
        finally:
            if not asked.at_once:
                worker.stop()
                worker.join()
    return asked


def _start(worker: Worker) -> None:
    try:
        worker.start()
    except RuntimeError as error:
        raise StorageError(
            f"no thread can be started ({error}); look at `ulimit -u` and at the memory left"
        ) from error


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


def _write(worker: Worker, target: DigitFile | None) -> None:
    if target is not None:
        target.write(worker.output)
    elif not sys.stdout.isatty():
        to_stdout(b"3.", worker.output, b"\n")


def _verdict(worker: Worker, received: int) -> int:
    """Say on stderr how it ended; the exit code."""
    snapshot = worker.snapshot
    if worker.crash is not None:
        sys.excepthook(type(worker.crash), worker.crash, worker.crash.__traceback__)
    if snapshot.state is State.FAILED:
        tell(f"pi-tui: {words.plain(snapshot.error)}")
        return snapshot.exit_code
    if snapshot.state is State.COMPLETE:
        tell(_finished(snapshot))
        return 0
    lost = snapshot.made - snapshot.saved
    tell(
        (f"pi-tui: {lost:,} digits are not saved; " if lost else "")
        + f"saved {snapshot.saved:,} of {snapshot.goal:,} digits; "
        f"`pi-tui run --digits {snapshot.goal}` goes on from there"
    )
    return StorageError.exit_code if lost else 128 + received


def _finished(snapshot: Snapshot) -> str:
    checked = "verified" if snapshot.verified else "not verified"
    return f"{snapshot.goal:,} digits, {checked}, {words.brief(snapshot.elapsed)} of computing"
