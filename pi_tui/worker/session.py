"""One sitting with a run: load it, step it, save it, finish it.

Read `work`, `_compute`, `_obey` and `_save`: they are the whole recipe for a long computation that
may be paused, quit or killed at any moment and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from pi_tui.checkpoints.records import COMPLETE, Checkpoint, Loaded
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError, WrongDigitsError
from pi_tui.spigot.plan import iterations
from pi_tui.spigot.reference import first_difference
from pi_tui.spigot.residue import WrongArithmetic
from pi_tui.spigot.spigot import Abandoned, Spigot
from pi_tui.worker.board import CHECKPOINTS_SHOWN, PUBLISH_SECONDS, Board
from pi_tui.worker.job import Job
from pi_tui.worker.meter import Meter
from pi_tui.worker.opening import make_spigot, open_run
from pi_tui.worker.schedule import SaveSchedule, StepSchedule
from pi_tui.worker.snapshot import SaveFailure, State
from pi_tui.worker.wishes import Wishes


class Session:
    """The work of one `SpigotWorker`, all of it in the worker's thread."""

    def __init__(
        self,
        job: Job,
        store: CheckpointStore,
        board: Board,
        wishes: Wishes,
        clock: Callable[[], float],
    ) -> None:
        self._job, self._store, self._board = job, store, board
        self._wishes, self._clock = wishes, clock
        self._saves = SaveSchedule(job.cadence)
        self._steps = StepSchedule(job.pace, clock(), 0)
        self._committed = b""
        self._saved_iteration = -1
        self._fell_back = False

    def work(self) -> None:
        """Go on with the run until it is complete or we are asked to stop."""
        try:
            self._run = open_run(self._job, self._store, self._board.note)
            while not self._board.snapshot.state.is_final:
                try:
                    self._load()
                    self._compute()
                    self._finish()
                except WrongArithmetic as error:
                    self._fall_back(error)
        except Abandoned:
            self._leave()

    def _load(self) -> None:
        """The spigot stands where the last good checkpoint left it, or at the first digit."""
        loaded = self._store.load(self._run)
        self._show_saved(loaded)
        while self._board.spigot is None and len(loaded.digits) < loaded.run.digits:
            try:
                self._board.spigot = self._make_spigot(loaded)
            except (WrongArithmetic, ValueError) as error:
                loaded = self._distrust(loaded, error)

    def _distrust(self, loaded: Loaded, error: Exception) -> Loaded:
        """Every byte was as saved, yet the arithmetic denies it: take the checkpoint before."""
        if loaded.state is None:
            raise error
        i = loaded.state.i
        seq = max(known.seq for known in loaded.checkpoints if known.iteration == i)
        self._board.note(f"checkpoint {seq}: {error}; the one before is used")
        return self._store.load(self._run, before=seq)

    def _show_saved(self, loaded: Loaded) -> None:
        """What is saved is on the screen before the first block is made."""
        self._run = loaded.run
        self._committed = self._board.result = loaded.digits
        self._board.watch.restart(self._clock(), loaded.run.elapsed)
        self._board.publish(
            digits_per_step=loaded.run.digits_per_step,
            boxes_per_block=loaded.run.boxes_per_block,
            count=len(loaded.digits),
            saved=len(loaded.digits),
            resumed=len(loaded.digits),
            checkpoints=loaded.checkpoints[:CHECKPOINTS_SHOWN],
            verified=loaded.run.verified,
            notes=self._board.snapshot.notes + loaded.notes,
        )

    def _make_spigot(self, loaded: Loaded) -> Spigot:
        """Blocks are made, which can take a while: watched and abandonable like a sweep."""
        run, state = loaded.run, loaded.state
        k, b = run.digits_per_step, run.boxes_per_block
        self._board.meter = meter = Meter(run.digits, k, b, i=state.i if state else 0)
        self._board.publish(iterations=iterations(run.digits, k))
        began = self._elapsed()

        def watch(made: int, blocks: int) -> None:
            meter.made(made / blocks, self._elapsed() - began)
            self._obey(made, blocks)

        spigot = make_spigot(run, state, self._job.threads, watch)
        meter.made(1.0, self._elapsed() - began)
        self._saved_iteration = spigot.i if state else -1
        return spigot

    def _compute(self) -> None:
        """Step until every digit is settled; wishes are looked at between any two blocks."""
        spigot = self._board.spigot
        if spigot is None:
            return
        self._board.activity = State.RUNNING
        self._saves.saved(self._clock(), spigot.count, took=0.0)
        self._restart_pace()
        if self._board.meter is not None:
            self._board.meter.sample(spigot.count, self._elapsed())
        while not spigot.done:
            self._obey()
            self._await_pace(spigot)
            began = self._elapsed()
            released = self._step(spigot)
            self._stepped(spigot, released, took=self._elapsed() - began)
        self._save()

    def _obey(self, blocks_done: int = 0, blocks: int = 0) -> None:
        """Do what was asked since the last look.

        In the middle of a sweep the spigot's state is still that of the last whole step, so it
        can be saved, or held in a pause, right here; only stopping abandons the sweep.
        """
        if self._wishes.stop:
            raise Abandoned
        if self._wishes.pause:
            self._hold()
        elif self._wishes.save or self._saves.is_due(self._clock(), len(self._board.result)):
            self._save()
        self._board.publish_if_stale(
            blocks_done=blocks_done,
            blocks=blocks,
            pace=self._wishes.pace,
            next_save=self._saves.next_save,
        )

    def _save(self) -> None:
        """Everything up to the last whole step is committed, or the failure is on the screen.

        Commit first, tell after: the snapshot says *saved* only once `store.save` has returned.
        """
        self._wishes.save = False
        spigot, began = self._board.spigot, self._clock()
        if spigot is None or spigot.i == self._saved_iteration:
            self._saves.saved(began, self._board.snapshot.count, took=0.0)
            self._board.publish(save_failure=None)
            return
        self._board.publish(State.SAVING)
        spigot.check()
        try:
            checkpoint = self._store.save(self._run, spigot.to_state(), self._elapsed())
        except StorageError as error:
            self._save_failed(error)
        else:
            self._saved(checkpoint, took=self._clock() - began)
        self._board.publish()

    def _saved(self, checkpoint: Checkpoint, took: float) -> None:
        self._saved_iteration = checkpoint.iteration
        self._saves.saved(self._clock(), checkpoint.count, took)
        saved = max(checkpoint.count, len(self._committed))
        self._board.publish_checkpoint(replace(checkpoint, duration=took), saved, save_failure=None)

    def _save_failed(self, error: StorageError) -> None:
        """Computing goes on; the save is tried again, later each time."""
        self._saves.failed(self._clock())
        before = self._board.snapshot.save_failure
        since = before.since if before else datetime.now(UTC)
        self._board.publish(save_failure=SaveFailure(since, str(error)))

    def _elapsed(self) -> float:
        return self._board.watch.read(self._clock())

    # Between the steps.

    def _step(self, spigot: Spigot) -> bytes:
        """A step is done; or a whole wave, which is faster, where so many digits are due.

        Not across a mark at which a save was asked for: inside a wave there is nothing to save.
        """
        due = self._steps.digits_due(self._clock(), spigot.count)
        wanted = min(due, self._saves.digits_until_mark(spigot.count))
        return (spigot.wave if wanted >= spigot.digits_per_wave else spigot.step)(self._obey)

    def _stepped(self, spigot: Spigot, released: bytes, took: float) -> None:
        """The new digits are those already saved, where those reach; then they are shown."""
        stop, start = spigot.count, spigot.count - len(released)
        if not released.startswith(self._committed[start:stop]):
            raise WrongDigitsError(
                f"the digits computed again differ from the saved ones after position {start:,}; "
                "nothing was changed; `pi-tui check` says more, --fresh begins again"
            )
        if stop >= len(self._committed):
            self._board.result = spigot.result
        if self._board.meter is not None:
            self._board.meter.stepped(spigot.i, stop, self._elapsed(), took)

    def _await_pace(self, spigot: Spigot) -> None:
        """Wait until the pace allows the next step; wishes are obeyed meanwhile."""
        while True:
            if self._wishes.pace is not self._steps.pace:
                self._restart_pace()
            wait = self._steps.seconds_until_next(self._clock(), spigot.count)
            if not wait:
                return
            self._wishes.sleep(min(wait, PUBLISH_SECONDS))
            self._obey()

    def _restart_pace(self) -> None:
        """The pace holds from here on: what went before (a pause, another pace) is forgotten."""
        self._steps = StepSchedule(self._wishes.pace, self._clock(), self._board.snapshot.count)

    def _hold(self) -> None:
        """Save, then stand still until asked to go on; the run's stopwatch stands still too."""
        self._save()
        watch, wishes = self._board.watch, self._wishes
        watch.stop(self._clock())
        while wishes.pause and not wishes.stop:
            if wishes.save or self._saves.is_retry_due(self._clock()):
                self._save()
            self._board.publish(State.PAUSED, pace=self._wishes.pace)
            wishes.sleep(self._saves.seconds_until_retry(self._clock()), paused=True)
        now = self._clock()
        watch.restart(now, watch.read(now))
        self._restart_pace()
        self._board.publish()

    # The end.

    def _finish(self) -> None:
        """Every digit is compared with an independent pi, then the run is complete."""
        self._await_saved()
        verified = self._run.status != COMPLETE and self._job.verify and self._verify()
        while self._run.status != COMPLETE:
            try:
                self._complete(verified)
            except StorageError as error:
                self._save_failed(error)
                self._await_saved()
        self._board.watch.stop(self._clock())
        self._board.publish(State.COMPLETE, verified=self._run.verified, next_save=None)

    def _complete(self, verified: bool) -> None:
        """The run is complete in the database too, and verified if it was."""
        board, run = self._board, self._run
        checkpoint = self._store.complete(
            run, bytes(board.result), self._elapsed(), board.snapshot.iteration
        )
        if verified:
            self._store.mark_verified(run)
        self._run = replace(run, status=COMPLETE, verified=verified)
        board.publish_checkpoint(checkpoint, saved=run.digits)

    def _await_saved(self) -> None:
        """The last digits wait for the disk, if they must; wishes are obeyed meanwhile."""
        began = self._clock()
        while (failure := self._board.snapshot.save_failure) is not None:
            waited = self._clock() - began
            if self._job.patience is not None and waited > self._job.patience:
                raise StorageError(self._not_saved(failure))
            self._wishes.sleep(self._saves.seconds_until_retry(self._clock()))
            self._obey()

    def _not_saved(self, failure: SaveFailure) -> str:
        snapshot = self._board.snapshot
        return (
            f"{snapshot.saved:,} of {snapshot.digits:,} digits are saved, "
            f"{snapshot.count - snapshot.saved:,} more could not be: {failure.reason}"
        )

    def _verify(self) -> bool:
        """True; a difference raises. Abandonable, and made again at the next start."""
        self._board.activity = State.VERIFYING
        position = first_difference(self._board.result, self._obey)
        if position is not None:
            raise WrongDigitsError(
                f"digit {position:,} is not that of pi: a hardware fault or a bug of ours; "
                f"`pi-tui --digits {self._job.digits} --fresh` begins again"
            )
        return True

    def _fall_back(self, error: ArithmeticError) -> None:
        """Once per session: forget the spigot, go on from the last good checkpoint."""
        if self._fell_back:
            raise WrongDigitsError(
                f"{error}, again after going back to the last good checkpoint: this machine "
                "computes wrongly, or we do; what was saved before is safe"
            ) from error
        self._fell_back = True
        self._board.spigot, self._board.activity = None, State.PREPARING
        self._board.note(f"{error}; went back to the last good checkpoint")

    def _leave(self) -> None:
        """Asked to stop: save what is not saved, and say it if that fails."""
        if not self._wishes.save_at_stop:
            return
        try:
            self._save()
        except WrongArithmetic as error:
            raise WrongDigitsError(
                f"{error}; not saved; start again to go on from the last good checkpoint"
            ) from error
        if failure := self._board.snapshot.save_failure:
            self._board.fail(self._not_saved(failure), StorageError.exit_code)
        else:
            self._board.publish(State.PAUSED)
