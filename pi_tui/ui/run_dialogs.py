"""Beginning a run, changing to another, deleting one: what the app does around its workers."""

from __future__ import annotations

from functools import partial

from pi_tui import words
from pi_tui.checkpoints.records import Run
from pi_tui.errors import PiTuiError
from pi_tui.pi import memory
from pi_tui.pi.settings import MAX_DIGITS, parse_digits
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.ui.face import Face, tell
from pi_tui.ui.quitting import Quitting
from pi_tui.ui.watching import why_not
from pi_tui.worker.threads import in_thread


class RunDialogs:
    """The conversations about runs."""

    def __init__(self, app: Face, quitting: Quitting) -> None:
        self._app, self._quitting = app, quitting

    async def ask_for_run(self) -> None:
        """Ask how many digits there shall be, and begin; with none at the first start, leave."""
        if self._is_refused():
            return
        from pi_tui.ui.answers import explain_digits
        from pi_tui.ui.dialogs import AskDigits

        here = self._app.worker.snapshot.goal
        first = here == 0
        ask = AskDigits(
            "How many digits of pi?",
            explain_digits,
            value="20,000" if first else words.number(min(here * 10, MAX_DIGITS)),
            choices=("1,000", "20,000", "100,000", "1,000,000", "10,000,000"),
            more="Then b finds your birthday in it." if first else "",
            keys=f"Enter begins · ↑ ↓ examples · ? help · Esc {'leaves' if first else 'goes back'}",
        )
        answer = await self._app.ask(ask)
        if answer is not None:
            await self.open_run(parse_digits(answer.strip()))
        elif first:
            self._quitting.begin()

    async def browse(self) -> None:
        """Show all runs, and do what is wanted with one."""
        from pi_tui.ui.runs_screen import RunsScreen

        app = self._app
        screen = RunsScreen(app.location, app.worker.snapshot.goal, self._aside)
        wish = await app.ask(screen)
        if wish == 0:
            await self.ask_for_run()
        elif wish is not None:
            await self.open_run(wish)

    async def _aside(self, action: str, run: Run) -> None:
        """What is done while the list stays."""
        await (self._delete(run) if action == "delete" else self._export(run))

    def _is_refused(self) -> bool:
        """True, and said, if another process computes here: then nothing can be written."""
        why = why_not(self._app.worker.snapshot)
        if why:
            tell(self._app, why, seconds=4)
        return bool(why)

    async def open_run(self, digits: int) -> None:
        """The run of so many digits is on the screen; the one before was saved first."""
        app = self._app
        if app.make_worker is None or digits == app.worker.snapshot.goal:
            return
        if await self._quitting.let_go("… then the other run opens."):
            app.take(app.make_worker(digits))
            if note := memory.warning(digits):
                tell(app, note, seconds=12)

    async def _delete(self, run: Run) -> None:
        """Ask, then delete; but not the run that is on the screen.

        Only one may write to the database, so the worker lets go of it meanwhile.
        """
        from pi_tui.checkpoints.saved_runs import delete_run
        from pi_tui.ui.dialogs import Choice

        app = self._app
        if self._is_refused():
            return
        here = app.worker.snapshot.goal
        if run.goal == here:
            tell(app, "This run is on the screen; open another one first.")
            return
        question = Choice(
            f"Delete the run of {words.counted(run.goal, 'digit')}?",
            f"{words.counted(run.committed, 'digit')} are saved; they cannot be brought back.",
            {"keep": "Keep it", "delete": "Delete it"},
        )
        if await app.ask(question) != "delete" or app.make_worker is None:
            return
        if not await self._quitting.let_go("… then the run is deleted."):
            return
        try:
            await in_thread(delete_run, app.location, SpigotKind(), run.task)
        except PiTuiError as error:
            tell(app, str(error), wrong=True)
        else:
            tell(app, f"The run of {words.counted(run.goal, 'digit')} is deleted.")
        app.take(app.make_worker(here))

    async def _export(self, run: Run) -> None:
        """Ask for a file, and write the run's saved digits into it."""
        from pi_tui.checkpoints.saved_runs import saved_output
        from pi_tui.ui.answers import explain_file, suggested_name
        from pi_tui.ui.dialogs import Ask
        from pi_tui.ui.taking_away import write_digits

        app = self._app
        name = suggested_name(0, run.committed)
        explain = partial(explain_file, location=app.location)
        answer = await app.ask(Ask("Into which file?", explain, value=name))
        if answer is None:
            return
        try:
            digits = await in_thread(saved_output, app.location, SpigotKind(), run)
        except PiTuiError as error:
            tell(app, str(error), wrong=True)
        else:
            write_digits(app, answer, digits, 0, len(digits))
