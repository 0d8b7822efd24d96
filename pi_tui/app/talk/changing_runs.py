"""Dialogs about runs: begin one, open another, delete one, export one."""

from __future__ import annotations

from pi_tui.app.face import Face, tell, telling_errors
from pi_tui.app.steering import is_refused
from pi_tui.app.talk.export import ask_for_file, write_file
from pi_tui.app.talk.goals import Goals
from pi_tui.app.terminal.quitting import Quitting
from pi_tui.checkpoints.records import Run
from pi_tui.machine import Task
from pi_tui.words import amount
from pi_tui.worker.threads import in_thread


class RunChanges:
    """Begins, opens, deletes and exports runs, after asking the user."""

    def __init__(self, face: Face, quitting: Quitting, goals: Goals) -> None:
        self._face, self._quitting, self._goals = face, quitting, goals

    async def ask_for_run(self) -> None:
        """Ask for a goal and open its run; without an answer, quit if no run is shown.

        If this process only watches the run on the screen, tell the user so and do not ask.
        """
        if is_refused(self._face):
            return
        here = self._face.worker.snapshot.goal
        answer = await self._face.questions.ask(self._goals.question(here))
        if answer is not None:
            await self.open_run(self._goals.parse(answer))
        elif not here:
            self._quitting.begin()

    async def browse(self) -> None:
        """Show the list of runs; open the run that the user chooses, or ask for a new goal."""
        from pi_tui.app.screens.runs_list import NEW, RunsList

        face = self._face
        aside = {"delete": self._delete, "export": self._export}
        runs = RunsList(face.location, face.kind, face.worker.snapshot, aside)
        chosen = await face.questions.ask(runs)
        if chosen == NEW:
            await self.ask_for_run()
        elif isinstance(chosen, Run):
            await self.open_run(chosen.task)

    async def open_run(self, task: Task, known: bytes = b"") -> None:
        """Save the current run, then show the run of this task.

        Does nothing if that run is on the screen. If saving fails, the user may stay. `known` is
        the first output of that task, if the current run has computed it already. Raises
        StorageError if no thread can be started for the new run.
        """
        face = self._face
        if face.worker.snapshot.is_of(task, face.kind.tuning):
            return
        if await self._quitting.let_go("… then the other run opens."):
            worker = face.make_worker(task)
            worker.begin_with(known)
            face.take(worker)

    async def _delete(self, run: Run) -> None:
        """Ask, then delete a run; refuse if it is on the screen, or if this process only watches.

        The worker of the run on the screen is saved and stopped first; a new one is started after,
        with the same pace, and paused if the old one was.
        If that save fails, the user may stay, and nothing is deleted.
        """
        from pi_tui.app.screens.dialogs import Choice
        from pi_tui.checkpoints.saved_runs import delete_run

        face, kind = self._face, self._face.kind
        if is_refused(self._face):
            return
        here = face.worker.snapshot
        if here.is_of(run.task, kind.tuning):
            tell(face, "This run is on the screen; open another one first.")
            return
        name = kind.title(run.task)
        question = Choice(
            f"Delete the run of {name}?",
            f"{run.amount} saved; they cannot be brought back.",
            {"keep": "No, keep it", "delete": "Yes, delete it"},
            keys="ny",
        )
        if await face.questions.ask(question) != "delete":
            return
        pace, is_paused = face.worker.pace, face.worker.pause_wanted
        if not await self._quitting.let_go("… then the run is deleted."):
            return
        with telling_errors(face):
            await in_thread(delete_run, face.location, kind, run.task)
            tell(face, f"The run of {name} is deleted.")
        worker = face.make_worker(Task(here.goal, dict(here.parameters)))
        worker.set_pace(pace)
        if is_paused:
            worker.pause()  # as it was
        face.take(worker)

    async def _export(self, run: Run) -> None:
        """Ask for a file, and write the saved output of the run."""
        from pi_tui.checkpoints.saved_runs import saved_output

        face, kind = self._face, self._face.kind
        name = await ask_for_file(face, "Into which file?", face.naming.file(run.committed))
        if name is None:
            return
        with telling_errors(face):
            output = await in_thread(saved_output, face.location, kind, run)
            content = face.naming.file_content(output)
            wrote = f"Wrote {amount(len(output), output.count(10), kind.unit)} to"
            write_file(face, name, lambda _: content, wrote)
