"""The worker: a thread of its own for one run. What it does all day is in `loop.py`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from pi_tui.errors import MachineError, PiTuiError, StorageError, UsageError
from pi_tui.machine import Refused
from pi_tui.worker import crash_report as crash
from pi_tui.worker import garbage
from pi_tui.worker.board import Board
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.stepper import frames_of_machine, text_of_exit
from pi_tui.worker.threads import give_way, start_all


class Worker(Board):
    """A board with a thread behind it, which computes one run and keeps it safe."""

    def __init__(self, job: Job, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(job, clock)
        self.crash: BaseException | None = None
        """The exception, of a machine or a bug of ours, that ended the thread; or SystemExit."""
        self._thread = threading.Thread(target=self._live, name="worker", daemon=True)

    def begin_with(self, known: bytes) -> None:
        """Show output of another run first, as an overture; call it before `start`."""
        self.job = replace(self.job, known=known)

    def start(self) -> None:
        """The thread runs; call it once. Raises StorageError if the system has none to give."""
        start_all(self._thread)

    def join(self, timeout: float | None = None) -> bool:
        """True once the thread has ended, everything committed and closed."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _live(self) -> None:
        """Open, work, close; whatever happens, the snapshot says so."""
        if self.job.give_way:
            give_way()
        try:
            self._work()
        except PiTuiError as error:
            self.crash = error.__cause__ if isinstance(error, MachineError) else None
            self.fail(str(error), error.exit_code)
        except Refused as error:
            self.fail(str(error), UsageError.exit_code)
        except MemoryError:
            self.fail("out of memory; what was saved is safe", StorageError.exit_code)
        except (SystemExit, KeyboardInterrupt) as error:
            self.crash = error
            self.fail(*text_of_exit(error))
        except Exception as error:
            self._fail_by(error)
        finally:
            garbage.settle()  # also if it did not come so far

    def _fail_by(self, error: Exception) -> None:
        """Report an exception that nobody expected: that of a machine, or a bug of ours."""
        shown = crash.without_passwords(repr(error))
        self.crash, text = error, f"a bug of ours, please report it: {shown}"
        if trace := frames_of_machine(error):
            self.crash = error.with_traceback(trace)
            text = f"{trace.tb_frame.f_code.co_name}() raised {shown}; {self.snapshot.kept}"
        self.fail(text, PiTuiError.exit_code)

    def _work(self) -> None:
        """The run is worked on until it is complete, or we are asked to stop."""
        # SQLAlchemy takes 0.3 s to import: here, beside the first frame, not before it.
        from pi_tui.checkpoints.store import CheckpointStore
        from pi_tui.worker.loop import Loop

        where, kind = self.job.location, self.job.kind
        with CheckpointStore.open(where, kind, is_leaving=self.is_leaving) as store:
            garbage.settle()  # the last imports are done
            self.publish(state=State.PREPARING, writer="", notice="")  # it may have been watched
            Loop(self, store).work()
