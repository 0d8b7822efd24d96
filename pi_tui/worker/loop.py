"""The loop: load a run, step its machine, save it when it is time, finish it.

Read `work`, `_compute`, `_obey` and `_save`: they are the whole recipe for a long computation that
may be paused, quit or killed at any moment and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pi_tui.checkpoints.records import COMPLETE, Checkpoint, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import Hint, MachineError, PiTuiError, StorageError, WrongResultError
from pi_tui.machine import Abandoned, Machine, Refused, WrongOutput, WrongState
from pi_tui.worker.board import CHECKPOINTS_SHOWN, PUBLISH_SECONDS, Board
from pi_tui.worker.meter import Meter
from pi_tui.worker.schedule import SaveSchedule, StepSchedule, Stopwatch
from pi_tui.worker.snapshot import SaveFailure, State
from pi_tui.worker.stepper import Stepper


class Loop:
    """The work of one `Worker` on one run, all of it in the worker's thread."""

    def __init__(self, board: Board, store: CheckpointStore) -> None:
        self._board, self._store = board, store
        self._job, self._clock = board.job, board.clock
        self._saves = SaveSchedule(board.job.cadence)
        self._strides = StepSchedule(board.pace, board.clock(), 0)
        self._watch = Stopwatch()
        self._steps = Stepper(board, self._obey, self._save)
        self._run: Run
        self._machine: Machine
        self._meter: Meter
        self._activity = State.PREPARING
        self._known = b""
        """Output saved earlier, or the overture: what the machine makes must be the same."""
        self._saved_steps = -1
        self._source: Checkpoint | None = None
        """Where the machine came from, until it has proven itself by a save of its own."""
        self._distrusted: int | None = None
        self._fell_back = False
        self._again = False
        """This session is not the first of the run."""

    def work(self) -> None:
        """Go on with the run until it is complete or we are asked to stop."""
        self._open()
        try:
            while not self._board.snapshot.state.is_final:
                try:
                    if self._load():
                        self._compute()
                    self._finish()
                except (WrongState, WrongOutput) as error:
                    self._fall_back(error)
        except Abandoned:
            self._leave()
        except (Refused, MachineError, SystemExit, KeyboardInterrupt):
            self._mark_left()
            raise

    def _open(self) -> None:
        """The run of the task is ours to write: the one that is there, or a new one."""
        run = self._store.open_run(self._job.task)
        self._board.publish(left_open=run.owner if run.last_seq else "")
        self._again = bool(run.owner or run.last_seq)
        begins_again = self._job.fresh and run.last_seq
        self._run = self._store.restart(run, self._job.task) if begins_again else run
        if note := self._store.lock_note:
            self._board.note(note)
        for note in (*run.notes, *self._job.not_taken(self._run.task)):
            self._board.note(note)

    def _load(self) -> bool:
        """The machine stands where the last good checkpoint left it; False if all is done."""
        loaded = self._store.load(self._run, self._distrusted)
        self._run, saved = loaded.run, len(loaded.output)
        self._watch.restart(self._clock(), loaded.run.elapsed)
        self._known = self._board.output = loaded.output
        if (machine := loaded.machine) is not None:
            self._machine, self._source = machine, loaded.checkpoint
            self._meter = Meter(machine.work(), len(machine.output), loaded.run.elapsed)
            self._saved_steps = machine.steps if loaded.checkpoint else -1
            self._board.publish(resumed_done=self._meter.done)
        if self._board.snapshot.left_open and loaded.checkpoint and (last := self._store.last_beat):
            after = (last - loaded.checkpoint.saved_at).total_seconds()
            self._board.publish(left_after=after)
        self._board.publish(
            **dict.fromkeys(("made", "saved", "resumed"), saved),
            checkpoints=loaded.checkpoints[:CHECKPOINTS_SHOWN],
            verified=loaded.run.verified,
            notes=self._board.snapshot.notes + loaded.notes,
        )
        self._publish()
        return machine is not None

    def _compute(self) -> None:
        """Step until all is done; wishes are looked at between and within the steps."""
        machine, self._activity = self._machine, State.RUNNING
        self._play_overture()
        self._saves.begin(self._clock(), len(machine.output), again=self._again)
        self._restart_pace()
        while not machine.done:
            self._obey()
            while wait := self._strides.seconds_until_next(self._clock(), len(machine.output)):
                self._board.sleep(min(wait, PUBLISH_SECONDS))
                self._obey()
            began, before = self._elapsed(), len(machine.output)
            due = self._strides.output_due(self._clock(), before)
            self._steps.make(machine, min(due, self._saves.output_until_mark(before)))
            self._stepped(before, took=self._elapsed() - began)
        self._save()

    def _obey(self, part: int = 0, parts: int = 0) -> None:
        """Do what was asked since the last look.

        In the middle of a step the machine's state is still that of the last whole one, so it can
        be saved, or held in a pause, right here; only stopping abandons the step.
        """
        if self._board.stop_wanted:
            raise Abandoned
        if self._board.pause_wanted:
            self._hold()
        elif self._save_is_due():
            self._save()
        if self._board.pace is not self._strides.pace:
            self._restart_pace()
        if self._board.is_stale:
            self._store.beat()
            self._publish(part=part, parts=parts)

    def _save_is_due(self) -> bool:
        made = len(self._board.output)
        return self._board.save_wanted or self._saves.is_due(self._clock(), made)

    def _save(self) -> None:
        """Everything up to the last whole step is committed, or the failure is on the screen.

        Commit first, tell after: the snapshot says *saved* only once `store.save` has returned.
        """
        self._board.save_wanted = False
        if self._machine.steps == self._saved_steps:
            self._saves.saved(self._clock(), self._board.snapshot.made, took=0.0)
            self._board.publish(save_failure=None)
        else:
            self._publish(state=State.SAVING)
            self._commit(self._store.save)
        self._publish()

    def _commit(self, save: Callable[[Run, Machine, float], Checkpoint]) -> Checkpoint | None:
        """What was saved; None if that failed: computing goes on, and it is tried again later."""
        shown = self._board.snapshot
        try:
            checkpoint = save(self._run, self._machine, self._elapsed())
        except StorageError as error:
            self._saves.failed(self._clock())
            since = shown.save_failure.since if shown.save_failure else datetime.now(UTC)
            self._board.publish(save_failure=SaveFailure(since, str(error)))
            return None
        self._saved_steps, self._source, self._distrusted = checkpoint.steps, None, None
        self._saves.saved(self._clock(), checkpoint.length, checkpoint.duration or 0.0)
        self._board.publish(
            saved=max(checkpoint.length, shown.saved),
            checkpoints=(checkpoint, *shown.checkpoints)[:CHECKPOINTS_SHOWN],
            save_failure=None,
        )
        return checkpoint

    # Between the steps.

    def _stepped(self, start: int, took: float) -> None:
        """The new output is what was known already, where that reaches; then it is shown."""
        output, known = self._machine.output, self._known
        if output[start : len(known)] != known[start : len(output)]:
            self._judge(start)
        if len(output) >= self._board.snapshot.saved:
            self._board.output = output
        self._meter.stepped(self._machine.work(), len(output), self._elapsed(), took)

    def _judge(self, start: int) -> None:
        """What was made differs from what was known; raises what says which of the two is wrong."""
        kind, differ = self._job.kind, f"{self._job.kind.unit} after {start:,} differ"
        saved = self._known[: self._board.snapshot.saved]
        if start < len(saved) and not kind.verify(self._run.task, saved, self._obey):
            raise WrongResultError(
                f"{differ} from the saved ones, computed again; nothing was changed: check the "
                f"database, or {Hint.FRESH}"
            )
        raise WrongState(f"{differ}, found in two ways")

    def _play_overture(self) -> None:
        """Where someone looks on, the first output is there long before the machine has it."""
        if (self._job.overture or self._job.known) and not self._known:
            found = self._job.known or self._job.kind.overture(self._run.task, self._obey)
            self._known = found
            self._board.overture = self._known
            self._publish(overture=len(self._known))

    def _restart_pace(self) -> None:
        """The pace holds from here on: what went before (a pause, another pace) is forgotten."""
        self._strides = StepSchedule(self._board.pace, self._clock(), self._board.snapshot.made)

    def _hold(self) -> None:
        """Save, then stand still until asked to go on; the run's stopwatch stands still too."""
        self._save()
        self._watch.stop(self._clock())
        while self._board.pause_wanted and not self._board.stop_wanted:
            if self._save_is_due():
                self._save()
            self._publish(state=State.PAUSED)
            self._board.sleep(self._saves.seconds_until_retry(self._clock()), paused=True)
        self._watch.restart(self._clock(), self._elapsed())
        self._restart_pace()
        self._publish()

    # What is said.

    def _elapsed(self) -> float:
        return self._watch.read(self._clock())

    def _publish(self, **changes: Any) -> None:
        """A snapshot of everything as it is now, with these changes."""
        elapsed, pace = self._elapsed(), self._board.pace
        figures: dict[str, Any] = {"state": self._activity, "elapsed": elapsed, "pace": pace}
        figures |= {"next_save": self._saves.next_save, "part": 0, "parts": 0}
        if self._run.status != COMPLETE:  # a complete run needs no machine
            machine, shown, meter = self._machine, self._board.snapshot, self._meter
            # After a fallback the machine stands behind the output that is saved, and shown.
            made = max(len(machine.output), shown.saved)
            output_left = None if shown.length is None else shown.length - made
            done, left = meter.outlook(output_left, pace.limit, elapsed)
            done = max(done, shown.done)  # another pace is no step back
            figures |= {"made": made, "done": done, "left": left, "rate": meter.rate()}
            figures |= {"steps": machine.steps, "figures": machine.figures()}
        self._board.publish(**(figures | changes))

    # The end.

    def _finish(self) -> None:
        """The output is compared with an independent way, then the run is complete."""
        if self._run.status != COMPLETE:
            self._board.is_whole = True
            self._await_saved()
            self._activity = State.VERIFYING
            work = (self._run.task, self._board.output, self._obey, self._machine)
            verified = self._job.verify and self._job.kind.verify(*work)
            while not (last := self._commit(partial(self._store.complete, verified=verified))):
                self._await_saved()
            # The save itself is not counted, as it will not be at the next start.
            self._run = replace(self._run, status=COMPLETE, verified=verified, elapsed=last.elapsed)
        done: dict[str, Any] = {"done": 1.0, "left": 0.0, "next_save": None, "save_failure": None}
        done |= {"verified": self._run.verified, "elapsed": self._run.elapsed}
        self._publish(state=State.COMPLETE, **done)

    def _await_saved(self) -> None:
        """The last output waits for the disk, if it must; wishes are obeyed meanwhile."""
        began = self._clock()
        while lost := self._board.snapshot.not_saved(self._job.kind.unit):
            if self._clock() - began > self._job.patience:
                raise StorageError(lost)
            self._board.sleep(self._saves.seconds_until_retry(self._clock()))
            self._obey()

    def _fall_back(self, error: WrongState | WrongOutput) -> None:
        """Go on from the last that is known to be good; once per session.

        A machine that fails before its first save of its own has a bad checkpoint to thank for it:
        then the one before is taken, as often as there is one.
        """
        self._activity, self._board.is_whole = State.PREPARING, False
        if self._source is not None and isinstance(error, WrongState):
            self._distrusted = self._source.seq
            self._board.note(f"checkpoint {self._distrusted}: {error}; the one before is used")
            return
        if self._fell_back:
            raise WrongResultError(
                f"{error}, again after going back to what was good: this machine computes "
                "wrongly, or we do; what was saved before is safe"
            ) from error
        self._fell_back = True
        if isinstance(error, WrongOutput):
            self._store.cut(self._run, error.good)
            self._board.note(f"{error}; what comes before is kept, the rest is computed again")
        else:
            self._board.note(f"{error}; went back to the last good checkpoint")

    def _leave(self) -> None:
        """Asked to stop: save what is not saved, and say it if that fails."""
        if not self._board.save_at_stop:
            return
        try:
            self._save()
        except WrongState as error:
            raise WrongResultError(
                f"{error}; not saved; start again to go on from the last good checkpoint"
            ) from error
        if lost := self._board.snapshot.not_saved(self._job.kind.unit):
            self._board.fail(lost, StorageError.exit_code)
            return
        self._mark_left()
        self._publish(state=State.PAUSED)

    def _mark_left(self) -> None:
        """Mark the session as ended by itself, so that the next start tells of no crash."""
        with suppress(PiTuiError):  # then the mark of a crash stays, which is no more than a word
            self._store.leave(self._run)
