"""The worker's loop: load a run, step its machine, save it when due, finish it.

Read `work`, `_compute`, `_obey` and `_save`: they show how a long computation can be paused, quit
or killed at any moment, and resumed where it stopped.

A save re-enters the machine from within a step:

    _compute ─→ Stepper.make ─→ machine.stride ─→ _obey ─→ _save ─→ store.save ─→ machine.to_state
                                (step n + 1; its poll is _obey)                   (after step n)

So `to_state` gives the state after the last whole step, also in the middle of the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pi_tui.checkpoints import checked
from pi_tui.checkpoints.records import COMPLETE, Checkpoint, Loaded, Run, share_of
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import GoneError, MachineError, PiTuiError, StorageError, WrongResultError
from pi_tui.machine import Abandoned, Machine, Refused, Work, WrongOutput, WrongState
from pi_tui.worker.board import CHECKPOINTS_SHOWN, PUBLISH_SECONDS, Board
from pi_tui.worker.crash_report import told_of_machine
from pi_tui.worker.meter import LineCount, Meter, work_of
from pi_tui.worker.recovery import Recovery
from pi_tui.worker.schedule import SaveSchedule, StepSchedule, Stopwatch
from pi_tui.worker.snapshot import SaveFailure, State
from pi_tui.worker.stepper import Stepper


def _close(machine: Machine, _kind: object, error: BaseException | None, _trace: object) -> None:
    """Close the machine. Raises what `close` raises, unless `error` already ends the run."""
    try:
        machine.close()
    except Exception:
        if error is None:
            raise


class Loop:
    """The computation of one run, in the thread of its `Worker`."""

    def __init__(self, board: Board, store: CheckpointStore) -> None:
        self._board, self._store = board, store
        self._job, self._clock = board.job, board.clock
        self._saves = SaveSchedule(board.job.cadence)
        self._strides = StepSchedule(board.pace, board.clock(), 0)
        self._watch = Stopwatch()
        self._lines = LineCount(board.job.kind.unit)
        self._steps = Stepper(board, self._obey, self._save)
        self._recovery = Recovery(board, store)
        self._run: Run
        self._machine: Machine
        self._notes: tuple[str, ...] = ()
        """Notes of the machine that were published already."""
        self._meter: Meter
        self._activity = State.PREPARING
        self._saved_steps = -1
        self._again = False
        """True if the run had a session before this one."""

    def work(self) -> None:
        """Compute the run until it is complete or a stop is requested.

        If state or output turns out wrong, go on from good data. Raises what else ends the run;
        after an error of the machine or its result, the run is marked as closed cleanly first.
        """
        self._open()
        try:
            while not self._board.snapshot.state.is_final:  # a second round only after a fallback
                with ExitStack() as at_end:  # a save may need what `close` releases
                    try:
                        if self._load():
                            at_end.push(partial(_close, self._machine))
                            self._compute()
                        self._finish()
                    except Abandoned:
                        self._leave()
                        return
                    except (WrongState, WrongOutput) as error:
                        self._activity, self._board.is_whole = State.PREPARING, False
                        self._recovery.fall_back(self._run, error)
        except (Refused, MachineError, WrongResultError, SystemExit, KeyboardInterrupt):
            self._mark_left()
            raise
        except BaseException as error:
            if told_of_machine(error):
                self._mark_left()
            raise

    def _open(self) -> None:
        """Open the run of the task for writing, and publish the notes about it for the user.

        If the job asks for a fresh start and something is saved, begin the run again. Raises
        AlreadyOpenError if another process computes it, UsageError if the kind refuses the task.
        """
        run = self._store.open_run(self._job.task)
        self._board.publish(left_open=run.owner if run.last_seq else "")
        self._again = bool(run.owner or run.last_seq)
        begins_again = self._job.fresh and run.last_seq
        self._run = self._store.restart(run, self._job.task) if begins_again else run
        if begins_again:
            self._board.publish(done=0.0)
        if note := self._store.locks.note:
            self._board.note(note)
        of_others = () if self._job.among_others else run.notes
        for note in (*of_others, *self._job.not_taken(self._run.task)):
            self._board.note(note)

    def _load(self) -> bool:
        """Load the machine from the last good checkpoint, else a new one; publish what is saved.

        Returns False if the run is complete and undamaged: then there is no machine.
        """
        loaded = self._store.load(self._run, self._recovery.distrusted)
        self._run, saved = loaded.run, len(loaded.output)
        self._watch.restart(self._clock(), loaded.run.elapsed)
        self._recovery.loaded(loaded)
        self._board.output = loaded.output
        lines = self._lines.of(loaded.output, saved)
        if (machine := loaded.machine) is not None:
            self._machine, self._notes = machine, checked.notes(machine)
            shown = max(self._shown_before(loaded), self._board.snapshot.done)
            verifying = checked.verifying_work(machine) if self._job.verify else 0.0
            made, elapsed = len(machine.output), loaded.run.elapsed
            length = self._board.snapshot.length
            self._meter = Meter(self._work(), made, elapsed, shown, verifying, length)
            self._saved_steps = machine.steps if loaded.checkpoint else -1
            self._board.publish(resumed_done=self._meter.done)
        last = self._store.locks.last_beat if self._board.snapshot.left_open else None
        if last and loaded.checkpoint:
            after = (last - loaded.checkpoint.saved_at).total_seconds()
            self._board.publish(left_after=after)
        self._board.publish(
            resumed_at=loaded.checkpoint.saved_at if loaded.checkpoint else None,
            **dict.fromkeys(("made", "saved", "resumed"), saved),
            **dict.fromkeys(("made_lines", "saved_lines", "resumed_lines"), lines),
            steps=loaded.checkpoints[0].steps if loaded.checkpoints else 0,
            checkpoints=loaded.checkpoints[:CHECKPOINTS_SHOWN],
            verified=loaded.run.verified,
            notes=self._board.snapshot.notes + loaded.notes,
        )
        self._publish()
        return machine is not None

    def _compute(self) -> None:
        """Step the machine to its end, handling requests between and within steps; then save."""
        machine, self._activity = self._machine, State.RUNNING
        self._publish()
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
            # `make_some` may save between two steps, and known output is compared before a save.
            make = self._steps.make if before < len(self._recovery.known) else self._steps.make_some
            try:
                make(machine, min(due, self._saves.output_until_mark(before)))
            except StorageError as error:
                self._await_database(error)
                continue
            except MachineError:
                self._tell_notes()
                raise
            self._stepped(before, took=self._elapsed() - began)
        self._save()

    def _obey(self, part: int = 0, parts: int = 0) -> None:
        """Carry out pending requests, and save if that is due; this is also the machine's poll.

        Within a step the machine's state is still that of the last complete one, so saving and
        pausing are possible here. Raises Abandoned if a stop is requested, which abandons the step,
        and what `_save` raises.
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
            self._store.locks.beat()
            self._publish(part=part, parts=parts)

    def _save_is_due(self) -> bool:
        made = len(self._machine.output)
        return self._board.save_wanted or self._saves.is_due(self._clock(), made)

    def _save(self) -> None:
        """Save the last complete step, or publish why that failed.

        Do nothing while output is in doubt (recovery.py), and write nothing if this step is saved
        already. The snapshot says *saved* only after `store.save` has returned. Raises what that
        raises, such as WrongState if the machine fails its check; only StorageError is published.
        """
        self._board.save_wanted = False
        if self._recovery.in_doubt:
            return
        if self._machine.steps == self._saved_steps and self._store.has_last_save(self._run):
            self._saves.saved(self._clock(), len(self._machine.output), took=0.0)
            self._board.publish(save_failure=None)
        else:
            self._publish(state=State.SAVING)
            self._meter.saw(self._work())
            self._commit(partial(self._store.save, work=self._meter.work))
        self._publish()

    def _commit(self, save: Callable[[Run, Machine, float], Checkpoint]) -> Checkpoint | None:
        """Call `save`, a function that saves the machine; publish its checkpoint and return it.

        If the database cannot be used, publish that, schedule a retry and return None.
        """
        shown = self._board.snapshot
        try:
            checkpoint = save(self._run, self._machine, self._elapsed())
        except StorageError as error:
            self._failed(error)
            return None
        self._saved_steps = checkpoint.steps
        self._recovery.saved()
        self._saves.saved(self._clock(), checkpoint.length, checkpoint.duration or 0.0)
        if checkpoint.length > shown.saved:
            lines = self._lines.of(self._machine.output, checkpoint.length)
            self._board.publish(saved=checkpoint.length, saved_lines=lines)
        self._board.publish(
            checkpoints=(checkpoint, *shown.checkpoints)[:CHECKPOINTS_SHOWN],
            save_failure=None,
        )
        return checkpoint

    def _failed(self, error: StorageError) -> None:
        """Publish that the database cannot be used, and schedule a retry."""
        before = self._board.snapshot.save_failure
        self._saves.failed(self._clock())
        since = before.since if before else datetime.now(UTC)
        failure = SaveFailure(since, str(error), isinstance(error, GoneError))
        self._board.publish(save_failure=failure)

    def _await_database(self, error: StorageError) -> None:
        """Publish that a step could not read back a saved piece; wait until the next try is due.

        Any request ends the wait early. The caller obeys it, then tries the same step again. The
        wait does not count as computing time.
        """
        self._failed(type(error)(f"{error}; computing waits for it"))
        self._watch.stop(self._clock())
        self._board.sleep(self._saves.seconds_until_retry(self._clock()))
        self._watch.restart(self._clock(), self._elapsed())
        self._restart_pace()

    # Between steps.

    def _stepped(self, start: int, took: float) -> None:
        """Check, publish and measure the last steps, which made the output after offset `start`.

        If this output was known before (saved, or found early as an overture), the two must be
        equal; if not, raises WrongOutput, WrongState or WrongResultError. `took` is the time of the
        steps in seconds.
        """
        output = self._machine.output
        self._recovery.compare(self._run, output, start, self._obey)
        if len(output) >= self._board.snapshot.saved:
            self._board.output = output
        self._meter.stepped(self._work(), len(output), self._elapsed(), took)
        self._tell_notes()

    def _tell_notes(self) -> None:
        """Publish those notes of the machine that were not published yet."""
        if (notes := checked.notes(self._machine)) != self._notes:
            for note in notes[len(self._notes) :]:
                self._board.note(note)
            self._notes = notes

    def _play_overture(self) -> None:
        """Publish the first output early: the job's known output, else one found by another method.

        Keep it too, to compare it with what the machine makes. Do nothing if there is output
        already, or if the job neither knows output nor asks for an overture.
        """
        if (self._job.overture or self._job.known) and not self._board.output:
            found = self._job.known or checked.overture(self._job.kind, self._run.task, self._obey)
            self._recovery.known = self._board.overture = found
            self._publish(overture=len(found))

    def _restart_pace(self) -> None:
        """Schedule the next steps by the present pace, from now on and from the output made by now.

        So time before now, in a pause or at another pace, is not made up for.
        """
        made = max(len(self._machine.output), self._board.snapshot.made)  # that may be 0.05 s old
        self._strides = StepSchedule(self._board.pace, self._clock(), made)

    def _hold(self) -> None:
        """Save, then wait until the pause ends; handle requests to save meanwhile.

        Pauses do not count as computing time. Raises Abandoned if a stop is requested.
        """
        self._save()
        self._watch.stop(self._clock())
        while self._board.pause_wanted:
            if self._board.stop_wanted:
                raise Abandoned
            if self._save_is_due():
                self._save()
            self._publish(state=State.PAUSED)
            self._board.sleep(self._saves.seconds_until_retry(self._clock()), paused=True)
        self._watch.restart(self._clock(), self._elapsed())
        self._restart_pace()
        self._publish()

    def _shown_before(self, loaded: Loaded) -> float:
        """Return the share of the work, 0 to 1, at the last save; the progress bar begins there.

        Returns 0 if the share is unknown, or if the run is complete and is computed again for
        repair.
        """
        share = share_of(loaded.run, loaded.checkpoints, self._job.kind) or 0.0
        return share if share < 1 else 0.0

    def _work(self) -> Work:
        return work_of(self._job, self._run.task, self._machine)

    # Reporting.

    def _elapsed(self) -> float:
        return self._watch.read(self._clock())

    def _publish(self, **changes: Any) -> None:
        """Publish a snapshot of the current state, with these changes."""
        elapsed, pace = self._elapsed(), self._board.pace
        figures: dict[str, Any] = {"state": self._activity, "elapsed": elapsed, "pace": pace}
        figures |= {"next_save": self._saves.next_save, "part": 0, "parts": 0}
        if self._run.status != COMPLETE:  # a complete run needs no machine
            machine, meter = self._machine, self._meter
            meter.limit = pace.limit
            # After a fallback the machine has less output than is saved and shown.
            made = max(len(machine.output), self._board.snapshot.saved)
            if self._activity is State.VERIFYING:  # a comparison makes no steps
                meter.saw(self._work())
            if made == len(machine.output):
                figures["made_lines"] = self._lines.of(machine.output, made)
            figures |= {"made": made, "done": meter.done, "left": meter.left()}
            figures |= {"rate": meter.rate(), "work_rate": meter.work_rate()}
            figures |= {"steps": machine.steps, "figures": machine.figures()}
        self._board.publish(**(figures | changes))

    # Ending a run.

    def _finish(self) -> None:
        """Verify the output if the job asks for it, mark the run complete, and publish that.

        A run that was complete already is only published. Raises WrongOutput if the output is
        wrong, StorageError if it cannot be saved for `job.patience` seconds, Abandoned if a stop is
        requested, and what else `store.complete` raises.
        """
        if self._run.status != COMPLETE:
            self._board.is_whole = True
            self._await_saved(self._clock())
            self._activity = State.VERIFYING
            work = (self._job.kind, self._run.task, self._board.output, self._obey, self._machine)
            verified = self._job.verify and checked.verify(*work)
            began = self._clock()
            while not (last := self._commit(partial(self._store.complete, verified=verified))):
                self._await_saved(began)
            # This save's own time is not counted, and the next start shows the same.
            self._run = replace(self._run, status=COMPLETE, verified=verified, elapsed=last.elapsed)
            self._store.shrink()
        done: dict[str, Any] = {"done": 1.0, "left": 0.0, "next_save": None, "save_failure": None}
        done |= {"verified": self._run.verified, "elapsed": self._run.elapsed}
        self._publish(state=State.COMPLETE, **done)

    def _await_saved(self, began: float) -> None:
        """Wait until all output is saved, handling requests meanwhile.

        Raises StorageError `job.patience` seconds after `began`, Abandoned if a stop is requested.
        """
        while lost := self._board.snapshot.not_saved:
            if self._clock() - began > self._job.patience:
                raise StorageError(lost)
            self._board.sleep(self._saves.seconds_until_retry(self._clock()))
            self._obey()

    def _leave(self) -> None:
        """Save, mark the run as closed cleanly and publish `paused`, because a stop is requested.

        If the stop is requested without a save, do nothing at all. If the save fails, publish
        `failed` with exit code 6. Raises WrongResultError if the save finds the state wrong, and
        what else `_save` raises.
        """
        if not self._board.save_at_stop:
            return
        try:
            self._save()
        except WrongState as error:
            raise WrongResultError(
                f"{error}; not saved; start again to go on from the last good checkpoint"
            ) from error
        if lost := self._board.snapshot.not_saved:
            self._board.fail(lost, StorageError.exit_code)
            return
        self._mark_left()
        self._publish(state=State.PAUSED)

    def _mark_left(self) -> None:
        """Mark the run as closed cleanly, so that the next start reports no crash."""
        with suppress(PiTuiError):  # then the next start reports a crash, which does no harm
            self._store.leave(self._run)
