"""The worker: a thread of its own that computes one run and keeps it safe.

Whoever owns it calls `pause`, `resume`, `save_now`, `set_pace` and `stop`; each only leaves a wish
behind. What the thread has to say it puts into `snapshot`, one immutable value at a time. What it
does all day is in `loop.py`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pi_tui import garbage
from pi_tui.errors import PiTuiError, StorageError
from pi_tui.worker.board import Board
from pi_tui.worker.job import Job
from pi_tui.worker.pace import Pace
from pi_tui.worker.snapshot import Snapshot
from pi_tui.worker.wishes import Wishes

if TYPE_CHECKING:
    from pi_tui.worker.loop import Loop

NICENESS = 10
"""Of the computing threads while a screen runs beside them."""


class Worker:
    """Computes one run in a thread of its own, and keeps it safe."""

    def __init__(self, job: Job, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self.crash: Exception | None = None
        """The exception behind a bug of ours, for whoever can print a traceback."""
        self._clock = clock
        self._board = Board(job, clock)
        self._wishes = Wishes(job.pace)
        self._loop: Loop | None = None
        self._thread = threading.Thread(target=self._live, name="worker", daemon=True)

    @property
    def snapshot(self) -> Snapshot:
        """How things stand; immutable, at most a moment old."""
        return self._board.snapshot

    @property
    def output(self) -> bytes | bytearray:
        """All output so far. It only grows: slice it, search it, never change it."""
        return self._board.output

    @property
    def overture(self) -> bytes:
        """The first output, found in another way, to be looked at until the machine has it."""
        return self._board.overture

    def start(self) -> None:
        """The thread runs; call it once. Raises StorageError if the system has none to give."""
        start_all(self._thread)

    def pause(self, *, leaving: bool = False) -> None:
        """Ask for a pause: the state becomes `paused` once a checkpoint was tried.

        With `leaving`, a server that does not answer is not waited for very long.
        """
        self._wishes.tell(pause=True, leaving=leaving)

    def resume(self) -> None:
        """Ask to go on after a pause."""
        self._wishes.tell(pause=False, leaving=False)

    def save_now(self) -> None:
        """Ask for a checkpoint of the last whole step."""
        self._wishes.tell(save=True)

    def set_pace(self, pace: Pace) -> None:
        """Ask for another pace; it holds from the next step on."""
        self._wishes.tell(pace=pace)

    def stop(self, *, save: bool = True) -> None:
        """Ask the thread to end; it saves first, unless told not to."""
        self._wishes.tell(stop=True, save_at_stop=save)

    def join(self, timeout: float | None = None) -> bool:
        """True once the thread has ended, everything committed and closed."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _live(self) -> None:
        """Open, work, close; whatever happens, the snapshot says so."""
        if self.job.give_way:
            _give_way()
        try:
            # SQLAlchemy takes 0.3 s to import: here, beside the first frame, not before it.
            from pi_tui.checkpoints.store import CheckpointStore
            from pi_tui.worker.loop import Loop

            asked = self._wishes
            with CheckpointStore.open(
                self.job.location, self.job.kind, is_leaving=lambda: asked.stop or asked.leaving
            ) as store:
                garbage.settle()  # the last imports are done
                self._loop = Loop(self.job, store, self._board, self._wishes, self._clock)
                self._loop.work()
        except PiTuiError as error:
            self._board.fail(str(error), error.exit_code)
        except MemoryError:
            self._board.fail("out of memory; what was saved is safe", StorageError.exit_code)
        except Exception as error:
            self.crash = error
            self._board.fail(f"a bug of ours, please report it: {error!r}", PiTuiError.exit_code)
        finally:
            garbage.settle()  # also if it did not come so far


def start_all(*threads: threading.Thread) -> None:
    """The threads run; StorageError if the system does not give us so many."""
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:
        raise StorageError(
            f"no thread can be started ({error}); look at `ulimit -u` and at the memory left"
        ) from error


def _give_way() -> None:
    """This thread, and those it starts, let the others of this process go first.

    With as many threads as cores the screen would wait its turn: at full speed the event
    loop was late by 12 to 14 ms (p99), so by 8. Only Linux has niceness per thread; elsewhere it
    would slow the screen down too.
    """
    if sys.platform == "linux":
        me = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, me)  # whoever is nicer may not become less so
        os.setpriority(os.PRIO_PROCESS, me, max(own, NICENESS))
