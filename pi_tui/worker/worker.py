"""The worker: a thread of its own for one run. What it does all day is in `loop.py`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pi_tui import crash, garbage
from pi_tui.errors import PiTuiError, StorageError
from pi_tui.threads import give_way, start_all
from pi_tui.worker.board import Board
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State


class Worker(Board):
    """A board with a thread behind it, which computes one run and keeps it safe."""

    def __init__(self, job: Job, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(job, clock)
        self.crash: Exception | None = None
        """The exception behind a bug of ours, for whoever can print a traceback."""
        self._thread = threading.Thread(target=self._live, name="worker", daemon=True)

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
            self.fail(str(error), error.exit_code)
        except MemoryError:
            self.fail("out of memory; what was saved is safe", StorageError.exit_code)
        except Exception as error:
            self.crash = error
            self.fail(
                f"a bug of ours, please report it: {crash.without_passwords(repr(error))}",
                PiTuiError.exit_code,
            )
        finally:
            garbage.settle()  # also if it did not come so far

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
