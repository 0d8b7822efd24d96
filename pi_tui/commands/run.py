"""`pi-tui run`: the same computation without a screen, always at full speed.

The digits are data (stdout or a file), everything else is narration (stderr).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType

from pi_tui import words
from pi_tui.commands.output import to_stdout
from pi_tui.commands.progress import progress_on
from pi_tui.digit_file import DigitFile
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import Snapshot, State
from pi_tui.worker.worker import SpigotWorker

LOOK_SECONDS = 0.1
"""How often the progress is looked at."""
PATIENCE = 30.0
"""Seconds that finished digits wait for a failing disk before we give up: nobody may be there."""


def run(job: Job, output: str | None) -> int:
    """Compute `job`, write the digits where they belong, return the exit code."""
    target = DigitFile.claim(output, job.location) if output else None
    try:
        worker = SpigotWorker(replace(job, patience=PATIENCE))
        received = _watch(worker)
        if worker.snapshot.state is State.COMPLETE:
            _write(worker, target)
        return _verdict(worker, received)
    finally:
        if target is not None:
            target.release()


def _watch(worker: SpigotWorker) -> int:
    """Run the worker to its end; the signal that ended it early, or 0."""
    unread = 0
    with _signals() as received:
        try:
            with progress_on(sys.stderr) as progress:
                worker.start()
                while not worker.join(LOOK_SECONDS):
                    if received:
                        worker.stop()
                    progress.show(worker.snapshot)
                progress.show(worker.snapshot)
        except OSError:
            # Nobody reads our progress any more: a closed terminal, whose SIGHUP comes too, or a
            # broken pipe. There is no place left to say so; what is computed is saved all the same.
            unread = signal.SIGPIPE
        finally:
            worker.stop()
            worker.join()
    return received[0] if received else unread


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals that ask us to end; a second one ends us at once."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
            return
        # Asked twice: die of it as if we had never caught it. The last checkpoint stands.
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    wanted = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # A signal that was ignored when we started stays so: that is what `nohup` asks for.
    before = {n: signal.getsignal(n) for n in wanted if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write(worker: SpigotWorker, target: DigitFile | None) -> None:
    if target is not None:
        target.write(worker.result)
    elif not sys.stdout.isatty():
        to_stdout(b"3.", worker.result, b"\n")


def _verdict(worker: SpigotWorker, received: int) -> int:
    """Say on stderr how it ended; the exit code."""
    snapshot = worker.snapshot
    if worker.crash is not None:
        sys.excepthook(type(worker.crash), worker.crash, worker.crash.__traceback__)
    if snapshot.state is State.FAILED:
        _say(f"pi-tui: {words.plain(snapshot.error)}")
        return snapshot.exit_code
    if snapshot.state is State.COMPLETE:
        _say(_finished(snapshot))
        return 0
    _say(
        f"saved {snapshot.saved:,} of {snapshot.digits:,} digits; "
        f"`pi-tui run --digits {snapshot.digits}` goes on from there"
    )
    return 128 + received


def _finished(snapshot: Snapshot) -> str:
    checked = "verified" if snapshot.verified else "not verified"
    return f"{snapshot.digits:,} digits, {checked}, {words.brief(snapshot.elapsed)} of computing"


def _say(line: str) -> None:
    with suppress(OSError):  # nobody reads us any more, see `_watch`
        print(line, file=sys.stderr, flush=True)
