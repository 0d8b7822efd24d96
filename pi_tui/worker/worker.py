"""The worker: a thread that computes one run with `loop.py`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from pi_tui.errors import BrokenRule, MachineError, PiTuiError, StorageError, UsageError
from pi_tui.machine import Refused
from pi_tui.no_memory import MESSAGE
from pi_tui.worker import crash_report as crash
from pi_tui.worker import garbage
from pi_tui.worker.allocator import return_freed_memory
from pi_tui.worker.board import Board
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.stepper import text_of_exit
from pi_tui.worker.threads import give_way, start_all


class Worker(Board):
    """A thread that computes one run and saves it; control and observe it as a Board."""

    def __init__(self, job: Job, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(job, clock)
        self.crash: BaseException | None = None
        """The exception that ended the thread: a machine's, SystemExit, or a bug of ours."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="worker", daemon=True)

    def begin_with(self, known: bytes) -> None:
        """Let the screen show `known` until the machine has made as much output itself.

        `known` is the first output, taken from another run; the machine's own is compared with it.
        It is not used if the run has saved output. Call this before `start`.
        """
        self.job = replace(self.job, known=known)

    def start(self) -> None:
        """Start the thread; call once. Raises StorageError if no thread can be started."""
        start_all(self._thread)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread, up to `timeout` seconds; return True if it ended or never started.

        This does not use `Thread.join`. If a signal handler raises in that, as a time limit does,
        Python before 3.13 considers the thread ended, and its work would not be saved.
        """
        if self._thread.ident is None:
            return True
        return self._ended.wait(timeout)

    def _live(self) -> None:
        """Open the store, work, and close it; publish every exception as a failure."""
        try:
            return_freed_memory()
            if self.job.give_way:
                give_way()
            self._work()
        except BrokenRule as error:
            self.fail(f"{error}; {self.snapshot.kept}", error.exit_code)
        except PiTuiError as error:
            self.crash = error.__cause__ if isinstance(error, MachineError) else None
            self.fail(str(error), error.exit_code)
        except Refused as error:
            self.fail(str(error), UsageError.exit_code)
        except MemoryError:
            self.fail(MESSAGE, StorageError.exit_code)
        except (SystemExit, KeyboardInterrupt) as error:
            self.crash = error
            self.fail(*text_of_exit(error))
        except BaseException as error:
            self._fail_by(error)
        finally:
            garbage.settle()  # also if `_work` failed before it
            self._ended.set()

    def _fail_by(self, error: BaseException) -> None:
        """End the run as failed, by an unexpected exception of the machine or of this package.

        The message tells which of the two is at fault.
        """
        self.crash, said = error, crash.told_of_machine(error)
        crash.cut_to_machine(error)
        ours = f"a bug of ours, please report it: {crash.in_words(error)}"
        self.fail(f"{said}; {self.snapshot.kept}" if said else ours, PiTuiError.exit_code)

    def _work(self) -> None:
        """Compute the run until it is complete or a stop is requested."""
        # Importing SQLAlchemy takes 0.3 s: do it here, in parallel to the first frame.
        from pi_tui.checkpoints.store import CheckpointStore
        from pi_tui.worker.loop import Loop

        where, kind = self.job.location, self.job.kind
        with CheckpointStore.open(where, kind, is_leaving=self.is_leaving) as store:
            garbage.settle()  # the last imports are done, so garbage may be collected
            self.publish(state=State.PREPARING, writer="", notice="")  # the state may be `watching`
            Loop(self, store).work()
