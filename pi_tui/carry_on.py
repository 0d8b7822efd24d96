"""Run a machine as a program with one call: compute it to its end, or resume it.

`carry_on` shows progress on stderr or a screen and saves at intervals. On Ctrl-C, SIGTERM and
SIGHUP it saves and tells how to resume. `pi-tui run` is built on it too.
"""

from __future__ import annotations

import _thread
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Literal

from pi_tui import words
from pi_tui.errors import PiTuiError, StorageError, UsageError
from pi_tui.files.output_file import FileContent, OutputFile
from pi_tui.machine import Kind, Task
from pi_tui.reports.hints import command_line, tell
from pi_tui.reports.progress import RunProgress
from pi_tui.reports.standard_output import has_terminal, open_standard_streams
from pi_tui.reports.status_line import status_line_on
from pi_tui.worker import crash_report as crash
from pi_tui.worker import given
from pi_tui.worker.job import AUTO_CADENCE, Cadence, Job
from pi_tui.worker.leave_request import AT_ONCE_AFTER, LeaveRequest, handling_signals
from pi_tui.worker.snapshot import Snapshot, State
from pi_tui.worker.worker import Worker

Face = Literal["auto", "line", "screen"]
"""How a computation is shown: on a screen, as a line on stderr, or what the terminal allows."""
LOOK_SECONDS = 0.1
"""Seconds between two reads of the progress."""
BLOCKED_SECONDS = 5.0
"""Seconds to wait for a message to be written before it is assumed that nobody reads it."""
PATIENCE = 30.0
"""Seconds to retry writing finished output to a failing disk; the user may not be there."""


def carry_on(
    kind: Kind,
    task: Task,
    location: str | os.PathLike[str],
    *,
    again: str | None = None,
    cadence: Cadence = AUTO_CADENCE,
    every_seconds: float | None = None,
    every_output: int | None = None,
    fresh: bool = False,
    to: str | os.PathLike[str] | None = None,
    face: Face = "line",
) -> tuple[int, bytes]:
    """Compute or resume the task; return the exit code and the whole output.

    If the code is neither 0 nor 6, the output is b"". There are two exceptions: a screen returns
    the output of a complete run with any code; and if the path `to` came to belong to a database
    during the run, the file is not written, and the output is returned with code 2. The output is
    b"" with code 0 too if the user left a screen before the run was complete. Code 6 means that the
    database or the file `to` could not be written, or that there was too little memory or no
    thread. If all output was computed nevertheless, it is returned with code 6; it is not verified
    if the database failed. After a database failure, a screen returns b"" instead. A `sys.exit` in
    a step ends the program as usual, after a save; on a screen, its code is returned instead.

    `location` is the path or URL of the database, created if missing. `again` is the command that
    resumes the run, for messages; by default, the command that started this process. The run is
    saved every five seconds, or every `every_seconds` seconds, or at each multiple of
    `every_output` bytes of output, or as `cadence` says. With `fresh` the run starts over, and what
    is saved of it is lost. `to` is a file for the output, written completely or not at all. `face`
    is "line" (progress on stderr), "screen" (an app of its own), or "auto": the screen on a
    terminal and in the main thread, else the line. In the main thread, SIGINT, SIGTERM and SIGHUP
    save and end the run. What a machine prints appears above the line of progress, and so does what
    handlers of the root logger write, such as those of `logging.basicConfig`. If stdout is a file,
    prints go there.
    """
    if every_seconds is not None or every_output is not None:
        cadence = Cadence(every_seconds, every_output)
    command = command_line() if again is None else again
    open_standard_streams(silent=True)
    try:
        _, where = given.checked(kind, [task], location, cadence)
        job = Job(kind, task, where, cadence=cadence, fresh=fresh, patience=PATIENCE)
        given.refuse_unknown_face(face)
        file = None if to is None else given.path_of(to, "`to` is the path of a file")
        with nullcontext() if file is None else OutputFile.claim(file, where) as target:
            code, output = _compute(job, command, face)
            if target is not None and output is not None:
                code = _write(target, output, kind) or code
            return code, output or b""
    except PiTuiError as error:
        tell(f"{given.name_of_kind(kind)}: {words.plain(str(error))}")
        return error.exit_code, b""


def _write(target: OutputFile, output: bytes, kind: Kind) -> int:
    """Write the whole output to its file; return an exit code, and report a failure."""
    try:
        target.write(FileContent(output))
        return 0
    except PiTuiError as error:
        tell(f"{kind.name}: {words.plain(str(error))}")
        return error.exit_code


def _compute(job: Job, again: str, face: Face) -> tuple[int, bytes | None]:
    """Compute the job with the requested display; return the exit code and the whole output.

    The output is None if it is not whole. Raises UsageError if a screen is requested where none
    can be shown, another PiTuiError if worker or app cannot start, and SystemExit if the machine
    raised that without a screen.
    """
    can_show = threading.current_thread() is threading.main_thread() and has_terminal()
    if face == "screen" and not can_show:
        raise UsageError("a screen needs a terminal, and the main thread of the program")
    if face != "line" and can_show:
        from pi_tui.app.open import open_app

        return open_app(
            job.kind, job.task, job.location, again=again, cadence=job.cadence, fresh=job.fresh
        )
    worker, began = Worker(job), datetime.now(UTC)
    code = carry_to_end(worker, program=job.kind.name, again=again)
    if code == 0:
        _tell_if_old(worker.snapshot, began, job.kind.name)
    return code, bytes(worker.output) if is_whole(worker, code) else None


def _tell_if_old(snapshot: Snapshot, began: datetime, program: str) -> None:
    """Report on stderr that nothing was computed, if the run was complete before time `began`.

    The report says since when the run is complete. The user should know, because the code or its
    input may have changed since.
    """
    last = snapshot.checkpoint
    if last is not None and last.saved_at < began:
        when = f"{last.saved_at.astimezone():%Y-%m-%d %H:%M}"
        tell(f"{program}: complete since {when}, so nothing was computed")


def is_whole(worker: Worker, code: int) -> bool:
    """Return True if a worker that ended with this exit code has the whole output."""
    return code == 0 or (code == StorageError.exit_code and worker.is_whole)


def carry_to_end(worker: Worker, *, program: str, again: str) -> int:
    """Start the worker, wait for its end, and return the exit code.

    If the code is not 0, a line on stderr tells how the run ended, unless the run was complete and
    a signal came at the very end. If the code is 0, the caller reports the result. After SIGINT,
    SIGTERM or SIGHUP the code is not 0, even if the run is complete. Otherwise the signal would be
    lost, and the caller would write the output, perhaps into a pipe that nobody reads. Raises
    StorageError if the worker cannot start, and SystemExit if the machine of the run raised that.
    """
    with noting_signals() as asked, leaving_if_blocked(worker, asked):
        with status_line_on(sys.stderr) as line:
            run_to_end(worker, asked, RunProgress(line).show)
        code = _verdict(worker, asked.signal, program, again)
    return code or code_of_signal(asked.signal)  # it may have come after the verdict


@contextmanager
def leaving_if_blocked(worker: Worker | None, asked: LeaveRequest) -> Iterator[None]:
    """Let a signal end the process in the `with` body, even if nobody reads a full standard error.

    The main thread may then be in a write to standard error. Python runs the handler of the signal
    and then repeats the write, which never returns. So after a signal, also after one that came
    before, a thread waits until all is saved, and ends the process if the main thread does not
    leave the body within BLOCKED_SECONDS then. `worker` is None if there is nothing to save.
    """
    left = threading.Event()

    def leave() -> None:
        if worker is not None:
            worker.stop()
            while not worker.join(LOOK_SECONDS) and not asked.at_once:
                pass
        if not left.wait(BLOCKED_SECONDS):
            is_lost = worker is not None and worker.latest().lost
            os._exit(StorageError.exit_code if is_lost else 128 + asked.signal)

    def start() -> None:
        # Not by `threading`: the handler may run while the main thread holds the lock of its list.
        with suppress(RuntimeError):  # no thread can be started: then the main one has to leave
            _thread.start_new_thread(leave, ())

    asked.when_asked = start
    if asked:
        start()
    try:
        yield
    finally:
        left.set()
        asked.when_asked = lambda: None


def code_of_signal(received: int) -> int:
    """Return the exit code of a complete run that got the signal `received`: 128 + its number.

    Returns 0 if `received` is 0, which means no signal. Returns 0 for SIGPIPE too, because then
    only the reader of the progress has gone.
    """
    return 0 if received in (0, signal.SIGPIPE) else 128 + received


def run_to_end(worker: Worker, asked: LeaveRequest, show: Callable[[Snapshot], None]) -> None:
    """Start the worker and show its snapshots; return when its thread has ended.

    A request to exit ends it after a save. After another one, AT_ONCE_AFTER seconds or more after
    the first, return soon and without a save. A reader of the progress that has gone counts as a
    request. Raises StorageError if the worker cannot start.
    """
    try:
        worker.start()
        _await_end(worker, asked, show)
    except BrokenPipeError:
        # The reader of our progress has gone, so no message can be shown. The computed part is
        # saved.
        asked.ask(signal.SIGPIPE)
        _await_end(worker, asked, lambda _snapshot: None)
    finally:
        if not asked.at_once:
            worker.stop()
            worker.join()


def _await_end(worker: Worker, asked: LeaveRequest, show: Callable[[Snapshot], None]) -> None:
    """Show snapshots until the worker's thread ends; a request to exit stops it after a save.

    A request AT_ONCE_AFTER seconds or more after the first stops it without a save; then wait for
    its end AT_ONCE_AFTER seconds at most. Once such a request would count, a line on stderr says
    so. Raises what `show` raises.
    """
    warned = False
    while not worker.join(LOOK_SECONDS):
        if asked.at_once:
            worker.stop(save=False)
            worker.join(AT_ONCE_AFTER)
            break
        if asked:
            worker.stop()
        if asked.is_long_ago and not warned:
            warned = True
            tell("still saving; ask again to leave at once: the last checkpoint stays")
        show(worker.snapshot)
    show(worker.snapshot)


@contextmanager
def noting_signals() -> Iterator[LeaveRequest]:
    """Yield a LeaveRequest that records SIGINT, SIGTERM and SIGHUP during the `with` body.

    Outside the main thread it records none, because only the main thread may handle signals.
    """
    asked = LeaveRequest()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    with handling_signals(lambda number, _frame: asked.ask(number)):
        yield asked


def _verdict(worker: Worker, received: int, program: str, again: str) -> int:
    """Return the exit code of the worker, which has ended, or was stopped without a save.

    `received` is the number of the signal that requested the exit, or 0. If the code is not 0,
    report on stderr how the worker ended. Raises SystemExit if the machine raised that.
    """
    snapshot = worker.latest()
    left = f"{program}: {snapshot.how_it_was_left}"
    goes_on = f"`{again}` goes on from there" if again else "called again, it goes on from there"
    if isinstance(worker.crash, (SystemExit, KeyboardInterrupt)):
        tell(f"{left}; {goes_on}")
        if isinstance(worker.crash, SystemExit):
            raise worker.crash
        return snapshot.exit_code
    if worker.crash is not None:
        tell(crash.report(worker.crash))
    if snapshot.state is State.FAILED:
        tell(f"{program}: {words.plain(snapshot.error)}")
        return snapshot.exit_code
    if snapshot.state is State.COMPLETE and not code_of_signal(received):
        return 0
    tell(f"{left}; {goes_on}")
    return StorageError.exit_code if snapshot.lost else 128 + received


class _Callable(ModuleType):
    """A module that can be called like its function `carry_on`.

    `from pi_tui import carry_on` may return this module instead of the function, because importing
    a submodule sets an attribute of its name on the package.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Call the function `carry_on`; return exit code and output."""
        return carry_on(*args, **kwargs)


_this = sys.modules[__name__]
_this.__class__ = _Callable
_this.__signature__ = inspect.signature(carry_on)  # type: ignore[attr-defined]
