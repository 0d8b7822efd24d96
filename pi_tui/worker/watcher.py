"""Follow a run that another process computes: read what that process saves, write nothing.

Apps use this. A plain worker fails if the run is open elsewhere. The watcher takes no lock. Every
read is a short transaction, because a commit to an SQLite file waits for readers.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from pi_tui.checkpoints.records import COMPLETE, Checkpoint, Run, share_of
from pi_tui.errors import AlreadyOpenError, DamagedError, StorageError
from pi_tui.worker import garbage
from pi_tui.worker.board import CHECKPOINTS_SHOWN, Board
from pi_tui.worker.meter import LineCount
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker

if TYPE_CHECKING:
    from pi_tui.checkpoints.store import CheckpointStore

LOOK_SECONDS = 0.5
"""Seconds between two reads of the other process's checkpoints."""
BATCH = 250_000
"""Bytes of output read in one transaction: a commit waits only a few ms for it."""
MOMENT = 3.0
"""Take over if the writer exits within so many seconds of our start: its tab was reloaded."""


class WatchingWorker(Worker):
    """A worker that only follows its run while another process has it open.

    If no process has it open at the start or soon after, the worker computes the run. If the other
    process ends later, the worker computes the run once the user resumes it. If the text
    `job.goes_on` is not empty, the run is never computed here, and the text tells the user how it
    goes on instead.
    """

    def _work(self) -> None:
        watcher = Watcher(self)
        while not self._compute():
            watcher.watch()
            if self.stop_wanted:
                break

    def _compute(self) -> bool:
        """Compute the run, unless another process has it open or `job.goes_on` is not empty.

        Returns True if this worker has ended: after a stop, or because the run failed. Returns
        False if the run is to be watched, which a run completed here is too.
        """
        before = self.snapshot.state
        if before.is_final:
            return True
        if self.job.goes_on:
            self.publish(goes_on=self.job.goes_on)
            return False
        try:
            super()._work()
        except AlreadyOpenError as error:
            # Not at the first look: then the screen says so. Later, unsaved output may be lost.
            if before is State.WATCHING or self.snapshot.state is not State.PREPARING:
                self.note(str(error))
            return False
        return self.snapshot.state is not State.COMPLETE


class Watcher:
    """Follows the run of one worker, in the worker's thread; reads the database every 0.5 s."""

    def __init__(self, board: Board) -> None:
        self._board, self._job, self._clock = board, board.job, board.clock
        self._came = board.clock()
        self._output = bytearray()
        self._lines = LineCount(board.job.kind.unit)
        self._last_writer = ""
        self._run: Run | None = None
        self._doubts = False

    def watch(self) -> None:
        """Follow the run until a stop, until its deletion, or until it is to be computed here.

        While watching, the worker counts as paused, so a request to resume means: compute here. A
        complete run is followed while the screen shows it, because another process may delete it.
        A deletion is published as a failure. While the database cannot be read, retry. Raises
        DamagedError if saved data is damaged, also when read anew.
        """
        from pi_tui.checkpoints.store import CheckpointStore

        garbage.settle()  # the last imports are done; watching may go on for days
        self._board.pause_wanted = True
        if self._board.snapshot.state is not State.COMPLETE:
            self._board.output = self._output
        while not self._is_over:
            try:
                with CheckpointStore.open(
                    self._job.location,
                    self._job.kind,
                    write=False,
                    is_leaving=self._board.is_leaving,
                ) as store:
                    while not self._is_over:
                        self._look(store)
                        self._rest()
            except StorageError as error:  # missing yet, busy or out of reach: retry
                self._tell(str(error), self._board.snapshot.writer)
                self._rest()
            except DamagedError:
                if self._doubts:
                    raise
                self._doubts = True  # the run may have begun again: read it anew, once
                self._forget()

    @property
    def _is_over(self) -> bool:
        state = self._board.snapshot.state
        if state is State.COMPLETE:
            self._board.pause_wanted = True
        return self._board.stop_wanted or not self._board.pause_wanted or state is State.FAILED

    def _rest(self) -> None:
        self._board.save_wanted = False
        self._board.sleep(LOOK_SECONDS, paused=True)

    def _forget(self) -> None:
        """Discard the output and checkpoints read so far, also from the snapshot."""
        self._run, self._output = None, bytearray()
        self._lines = LineCount(self._job.kind.unit)
        self._board.output = self._output
        self._board.publish(made=0, saved=0, done=0.0, checkpoints=())

    def _look(self, store: CheckpointStore) -> None:
        store.look_at_the_file()
        writer = store.writer(store.find_run(self._job.task))
        run = store.find_run(self._job.task)  # after the line above, to see the writer's last save
        now = self._board.snapshot
        if run is None and (self._run is not None or now.state is State.COMPLETE):
            gone = f"the run of {self._title} was deleted by another process"
            self._board.fail(gone, StorageError.exit_code)
        elif now.state is not State.COMPLETE:
            if run is not None and run != self._run:
                self._follow(store, run)
            if not writer and not self._job.goes_on and self._clock() - self._came < MOMENT:
                self._board.pause_wanted = False
            else:
                self._tell(self._notice(writer, run), writer)

    def _follow(self, store: CheckpointStore, run: Run) -> None:
        """Read the output saved since the last look; publish it, and the figures of the run."""
        began_again = self._run is not None and run.elapsed < self._run.elapsed
        if began_again or run.committed < len(self._output):
            self._forget()
        is_first, output = self._run is None, self._output
        while len(output) < run.committed and not self._board.stop_wanted:
            more = store.output(run, len(output), min(len(output) + BATCH, run.committed))
            if not more:
                self._forget()  # the run has begun again, or was truncated: read it anew
                return
            output += more
            self._board.publish(made=len(output))
        lines = self._lines.of(output, len(output))
        if is_first:
            self._board.publish(resumed=len(output), resumed_lines=lines)
        newest, shown = store.checkpoints(run), self._board.snapshot.checkpoints
        last = newest[-1].seq if newest else 0  # keep older ones, which are pruned in the file
        checkpoints = (*newest, *(one for one in shown if one.seq < last))[:CHECKPOINTS_SHOWN]
        rate, work_rate = self._rates(run, checkpoints)
        self._board.publish(
            state=State.COMPLETE if run.status == COMPLETE else State.WATCHING,
            made=len(output),
            saved=len(output),
            **dict.fromkeys(("made_lines", "saved_lines"), lines),
            steps=checkpoints[0].steps if checkpoints else 0,
            done=share_of(run, checkpoints, self._job.kind) or 0.0,
            figures=self._figures(run, checkpoints),
            rate=rate,
            work_rate=work_rate,
            elapsed=run.elapsed,
            checkpoints=checkpoints,
            verified=run.verified,
        )
        self._run, self._doubts = run, False

    def _rates(self, run: Run, checkpoints: tuple[Checkpoint, ...]) -> tuple[float, float]:
        """Return two speeds: bytes of output per second, and share of the work (0 to 1) per second.

        They are those between the newest two checkpoints; 0.0 and 0.0 if there are fewer than two,
        or if no computing time lies between these. The second is 0.0 for a complete run.
        """
        newest, before = checkpoints[:2] if len(checkpoints) > 1 else (None, None)
        if not (newest and before) or newest.elapsed <= before.elapsed:
            return 0.0, 0.0
        seconds = newest.elapsed - before.elapsed
        shares = (one.share(self._job.kind, run.task) or 0.0 for one in (newest, before))
        work = 0.0 if run.status == COMPLETE else operator.sub(*shares)
        return (newest.length - before.length) / seconds, work / seconds

    def _figures(self, run: Run, checkpoints: tuple[Checkpoint, ...]) -> object:
        """Return the kind's figures for the newest checkpoint; None without one."""
        if not checkpoints:
            return None
        return self._job.kind.figures(run.task, checkpoints[0].steps, checkpoints[0].length)

    def _notice(self, writer: str, run: Run | None) -> str:
        """Remember the writer; return a notice if there is no run or no writer, else ""."""
        self._last_writer = writer or self._last_writer
        if run is None:
            return f"there is no run of {self._title} yet"
        return "" if writer else f"{self._last_writer or 'the other process'} has ended"

    @property
    def _title(self) -> str:
        return self._job.kind.title(self._job.task)

    def _tell(self, notice: str, writer: str) -> None:
        if self._board.snapshot.state is not State.COMPLETE:
            self._board.publish(state=State.WATCHING, notice=notice, writer=writer)
